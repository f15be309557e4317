"""What asks the directory: the first login of its customer, and the news of another address."""

import asyncio
import logging
from dataclasses import replace
from typing import NoReturn

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from netim_app.core.actor import Visitor
from netim_app.identity import customer_directory, directory_accounts, login, passwords
from netim_app.identity.customer_directory import NOBODY, CustomerDirectory, DirectoryAway
from netim_app.identity.directory_accounts import NewAddress
from netim_app.identity.email_address import email_key
from netim_app.identity.login import PasswordAttempt
from netim_app.infra.unit_of_work import in_read_unit, in_unit, units
from reflex_guard.tokens import new_token

EVERY_SECONDS = 10
_running: set[str] = set()
"""Keys of customers of whom the directory is being told, by a call that was given up, too."""
_late: dict[str, int] = {}
"""The accounts of those whose call was given up."""
logger = logging.getLogger(__name__)


async def first_login(attempt: PasswordAttempt, email: str, password: str, visitor: Visitor) -> PasswordAttempt | None:
    """Asks the directory about a password that opens no account here, and makes the account of a customer of its.

    The directory is asked once in every case, about nobody where there is an account: so neither answer nor time tells
    which addresses have one here, and no password of ours leaves the house.

    Returns:
        The attempt, with the new account; None for a wrong password, and where there is no directory.

    Raises:
        DirectoryAway: it gave no answer.
    """
    directory = customer_directory.loaded(units().settings.customer_directory)
    if directory is None:
        return None
    if attempt.refused != login.NO_ACCOUNT:
        await customer_directory.verify(directory, NOBODY, new_token())
        return None
    if not await customer_directory.verify(directory, email_key(email), password):
        return None
    return await _begin(directory, attempt, email, password, visitor)


async def _begin(
    directory: CustomerDirectory, attempt: PasswordAttempt, email: str, password: str, visitor: Visitor
) -> PasswordAttempt | None:
    sent = await customer_directory.read(directory, email_key(email))
    customer = directory_accounts.checked(sent, email) if sent else None
    if customer is None:
        return None
    hashed = await passwords.hash_in_pool(password, units().settings.bcrypt_cost)
    try:
        account_id = await in_unit(directory_accounts.begin, customer, hashed, visitor.origin)
    except IntegrityError:
        return await _begun_meanwhile(attempt, email, password)
    return replace(attempt, account_id=account_id, password_hash=hashed, refused="")


async def _begun_meanwhile(attempt: PasswordAttempt, email: str, password: str) -> PasswordAttempt | None:
    """Another login was faster: its account counts, if the password opens it. A closed account opens for nobody."""
    account_id, hashed = await in_read_unit(login.credentials, email)
    if not account_id or not await passwords.matches_in_pool(password, hashed, units().settings.bcrypt_cost):
        return None
    return replace(attempt, account_id=account_id, password_hash=hashed, refused="")


async def tell_changes() -> None:
    """Tells the directory each address that it does not know yet. What fails is told again the next time.

    A call that was given up goes on, and may land after that of a newer address. So its customer is left alone until it
    has ended, and told once more then, whatever another worker has told meanwhile.
    """
    directory = customer_directory.loaded(units().settings.customer_directory)
    if directory is None:
        return
    for key in [key for key in _late if key not in _running]:
        await in_unit(directory_accounts.note_again, _late[key])
        del _late[key]
    for new in await in_read_unit(directory_accounts.changed):
        if new.key not in _running:
            await _tell(directory, new)


async def _tell(directory: CustomerDirectory, new: NewAddress) -> None:
    try:
        await customer_directory.ask(_change_email, directory, new)
    except DirectoryAway as error:
        logger.warning("the directory was not told a new address (account %d): %s", new.account_id, error)
        if new.key in _running:
            _late[new.key] = new.account_id
    else:
        await in_unit(directory_accounts.note_told, new)


def _change_email(directory: CustomerDirectory, new: NewAddress) -> None:
    _running.add(new.key)
    try:
        directory.change_email(new.key, new.email)
    finally:
        _running.discard(new.key)


async def tell_regularly() -> NoReturn:
    """Does so all the time until it is cancelled."""
    while True:
        try:
            await tell_changes()
        except SQLAlchemyError:  # the next time must come
            logger.exception("the addresses that the directory must hear could not be read")
        await asyncio.sleep(EVERY_SECONDS)
