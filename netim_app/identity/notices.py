"""Mails about facts to the owner of an account."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from netim_app.brand.brand import get_brand
from netim_app.core import paths
from netim_app.core.facts import Fact, Origin
from netim_app.identity import accounts, facts, sole_ceremony
from netim_app.infra import outbox
from netim_app.infra.queued_mail import QueuedMail
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import catalog, formats

MAX_NOTICES = 5
NOTICES_IN = timedelta(hours=1)
SHARED_MAIL_AFTER = timedelta(minutes=15)
SHARED_MAIL_WITHIN = timedelta(days=1)
MORE_NOTICES_REQUEST = "more_notices_request"


def notify(
    unit: UnitOfWork,
    event: str,
    fact: Fact,
    *,
    to: str = "",
    before_login: bool = False,
    expires_at: datetime | None = None,
    kind: str = "",
    **params: object,
) -> None:
    """Queues a notice about a fact to the account's owner, in their language and time zone.

    Args:
        event: name of the mail's template.
        to: another address than the account's own.
        before_login: somebody without a session requested it, such as a reset.
        expires_at: when a link in it stops working.
        kind: the kind of notice, if the event has several; the outbox stores it as `<event>.<kind>`.
        params: further values for the template, besides `first_name`, `when`, `address`, `browser`, `system`,
            `client` (both in words), `support`, `security_url` and `forgot_url`.
    """
    _queue(
        unit,
        event,
        fact,
        params,
        to=to,
        is_personal=not to and not before_login,
        expires_at=expires_at,
        kind=kind and f"{event}.{kind}",
    )


def _queue(
    unit: UnitOfWork,
    event: str,
    fact: Fact,
    params: dict[str, object],
    *,
    to: str = "",
    is_personal: bool = True,
    expires_at: datetime | None = None,
    kind: str = "",
) -> None:
    mail = _notice(unit, event, fact, params)
    outbox.queue(
        unit,
        event=event,
        to=to or mail.to,
        locale=mail.locale,
        time_zone=mail.time_zone,
        account_id=fact.account_id,
        expires_at=expires_at,
        kind=kind,
        is_personal=is_personal,
        params=mail.params,
    )


def _notice(unit: UnitOfWork, event: str, fact: Fact, params: Mapping[str, object]) -> QueuedMail:
    """A notice to the account's owner, with the values that all notices share."""
    owner = accounts.owner_of(unit, fact.account_id)
    about = {
        "first_name": owner.first_name,
        "when": fact.at,
        "address": fact.origin.known_address or "-",
        "browser": fact.origin.browser or "-",
        "system": fact.origin.system or "-",
        "client": formats.format_client(fact.origin.browser, fact.origin.system, owner.language),
        "support": get_brand().support,
        "security_url": unit.settings.public_url + paths.SECURITY,
        "forgot_url": unit.settings.public_url + paths.FORGOT,
    }
    return QueuedMail(owner.email, event, owner.language, owner.time_zone, {**about, **params})


def notify_up_to_a_cap(
    unit: UnitOfWork,
    event: str,
    fact: Fact,
    *,
    kind: str,
    card: str,
    many: str,
    cap: int = MAX_NOTICES,
    **params: object,
) -> bool:
    """`notify` for facts that anybody can cause repeatedly: the first few get a mail each, the rest share one mail.

    Each kind is counted separately, so that many of one kind hide none of another. Returns whether this notice got its
    own mail.

    Args:
        kind: the kind of notice.
        card: anchor of the card that lists all of them.
        many: text key that names this kind in the shared mail.
        cap: how many per hour get their own mail.
    """
    name = f"{event}.{kind}"
    if outbox.count_since(unit, fact.account_id, name, unit.now - NOTICES_IN) < cap:
        _queue(unit, event, fact, params, kind=name)
        return True
    if outbox.hold_back(unit, fact.account_id, name, unit.now - SHARED_MAIL_WITHIN):
        about = catalog.text(accounts.owner_of(unit, fact.account_id).language, many)
        request = {"account_id": fact.account_id, "kind": name, "card": card, "about": about, "at": fact.at.isoformat()}
        outbox.ask(
            unit,
            MORE_NOTICES_REQUEST,
            origin=fact.origin,
            params=request,
            account_id=fact.account_id,
            due_at=unit.now + SHARED_MAIL_AFTER,
            expires_at=unit.now + SHARED_MAIL_WITHIN,
        )
    return False


def answer_more_notices(unit: UnitOfWork, origin: Origin, request: Mapping[str, Any]) -> None:
    """Mails how many notices of a kind were held back, and where the customer finds them."""
    account_id = request["account_id"]
    count = outbox.held_back(unit, account_id, request["kind"])
    fact = Fact(account_id=account_id, at=datetime.fromisoformat(request["at"]), origin=origin)
    notify(unit, "more_notices", fact, count=count, about=request["about"], card=request["card"])


def mail_second_factor_not_completed(unit: UnitOfWork, fact: facts.SecondFactorNotCompleted) -> None:
    """Mails that somebody has the password but no code: at most once an hour, then one mail that counts the rest."""
    notify_up_to_a_cap(
        unit,
        "second_factor_not_completed",
        fact,
        kind="login",
        card="recent-activity",
        many="identity.many.second_factor_not_completed",
        cap=1,
    )


def mail_codes_locked_out(unit: UnitOfWork, fact: facts.CodesLockedOut) -> None:
    """Mails the owner that logins are blocked, and how to unblock them."""
    notify(unit, "codes_locked_out", fact, last=fact.last, sole=sole_ceremony.is_chosen(unit, fact.account_id))
