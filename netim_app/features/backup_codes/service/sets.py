"""Sets of codes: made, shown, saved and deleted."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from netim_app.core import paths
from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.features.backup_codes import rules
from netim_app.features.backup_codes.facts import BackupCodesMade, BackupCodesRemoved, BackupCodesSaved
from netim_app.features.backup_codes.service.stored import delete_set, seal
from netim_app.features.backup_codes.service.use import USED_MAIL
from netim_app.features.backup_codes.tables import BackupCode, BackupCodeSet
from netim_app.identity import freeze, notices, second_factor
from netim_app.identity.account_lock import lock_account
from netim_app.identity.facts import SecondFactorDisabled, TakenBack
from netim_app.infra import outbox
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import catalog, formats

KEY_BYTES = 32
MADE_MAIL = "backup_codes_made"
REMOVED_MAIL = "backup_codes_removed"
ENABLED_MAIL = "two_factor_changed.enabled"
FIRST_SET_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class NewCodes:
    """A new set in plain text. It is shown once."""

    codes: tuple[str, ...]
    handle: str
    """Identifies the set for `note_saved`."""
    account: str
    made_on: str
    login_url: str
    sheet: str
    """The text of the file that the customer may save."""


def make_due(unit: UnitOfWork, actor: Actor) -> NewCodes | None:
    """The set for a newly enabled second factor. None when a page has already shown one.

    If the factor was enabled a moment ago, the mail about that is enough.
    """
    lock_account(unit, actor.account_id)
    made = unit.session.get(BackupCodeSet, actor.account_id, populate_existing=True)
    if (made is not None and made.shown_at is not None) or not second_factor.enrolled(unit, actor.account_id):
        return None
    new = make(unit, actor)
    if outbox.queued_since(unit, actor.account_id, ENABLED_MAIL, unit.now - FIRST_SET_WITHIN):
        outbox.withdraw(unit, actor.account_id, MADE_MAIL)
    return new


def make(unit: UnitOfWork, actor: Actor) -> NewCodes:
    """Makes a new set, which invalidates the previous one.

    Raises:
        DomainError: there is no second factor that they could replace; or the account is frozen, and the previous set
            is too old to be a thief's.
    """
    account = lock_account(unit, actor.account_id)
    if not second_factor.enrolled(unit, actor.account_id):
        raise DomainError("backup_codes.not_enabled")
    if (made := unit.session.get(BackupCodeSet, actor.account_id, populate_existing=True)) is not None:
        freeze.refuse_while_frozen(unit, actor.account_id, added_at=made.made_at)
    delete_set(unit, actor.account_id)
    codes = rules.new_codes(secrets.randbelow)
    key = secrets.token_bytes(KEY_BYTES)
    unit.session.add(
        BackupCodeSet(
            account_id=actor.account_id,
            sealed=seal(unit, actor.account_id, key),
            made_at=unit.now,
        )
    )
    unit.session.add_all(BackupCode(account_id=actor.account_id, digest=rules.digest_of(code, key)) for code in codes)
    unit.session.flush()
    unit.record(BackupCodesMade(account_id=actor.account_id, at=unit.now, origin=actor.origin))
    made_on = formats.format_date(unit.now, account.language, account.time_zone)
    login_url = unit.settings.public_url + paths.LOGIN
    sheet = catalog.text(
        account.language,
        "backup_codes.sheet",
        account=account.email,
        date=made_on,
        login_url=login_url,
        codes="\n".join(codes),
    )
    return NewCodes(
        codes=codes,
        handle=unit.now.isoformat(),
        account=account.email,
        made_on=made_on,
        login_url=login_url,
        sheet=sheet + "\n",
    )


def note_shown(unit: UnitOfWork, actor: Actor, handle: str) -> None:
    """Records that a page shows the set with this handle, if it is still the current one."""
    lock_account(unit, actor.account_id)
    made = unit.session.get(BackupCodeSet, actor.account_id, populate_existing=True)
    if made is not None and _handle(made) == handle and made.shown_at is None:
        made.shown_at = unit.now


def note_saved(unit: UnitOfWork, actor: Actor, handle: str) -> bool:
    """Records that the customer has saved the set with this handle; False when it is no longer the current one."""
    lock_account(unit, actor.account_id)  # otherwise a new set could replace this one in between
    made = unit.session.get(BackupCodeSet, actor.account_id, populate_existing=True)
    if made is None or _handle(made) != handle:
        return False
    made.saved_at = unit.now
    unit.record(BackupCodesSaved(account_id=actor.account_id, at=unit.now, origin=actor.origin))
    return True


def _handle(made: BackupCodeSet) -> str:
    return made.made_at.isoformat()


def delete_since(unit: UnitOfWork, fact: TakenBack) -> None:
    """Deletes a set that a thief may have made. The owner can make a new one."""
    lock_account(unit, fact.account_id)
    made = unit.session.get(BackupCodeSet, fact.account_id, populate_existing=True)
    if made is not None and fact.doubts(made.made_at):
        delete_set(unit, fact.account_id)
        unit.record(BackupCodesRemoved(account_id=fact.account_id, at=fact.at, origin=fact.origin))


def delete_all(unit: UnitOfWork, fact: SecondFactorDisabled) -> None:
    """Deletes the codes together with the factor that they replace.

    Another mail says that the factor is off. Pending mails about the codes would only say less, so they are withdrawn.
    """
    delete_set(unit, fact.account_id)
    outbox.withdraw(unit, fact.account_id, USED_MAIL)
    outbox.withdraw(unit, fact.account_id, REMOVED_MAIL)


def mail_made(unit: UnitOfWork, fact: BackupCodesMade) -> None:
    """Mails the customer about every new set."""
    notices.notify(unit, MADE_MAIL, fact)


def mail_removed(unit: UnitOfWork, fact: BackupCodesRemoved) -> None:
    """Mails the customer that the set is invalid, and where to make another one."""
    notices.notify(unit, REMOVED_MAIL, fact)
