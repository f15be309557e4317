import re
from collections.abc import Callable

import pytest
from sqlmodel import select

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.features.not_me import service as not_me
from netim_app.identity import account_creation, email_change, links, operations, recovery, sign_up
from netim_app.identity.account_creation import NewCustomer
from netim_app.identity.tables import MailedLink
from netim_app.infra import queued_mail
from netim_app.infra.outbox import context_of
from netim_app.infra.tables import OutboxMessage
from netim_app.infra.unit_of_work import UnitOfWork, Units
from reflex_guard.tokens import digest
from tests.kit.factories import (
    EMAIL,
    HERE,
    PASSWORD,
    answer_requests,
    logged_in_actor,
    mails,
    make_account,
    quick_hash,
    visitor_of,
)

GUEST = visitor_of()
NEW_EMAIL = "new@example.org"
NEW = NewCustomer("New@Example.org", "Nia", "Ewing", "", "fr", "Europe/Paris")


PURPOSES = ("sign_up", "email_change", "reset")


def link_for(units: Units, purpose: str, account_id: int) -> str:
    with units.write() as unit:
        if purpose == "sign_up":
            sign_up.sign_up(unit, NEW, quick_hash(PASSWORD))
        elif purpose == "reset":
            recovery.ask_reset(unit, EMAIL, HERE)
        else:
            caller = Actor(account_id=account_id, session_id=0, fresh_until=unit.now, revision=0)
            email_change.ask_email_change(unit, caller, "changed@example.org")
    answer_requests(units)
    with units.read() as unit:
        return next(mail for mail in reversed(mails(unit)) if mail.event == purpose).token


@pytest.fixture
def account_id(units: Units) -> int:
    with units.write() as unit:
        return make_account(unit)


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("wrong", PURPOSES)
def test_a_link_works_for_its_own_purpose_only(units: Units, account_id: int, purpose: str, wrong: str) -> None:
    token = link_for(units, purpose, account_id)

    with units.write() as unit:
        if wrong != purpose:
            with pytest.raises(DomainError, match=r"link\.dead"):
                links.consume_link(unit, token, wrong)
        assert links.consume_link(unit, token, purpose).purpose == purpose
        with pytest.raises(DomainError, match=r"link\.dead"):
            links.consume_link(unit, token, purpose)


def test_a_reset_link_confirms_nothing_and_a_confirmation_resets_nothing(units: Units, account_id: int) -> None:
    reset, change = (link_for(units, purpose, account_id) for purpose in ("reset", "email_change"))

    with pytest.raises(DomainError, match=r"link\.dead"), units.write() as unit:
        sign_up.confirm(unit, reset, GUEST)
    with pytest.raises(DomainError, match=r"link\.dead"), units.write() as unit:
        recovery.finish_reset(unit, change, quick_hash("x"), GUEST)
    with pytest.raises(DomainError, match=r"link\.dead"), units.read() as unit:
        recovery.owner_of(unit, change)


@pytest.mark.parametrize("purpose", ["reset", "email_change"])
def test_a_newer_link_kills_the_older_one_of_its_own_purpose_and_owner(
    units: Units, account_id: int, purpose: str
) -> None:
    with units.write() as unit:
        other = make_account(unit, "bob@example.org")
        others = links.new_link(unit, purpose=purpose, life=links.CONFIRM_LIFE, account_id=other)
        another_purpose = links.new_link(unit, purpose="x", life=links.CONFIRM_LIFE, account_id=account_id)
    old = link_for(units, purpose, account_id)
    new = link_for(units, purpose, account_id)

    with units.write() as unit:
        with pytest.raises(DomainError):
            links.consume_link(unit, old, purpose)
        assert links.consume_link(unit, new, purpose).account_id == account_id
        assert links.consume_link(unit, others, purpose).account_id == other
        links.consume_link(unit, another_purpose, "x")


def test_a_disabled_account_has_no_working_links(units: Units, account_id: int) -> None:
    tokens = {purpose: link_for(units, purpose, account_id) for purpose in ("reset", "email_change")}
    with units.write() as unit:
        operations.disable(unit, account_id)

    for purpose, token in tokens.items():
        with pytest.raises(DomainError, match=r"link\.dead"), units.write() as unit:
            links.consume_link(unit, token, purpose)


def _sign_up(unit: UnitOfWork, _actor: Actor) -> None:
    customer = account_creation.NewCustomer(NEW_EMAIL, "N", "E", PASSWORD, "en", "Europe/Paris")
    sign_up.sign_up(unit, customer, quick_hash(PASSWORD))


def ask_reset(unit: UnitOfWork, _actor: Actor) -> None:
    recovery.ask_reset(unit, EMAIL, HERE)


def ask_email_change(unit: UnitOfWork, actor: Actor) -> None:
    email_change.ask_email_change(unit, actor, NEW_EMAIL)


@pytest.mark.parametrize("ask", [_sign_up, ask_reset, ask_email_change])
def test_a_mail_expires_with_its_link_and_others_never(units: Units, ask: Callable[[UnitOfWork, Actor], None]) -> None:
    caller = logged_in_actor(units)
    with units.write() as unit:
        ask(unit, caller)
    answer_requests(units)
    with units.read() as unit:
        asked_for = select(MailedLink).where(MailedLink.purpose != not_me.PURPOSE)  # other mails contain that one
        known = {link.digest: link.expires_at for link in unit.session.exec(asked_for)}
        assert len(known) == 1
        with_a_link = 0
        for row in unit.session.exec(select(OutboxMessage)):
            mail = queued_mail.read(unit.vault.open(row.payload, context_of(row.message_id)))
            secret = re.search(r"(?<!/not-me)#([\w-]{43})", mail.render(unit.settings.public_url).text)
            with_a_link += secret is not None
            assert row.expires_at == (known[digest(secret[1])] if secret else None), row.event
        assert with_a_link == 1
