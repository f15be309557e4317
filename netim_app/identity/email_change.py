"""Change of an account's email address: request, confirmation mail, and the link that applies it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import select

from netim_app.core import paths
from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Origin
from netim_app.identity import facts, freeze, links, login_policies, sessions, tickets
from netim_app.identity.email_address import email_key
from netim_app.identity.notices import notify
from netim_app.identity.tables import Account, MailedLink
from netim_app.infra import outbox
from netim_app.infra.unit_of_work import UnitOfWork

EMAIL_CHANGE_REQUEST = "email_change_request"
EMAIL_CHANGE = "email_change"
"""Purpose of the link that confirms a new address."""


def ask_email_change(unit: UnitOfWork, actor: Actor, new_email: str) -> None:
    """Mails a confirmation link to the new address and a notice to the old one. Never reveals whether the new is taken.

    Raises:
        DomainError: the new address is the present one, or the account is frozen.
    """
    freeze.refuse_while_frozen(unit, actor.account_id)
    account = unit.session.get_one(Account, actor.account_id)
    if email_key(new_email) == account.email_key:
        raise DomainError("email.same", field="email")
    fact = facts.EmailChangeAsked(account_id=actor.account_id, at=unit.now, origin=actor.origin, new_email=new_email)
    unit.record(fact)
    notify(unit, "email_change_asked", fact, new_email=new_email)
    token = links.new_link(
        unit, purpose=EMAIL_CHANGE, life=links.CONFIRM_LIFE, account_id=actor.account_id, email=new_email
    )
    outbox.ask(
        unit,
        EMAIL_CHANGE_REQUEST,
        origin=actor.origin,
        params={"account_id": actor.account_id, "new_email": new_email, "token": token, "at": unit.now.isoformat()},
        expires_at=unit.now + links.CONFIRM_LIFE,
    )


def answer_email_change(unit: UnitOfWork, _origin: Origin, request: Mapping[str, Any]) -> None:
    """Mails the link to the new address, unless an account already has it."""
    new_email = request["new_email"]
    account = unit.session.get(Account, request["account_id"])
    taken = unit.session.exec(select(Account.id).where(Account.email_key == email_key(new_email))).first()
    if account is None or taken:
        return
    outbox.queue(  # no text typed by a customer: the mailbox may be anybody's
        unit,
        event="email_change",
        to=new_email,
        locale=account.language,
        account_id=account.id,
        expires_at=datetime.fromisoformat(request["at"]) + links.CONFIRM_LIFE,
        params={
            "link": f"{unit.settings.public_url}{paths.VERIFY}#{request['token']}",
            "hours": int(links.CONFIRM_LIFE.total_seconds() // 3600),
        },
    )


def change_email(unit: UnitOfWork, link: MailedLink, visitor: Visitor) -> str | None:
    """Replaces the account's address by the one that the link was sent to.

    Returns:
        The ticket that renews the visitor's session; None if the visitor is not logged in to the account.

    Raises:
        DomainError: the account is closed or frozen, or a login policy refuses this visitor; the link stays unused.
        IntegrityError: another account has taken the address in the meantime.
    """
    account = unit.session.get_one(Account, link.account_id)
    if account.disabled_at is not None:
        raise links.refused(EMAIL_CHANGE, account_id=account.id)
    freeze.refuse_while_frozen(unit, account.id)
    if (refusal := login_policies.refusal(unit, account.id, visitor.origin)) is not None:
        raise links.refused(EMAIL_CHANGE, reason=refusal, account_id=account.id)
    fact = facts.EmailChanged(
        account_id=account.id,
        at=unit.now,
        origin=visitor.origin,
        old_email=account.email,
        new_email=link.email,
    )
    account.email = link.email
    account.email_key = email_key(link.email)
    unit.session.flush()
    links.revoke_links(unit, fact.account_id)
    unit.record(fact)
    own = visitor if isinstance(visitor, Actor) and visitor.account_id == fact.account_id else None
    sessions.end_sessions(unit, fact.account_id, keep=own.session_id if own else None)
    return tickets.renewal_ticket(unit, own, return_to=paths.PERSONAL) if own else None
