import re

import pytest
from sqlmodel import select

from netim_app.core.actor import Actor
from netim_app.features.genuine_mail.service import phrase as service
from netim_app.features.genuine_mail.service.phrase import PhraseSetting
from netim_app.features.genuine_mail.tables import MailPhrase
from netim_app.features.login_alerts.service import alerts as login_alerts
from netim_app.features.own_data.service import document
from netim_app.identity import email_change, facts, recovery
from netim_app.infra.handlers import MailAbout
from netim_app.infra.rewrap import Rewrapped
from netim_app.infra.tables import OutboxMessage
from netim_app.infra.unit_of_work import Units
from netim_app.infra.vault import Vault
from tests.kit.factories import (
    EMAIL,
    HERE,
    Mail,
    answer_requests,
    last_mail,
    logged_in_actor,
    mails,
)
from tests.kit.fakes import FakeClock, captured_log

PHRASE = "blue heron & Zoë"


def choose(units: Units, caller: Actor, phrase: str = PHRASE) -> None:
    with units.write() as unit:
        service.save(unit, caller, phrase)


def remove(units: Units, caller: Actor) -> None:
    with units.write() as unit:
        service.remove(unit, caller)


def phrase_of(units: Units, account_id: int) -> str:
    with units.read() as unit:
        return service.phrase_of(unit, account_id)


def all_mails(units: Units) -> list[Mail]:
    answer_requests(units)
    with units.read() as unit:
        return mails(unit)


def switch_alerts_off(units: Units, caller: Actor) -> Mail:
    """A mail of another feature."""
    for on in (True, False):
        with units.write() as unit:
            login_alerts.choose(unit, caller, "every" if on else "off")
    return last_mail(units, "alerts_off")


def test_without_a_phrase_mails_are_as_ever(units: Units) -> None:
    caller = logged_in_actor(units)

    assert switch_alerts_off(units, caller).text.startswith("Hello Ada,")
    with units.read() as unit:
        assert service.view_setting(unit, caller.account_id) == PhraseSetting()


def test_a_phrase_stands_at_the_head_of_the_mails_of_all_features(units: Units) -> None:
    caller, other = logged_in_actor(units), logged_in_actor(units, "bob@example.org")
    choose(units, caller)

    mail = switch_alerts_off(units, caller)

    assert mail.text.startswith(f"Your phrase: {PHRASE}\n\nHello Ada,")
    assert "blue heron &amp; Zoë" in mail.html
    assert mail.html.index("blue heron") < mail.html.index("Hello Ada")
    assert PHRASE not in switch_alerts_off(units, other).text
    with units.read() as unit:
        assert service.view_setting(unit, caller.account_id) == PhraseSetting(since="1 Mar 2026")


def test_each_change_is_mailed_and_shown_but_not_in_words(units: Units) -> None:
    """The new phrase is at the top of the mail about it, so its owner sees what the next ones look like."""
    caller = logged_in_actor(units)
    choose(units, caller)
    choose(units, caller, "another phrase")
    choose(units, caller, "another phrase")
    remove(units, caller)
    remove(units, caller)

    told = all_mails(units)
    assert [(mail.event, mail.to) for mail in told] == [("phrase_changed", EMAIL)] * 3
    chosen, changed, removed = told
    assert chosen.text.startswith(f"Your phrase: {PHRASE}\n")
    assert changed.text.startswith("Your phrase: another phrase\n")
    assert PHRASE not in changed.text
    assert removed.text.startswith("Hello Ada,")
    assert phrase_of(units, caller.account_id) == ""


def test_a_phrase_is_sealed_and_bound_to_its_account(units: Units) -> None:
    caller, other = logged_in_actor(units), logged_in_actor(units, "bob@example.org")
    choose(units, caller)
    with units.write() as unit:
        row = unit.session.exec(select(MailPhrase)).one()
        assert b"heron" not in row.sealed
        unit.session.add(MailPhrase(account_id=other.account_id, sealed=row.sealed, set_at=unit.now))

    assert phrase_of(units, other.account_id) == ""
    assert phrase_of(units, caller.account_id) == PHRASE


def test_a_phrase_that_cannot_be_read_keeps_no_mail_from_being_sent(units: Units) -> None:
    """Such as after the loss of the secret key. The log tells the row, and its owner can choose another one."""
    caller = logged_in_actor(units)
    choose(units, caller)
    with units.write() as unit:
        unit.session.exec(select(MailPhrase)).one().sealed = b"damaged"

    with captured_log(service.__name__) as records:
        assert switch_alerts_off(units, caller).text.startswith("Hello Ada,")
    assert [f"account:{caller.account_id}:mail_phrase" in record.getMessage() for record in records] == [True]
    choose(units, caller)
    assert phrase_of(units, caller.account_id) == PHRASE


def test_a_new_secret_key_seals_phrases_anew(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = logged_in_actor(units)
    choose(units, caller)
    old = units.settings.secret_key.get_secret_value()
    monkeypatch.setattr(units, "vault", Vault("n" * 40, old))

    with units.write() as unit:
        assert (service.rewrap(unit), service.rewrap(unit)) == (Rewrapped(sealed=1), Rewrapped())

    monkeypatch.setattr(units, "vault", Vault("n" * 40))
    assert phrase_of(units, caller.account_id) == PHRASE


async def test_phrase_leak_mails_that_strangers_can_ask_for_have_none(units: Units) -> None:
    """A link to a new password, a registration of the address, a mail to a new mailbox that may be anybody's."""
    caller = logged_in_actor(units)
    choose(units, caller)
    with units.write() as unit:
        recovery.ask_reset(unit, EMAIL, HERE)
        email_change.ask_email_change(unit, caller, "new@example.org")
        unit.record(
            facts.EmailChanged(
                account_id=caller.account_id, at=unit.now, origin=HERE, old_email=EMAIL, new_email="new@example.org"
            )
        )

    found = all_mails(units)
    with_phrase = {mail.event for mail in found if "heron" in mail.text + mail.html + mail.subject}
    without = {(mail.event, mail.to) for mail in found if mail.event not in with_phrase}
    assert with_phrase == {"phrase_changed", "email_change_asked"}
    assert without == {
        ("reset", EMAIL),
        ("email_change", "new@example.org"),
        ("email_changed", "new@example.org"),
        ("email_undo", EMAIL),
    }


def test_phrase_leak_a_mail_about_no_account_has_none(units: Units) -> None:
    with units.read() as unit:
        assert service.at_head(unit, MailAbout("sign_up", None, is_personal=True)) is None


def test_phrase_leak_previews_and_subjects_do_not_tell_it(units: Units) -> None:
    """A locked phone shows them to anybody nearby."""
    caller = logged_in_actor(units)
    choose(units, caller)

    for mail in (switch_alerts_off(units, caller), last_mail(units, "phrase_changed")):
        hidden = re.search(r'(?s)<div class="preview".*?</div>', mail.html)
        assert hidden
        assert "heron" not in hidden[0]
        assert hidden[0].count("&#847;") == 80, "what a program shows behind it ends there"
        assert "heron" not in mail.subject
        assert "heron" in mail.html


def test_phrase_leak_neither_log_nor_outbox_nor_export_tells_it(units: Units) -> None:
    caller = logged_in_actor(units)
    with captured_log("") as records:
        choose(units, caller)
        switch_alerts_off(units, caller)
        remove(units, caller)
        choose(units, caller)
    assert records
    assert not [record for record in records if "heron" in record.getMessage()]
    with units.read() as unit:
        rows = unit.session.exec(select(OutboxMessage)).all()
        assert rows
        assert not [row for row in rows if b"heron" in row.payload]
        exported = document.as_text(document.export(unit, caller.account_id))
    assert "set_at" in exported
    assert "heron" not in exported


def test_phrase_leak_it_goes_when_a_stolen_address_is_restored(units: Units, clock: FakeClock) -> None:
    """A thief who had the account may have read it, or chosen it."""
    caller, other = logged_in_actor(units), logged_in_actor(units, "bob@example.org")
    for each in (caller, other):
        choose(units, each)
    clock.advance(days=30)
    with units.write() as unit:
        unit.record(facts.EmailRestored(account_id=caller.account_id, at=unit.now, origin=HERE, since=unit.now))

    assert phrase_of(units, caller.account_id) == ""
    assert phrase_of(units, other.account_id) == PHRASE
    assert "was removed" in last_mail(units, "phrase_changed").text


def test_an_account_takes_its_phrase_along(units: Units) -> None:
    caller = logged_in_actor(units)
    choose(units, caller)
    with units.write() as unit:
        from netim_app.identity.tables import Account

        unit.session.delete(unit.session.get_one(Account, caller.account_id))

    with units.read() as unit:
        assert unit.session.exec(select(MailPhrase)).all() == []


@pytest.mark.parametrize("phrase", ["{{ 7*7 }}", "{phrase} %(x)s {0}", "a & b; \"c\" 'd'"])
def test_phrase_injection_words_stay_words(units: Units, phrase: str) -> None:
    caller = logged_in_actor(units)
    choose(units, caller, phrase)

    mail = switch_alerts_off(units, caller)

    assert mail.text.startswith(f"Your phrase: {phrase}\n")
    assert "49" not in mail.text.split("\n")[0]
    assert mail.subject == "Email alerts are off for your Netim Direct account"
