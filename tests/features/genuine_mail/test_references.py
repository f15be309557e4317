import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import event as engine_events
from sqlmodel import select

from netim_app.core.errors import DomainError
from netim_app.core.facts import Fact
from netim_app.features.genuine_mail import rules
from netim_app.features.genuine_mail.service import references
from netim_app.features.genuine_mail.service.references import Answer, SentMail
from netim_app.features.genuine_mail.tables import MailReference
from netim_app.identity import notices, recovery
from netim_app.infra import outbox
from netim_app.infra.mail_templates import templates
from netim_app.infra.unit_of_work import UnitOfWork, Units
from netim_app.texts import catalog
from tests.kit.factories import EMAIL, HERE, Mail, last_mail, logged_in_actor
from tests.kit.fakes import FakeClock

REFERENCE = re.compile(r"Reference of this message: ([0-9A-Z]{5}-[0-9A-Z]{5})\.")


def send(units: Units, event: str = "email_restored") -> Mail:
    caller = logged_in_actor(units, f"{event}@example.org")
    with units.write() as unit:
        notices.notify(unit, event, Fact(account_id=caller.account_id, at=unit.now, origin=HERE))
    return last_mail(units, event)


def reference_of(mail: Mail) -> str:
    found = REFERENCE.search(mail.text)
    assert found, mail.text
    assert found[1] in mail.html
    return found[1]


def ask(units: Units, text: str, language: str = "en") -> Answer:
    with units.read() as unit:
        return references.look_up(unit, text, language)


def test_a_mail_is_ours_by_its_reference_or_as_a_whole(units: Units) -> None:
    mail = send(units)
    expected = Answer(True, (SentMail("Earlier email address restored", "1 Mar 2026, 12:00 (UTC)"),))

    for text in (reference_of(mail), reference_of(mail).lower(), mail.text, mail.html, f"> {mail.text}"):
        assert ask(units, text) == expected
    assert "https://account.netim.example/did-you-send-this" in mail.text


def test_it_is_said_in_the_language_of_the_page(units: Units) -> None:
    assert ask(units, send(units).text, "fr").sent == (
        SentMail("Ancienne adresse e\u2011mail rétablie", "1er mars 2026 à 12:00 (UTC)"),
    )


def test_every_mail_has_a_reference_of_its_own_also_those_to_visitors(units: Units) -> None:
    logged_in_actor(units)
    for _ in range(2):
        with units.write() as unit:
            recovery.ask_reset(unit, EMAIL, HERE)
    first = last_mail(units, "reset")
    with units.write() as unit:
        outbox.queue(
            unit, event="sign_up", to="new@example.org", locale="en", params={"link": "https://x.test/#y", "hours": 24}
        )
    second = last_mail(units, "sign_up")

    assert reference_of(first) != reference_of(second)
    assert ask(units, first.text + second.text).sent == (
        SentMail("Confirmation of a new account", "1 Mar 2026, 12:00 (UTC)"),
        SentMail("Link to a new password", "1 Mar 2026, 12:00 (UTC)"),
    )


def test_forged_reference_is_not_ours(units: Units) -> None:
    real = reference_of(send(units))
    other = real[:-1] + ("0" if real[-1] != "0" else "1")

    assert ask(units, other) == Answer(True)
    assert ask(units, "Dear customer, your account is closed. Please log in at once, or lose it.") == Answer(False)
    for short in ("hello", real[:8], "12345"):
        with pytest.raises(DomainError) as caught:
            ask(units, short)
        assert caught.value.field == "text"


def test_forged_reference_table_tells_nobody_to_whom(units: Units) -> None:
    """Neither who asks nor who has stolen the database: there is no account in it, and no reference."""
    mail = send(units)
    with units.read() as unit:
        row = unit.session.exec(select(MailReference)).one()
        stored = row.model_dump()
    assert set(stored) == {"digest", "event", "sent_at"}
    assert reference_of(mail) not in str(stored)
    assert stored["event"] == "email_restored"
    assert "@" not in str(stored)
    assert "@" not in str(ask(units, mail.text))


def test_a_reference_is_forgotten_after_half_a_year(units: Units, clock: FakeClock) -> None:
    old = reference_of(send(units))
    clock.advance(days=rules.KEEP_DAYS)
    with units.write() as unit:
        references.purge(unit)
    assert ask(units, old).sent
    clock.now += timedelta(seconds=1)
    with units.write() as unit:
        references.purge(unit)
    assert ask(units, old) == Answer(True)


def test_a_mail_whose_kind_is_gone_is_ours_still(units: Units) -> None:
    reference = reference_of(send(units))
    with units.write() as unit:
        unit.session.exec(select(MailReference)).one().event = "of_a_version_before"
    assert ask(units, reference).sent[0].kind == "A message about an account"


def test_a_mail_that_falls_with_its_transaction_leaves_no_reference(units: Units) -> None:
    caller = logged_in_actor(units)

    def use_case() -> None:
        with units.write() as unit:
            notices.notify(unit, "email_restored", Fact(account_id=caller.account_id, at=unit.now, origin=HERE))
            raise RuntimeError("the change failed")

    with pytest.raises(RuntimeError):
        use_case()
    with units.read() as unit:
        assert unit.session.exec(select(MailReference)).all() == []


def test_every_kind_of_mail_can_be_named(units: Units) -> None:
    for event in templates().events:
        assert len(event) <= 60, "the column holds it"
        assert catalog.has(f"mail.{event}.name")


def test_a_mail_costs_one_more_insert_and_one_more_look(units: Units) -> None:
    """In the unit that queues it. Both statements are built once."""
    caller = logged_in_actor(units)
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if "mail_phrase" in statement or "mail_reference" in statement:
            seen.append(statement.split(maxsplit=1)[0])

    def use_case(unit: UnitOfWork) -> None:
        notices.notify(unit, "email_restored", Fact(account_id=caller.account_id, at=unit.now, origin=HERE))

    engine_events.listen(units.engine, "before_cursor_execute", note)
    try:
        with units.write() as unit:
            use_case(unit)
    finally:
        engine_events.remove(units.engine, "before_cursor_execute", note)
    assert seen == ["SELECT", "INSERT"]
    assert isinstance(references._NOTE, sa.Insert)
