"""Flows that call the directory: the first login of a customer from there, and the report of a new address."""

import asyncio
import logging
from dataclasses import replace
from typing import NoReturn

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from netim_app.core.actor import Visitor
from netim_app.identity import customer_directory, directory_accounts, login, passwords
from netim_app.identity.customer_directory import NOBODY, CustomerDirectory, DirectoryAway
from netim_app.identity.directory_accounts import NewEmail
from netim_app.identity.email_address import email_key
from netim_app.identity.login import PasswordAttempt
from netim_app.infra.unit_of_work import in_read_unit, in_unit, units
from reflex_guard.tokens import new_token

EVERY_SECONDS = 10
_running: set[str] = set()
"""Keys of customers with a running call that reports an address, even if it has timed out."""
_late: dict[str, int] = {}
"""The accounts whose call has timed out, by the customer's key."""
logger = logging.getLogger(__name__)


async def first_login(attempt: PasswordAttempt, email: str, password: str, visitor: Visitor) -> PasswordAttempt | None:
    """Asks the directory about a password that opens no account here, and creates an account for its customer.

    The directory is always called once, with a dummy if an account exists here. So neither answer nor time reveals
    which addresses have an account here, and no password of ours leaves this product.

    Returns:
        The attempt, with the new account; None for a wrong password or without a directory.

    Raises:
        DirectoryAway: the directory gave no answer.
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
    return replace(attempt, account_id=account_id, password_hash=hashed, refused=None)


async def _begun_meanwhile(attempt: PasswordAttempt, email: str, password: str) -> PasswordAttempt | None:
    """Uses the account that a faster login has created, if it is open and the password is right."""
    found = await in_read_unit(login.credentials, email)
    if found is None:
        return None
    account_id, hashed = found
    if not await passwords.matches_in_pool(password, hashed, units().settings.bcrypt_cost):
        return None
    return replace(attempt, account_id=account_id, password_hash=hashed, refused=None)


async def report_changes() -> None:
    """Reports each new address to the directory. A failed report is repeated the next time.

    A call that has timed out still runs, and may take effect after the report of a newer address. So its customer is
    skipped until the call has ended, and then reported once more, even if another worker has done so meanwhile.
    """
    directory = customer_directory.loaded(units().settings.customer_directory)
    if directory is None:
        return
    for key in [key for key in _late if key not in _running]:
        await in_unit(directory_accounts.note_again, _late[key])
        del _late[key]
    for new in await in_read_unit(directory_accounts.changed):
        if new.key not in _running:
            await _report(directory, new)


async def _report(directory: CustomerDirectory, new: NewEmail) -> None:
    try:
        await customer_directory.ask(_change_email, directory, new)
    except DirectoryAway as error:
        logger.warning("a new address was not reported to the directory (account %d): %s", new.account_id, error)
        if new.key in _running:
            _late[new.key] = new.account_id
    else:
        await in_unit(directory_accounts.note_reported, new)


def _change_email(directory: CustomerDirectory, new: NewEmail) -> None:
    _running.add(new.key)
    try:
        directory.change_email(new.key, new.email)
    finally:
        _running.discard(new.key)


async def report_regularly() -> NoReturn:
    """Calls `report_changes` regularly until it is cancelled."""
    while True:
        try:
            await report_changes()
        except SQLAlchemyError:  # the loop must continue
            logger.exception("the addresses that the directory must hear could not be read")
        await asyncio.sleep(EVERY_SECONDS)
