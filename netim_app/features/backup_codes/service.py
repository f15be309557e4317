"""Creates and consumes backup codes."""

import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, delete, select

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Origin
from netim_app.features.backup_codes import rules
from netim_app.features.backup_codes.facts import BackupCodesMade, BackupCodesRemoved, BackupCodesSaved, BackupCodeUsed
from netim_app.features.backup_codes.tables import BackupCode, BackupCodeSet
from netim_app.identity import accounts, freeze, notices, second_factor, sessions
from netim_app.identity.facts import SecondFactorDisabled, TakenBack
from netim_app.infra import outbox
from netim_app.infra.columns import table_of
from netim_app.infra.export import export_rows
from netim_app.infra.log import log_event
from netim_app.infra.rewrap import Rewrapped, rewrap_rows
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.infra.vault import VaultError
from netim_app.texts import catalog

logger = logging.getLogger(__name__)

KEY_BYTES = 32
USED_MAIL = "backup_code_used"
MADE_MAIL = "backup_codes_made"
REMOVED_MAIL = "backup_codes_removed"
ENABLED_MAIL = "two_factor_changed.enabled"
FIRST_SET_WITHIN = timedelta(minutes=10)
_CODES = table_of(BackupCode)
_code, _set = _CODES.c, table_of(BackupCodeSet).c
_LEFT = sa.select(sa.func.count()).where(_code.account_id == sa.bindparam("account"), _code.used_at.is_(None))
_MADE = sa.select(_set.made_at, _set.shown_at, _set.saved_at).where(_set.account_id == sa.bindparam("account"))
_USE = (
    sa.update(_CODES)
    .where(_code.account_id == sa.bindparam("account"), _code.digest == sa.bindparam("spent"), _code.used_at.is_(None))
    .values(used_at=sa.bindparam("now"))
)


@dataclass(frozen=True)
class Stock:
    """The card's content. `made_on` is a date in the customer's language; empty before the first set."""

    enabled: bool
    left: int = 0
    made_on: str = ""
    low: bool = False
    shown: bool = True
    """Whether a page has confirmed that it showed the set."""
    saved: bool = True
    """Whether the customer has confirmed that the set is saved."""


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


def view_stock(unit: UnitOfWork, account_id: int) -> Stock:
    """The card's content."""
    if not second_factor.enrolled(unit, account_id):
        return Stock(enabled=False)
    made = unit.row(_MADE, account=account_id)
    language, time_zone = accounts.locale_of(unit, account_id)
    left = codes_left(unit, account_id)
    return Stock(
        enabled=True,
        left=left,
        made_on=catalog.format_date(made.made_at, language, time_zone) if made else "",
        low=rules.is_low(left),
        shown=made is not None and made.shown_at is not None,
        saved=made is None or made.saved_at is not None,
    )


def codes_left(unit: UnitOfWork, account_id: int) -> int:
    """How many codes are left."""
    row = unit.row(_LEFT, account=account_id)
    return 0 if row is None else row[0]


def runs_low(unit: UnitOfWork, account_id: int) -> bool:
    """Whether the customer needs new codes."""
    return second_factor.enrolled(unit, account_id) and rules.is_low(codes_left(unit, account_id))


def is_unsaved(unit: UnitOfWork, account_id: int) -> bool:
    """Whether there are enough codes, but the customer has not confirmed that they are saved."""
    made = unit.row(_MADE, account=account_id)
    unsaved = made is not None and made.saved_at is None
    return unsaved and second_factor.enrolled(unit, account_id) and not runs_low(unit, account_id)


def never_enrolled(_unit: UnitOfWork, _account_id: int) -> bool:
    """Backup codes alone require nothing at login: they replace another factor and are deleted with it."""
    return False


def consume(unit: UnitOfWork, account_id: int, code: str, origin: Origin) -> bool:
    """Whether this is an unused code of the account's set. If so, consumes it and notifies the customer by mail."""
    key = _key(unit, account_id)
    if key is None:
        return False
    used = unit.run(_USE, {"account": account_id, "spent": rules.digest_of(code, key), "now": unit.now})
    if used.rowcount != 1:
        return False
    unit.record(BackupCodeUsed(account_id=account_id, at=unit.now, origin=origin, left=codes_left(unit, account_id)))
    return True


def was_used(unit: UnitOfWork, account_id: int, code: str) -> bool:
    """Whether this is an already consumed code of the account's set."""
    key = _key(unit, account_id)
    row = unit.session.get(BackupCode, (account_id, rules.digest_of(code, key))) if key else None
    return row is not None and row.used_at is not None


def make_due(unit: UnitOfWork, actor: Actor) -> NewCodes | None:
    """The set for a newly enabled second factor. None when a page has already shown one.

    If the factor was enabled a moment ago, the mail about that is enough.
    """
    sessions.lock_account(unit, actor.account_id)
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
    account = sessions.lock_account(unit, actor.account_id)
    if not second_factor.enrolled(unit, actor.account_id):
        raise DomainError("backup_codes.not_enabled")
    if (made := unit.session.get(BackupCodeSet, actor.account_id, populate_existing=True)) is not None:
        freeze.refuse_while_frozen(unit, actor.account_id, added_at=made.made_at)
    _delete(unit, actor.account_id)
    codes = rules.new_codes(secrets.randbelow)
    key = secrets.token_bytes(KEY_BYTES)
    unit.session.add(
        BackupCodeSet(
            account_id=actor.account_id,
            sealed=unit.vault.seal(key, _context(actor.account_id)),
            made_at=unit.now,
        )
    )
    unit.session.add_all(BackupCode(account_id=actor.account_id, digest=rules.digest_of(code, key)) for code in codes)
    unit.session.flush()
    unit.record(BackupCodesMade(account_id=actor.account_id, at=unit.now, origin=actor.origin))
    made_on = catalog.format_date(unit.now, account.language, account.time_zone)
    login_url = unit.settings.public_url + "/login"
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
    sessions.lock_account(unit, actor.account_id)
    made = unit.session.get(BackupCodeSet, actor.account_id, populate_existing=True)
    if made is not None and _handle(made) == handle and made.shown_at is None:
        made.shown_at = unit.now


def note_saved(unit: UnitOfWork, actor: Actor, handle: str) -> bool:
    """Records that the customer has saved the set with this handle; False when it is no longer the current one."""
    sessions.lock_account(unit, actor.account_id)  # otherwise a new set could replace this one in between
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
    sessions.lock_account(unit, fact.account_id)
    made = unit.session.get(BackupCodeSet, fact.account_id, populate_existing=True)
    if made is not None and fact.doubts(made.made_at):
        _delete(unit, fact.account_id)
        unit.record(BackupCodesRemoved(account_id=fact.account_id, at=fact.at, origin=fact.origin))


def delete_all(unit: UnitOfWork, fact: SecondFactorDisabled) -> None:
    """Deletes the codes together with the factor that they replace.

    Another mail says that the factor is off. Pending mails about the codes would only say less, so they are withdrawn.
    """
    _delete(unit, fact.account_id)
    outbox.withdraw(unit, fact.account_id, USED_MAIL)
    outbox.withdraw(unit, fact.account_id, REMOVED_MAIL)


def mail_made(unit: UnitOfWork, fact: BackupCodesMade) -> None:
    """Mails the customer about every new set."""
    notices.notify(unit, MADE_MAIL, fact)


def mail_removed(unit: UnitOfWork, fact: BackupCodesRemoved) -> None:
    """Mails the customer that the set is invalid, and where to make another one."""
    notices.notify(unit, REMOVED_MAIL, fact)


def mail_used(unit: UnitOfWork, fact: BackupCodeUsed) -> None:
    """Mails the customer about every consumed code, with the number of codes left."""
    notices.notify(unit, USED_MAIL, fact, left=fact.left)


def rewrap(unit: UnitOfWork) -> Rewrapped:
    """Re-seals with the current secret what the previous one sealed."""
    sets = unit.session.exec(select(BackupCodeSet).with_for_update())
    return rewrap_rows(unit, sets, lambda row: _context(row.account_id), "sealed")


def export(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """For "Download my data": the set and when its codes were used, but not the codes."""
    return {
        "sets": export_rows(unit, BackupCodeSet, account_id, "made_at", "shown_at", "saved_at"),
        "codes": export_rows(unit, BackupCode, account_id, "used_at"),
    }


def _delete(unit: UnitOfWork, account_id: int) -> None:
    for table in (BackupCode, BackupCodeSet):
        unit.session.exec(delete(table).where(col(table.account_id) == account_id))
    unit.session.expire_all()


def _key(unit: UnitOfWork, account_id: int) -> bytes | None:
    """The key of the set. None without a set, or for one that was tampered with: then no code is accepted."""
    row = unit.session.get(BackupCodeSet, account_id, populate_existing=True)
    if row is None:
        return None
    try:
        return unit.vault.open(row.sealed, _context(account_id))
    except VaultError:
        log_event(logger, "vault.unreadable", level=logging.ERROR, table="backup_code_set", account_id=account_id)
        return None


def _context(account_id: int) -> str:
    return f"backup_code_set:{account_id}"
