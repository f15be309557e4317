"""A mail with a link is sent as long as the link works, and no longer."""

import json
import re
from collections.abc import Callable

import pytest
from sqlmodel import select

from netim_app.core.actor import Actor
from netim_app.core.tokens import digest
from netim_app.identity import accounts, recovery
from netim_app.identity.tables import MailedLink
from netim_app.infra.outbox import _context
from netim_app.infra.tables import OutboxMessage
from netim_app.infra.unit_of_work import UnitOfWork, Units
from tests.factories import EMAIL, PASSWORD, quick_hash, signed_in_actor

NEW_EMAIL = "new@example.org"


def sign_up(unit: UnitOfWork, _actor: Actor) -> None:
    customer = accounts.NewCustomer(NEW_EMAIL, "N", "E", PASSWORD, "en", "Europe/Paris")
    accounts.sign_up(unit, customer, quick_hash(PASSWORD))


def ask_reset(unit: UnitOfWork, _actor: Actor) -> None:
    recovery.ask_reset(unit, EMAIL)


def ask_email_change(unit: UnitOfWork, actor: Actor) -> None:
    accounts.ask_email_change(unit, actor, NEW_EMAIL)


@pytest.mark.parametrize("ask", [sign_up, ask_reset, ask_email_change])
def test_a_mail_expires_with_its_link_and_others_never(units: Units, ask: Callable[[UnitOfWork, Actor], None]) -> None:
    caller = signed_in_actor(units)
    with units.write() as unit:
        ask(unit, caller)
        links = {link.digest: link.expires_at for link in unit.session.exec(select(MailedLink))}
        assert len(links) == 1
        with_a_link = 0
        for row in unit.session.exec(select(OutboxMessage)):
            text = json.loads(unit.vault.open(row.payload, _context(row.message_id)))["text"]
            secret = re.search(r"#([\w-]{43})", text)
            with_a_link += secret is not None
            assert row.expires_at == (links[digest(secret[1])] if secret else None), row.event
        assert with_a_link == 1
