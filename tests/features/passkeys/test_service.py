import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.core.facts import Origin
from netim_app.features.backup_codes.service import sets as backup_code_sets
from netim_app.features.backup_codes.service import use as backup_code_use
from netim_app.features.ip_restriction.rules.reading import parse
from netim_app.features.ip_restriction.service import restriction, rule_list
from netim_app.features.journal.service.recent import view_newest
from netim_app.features.passkeys import rules
from netim_app.features.passkeys.rules import encode
from netim_app.features.passkeys.service import answers, passkeys, prompts, stored, use
from netim_app.features.passkeys.tables import Passkey, PasskeyChallenge
from netim_app.features.totp.service import authenticators
from netim_app.features.totp.tables import TotpAuthenticator
from netim_app.identity import freeze, pending_logins, second_factor, sessions, tickets
from netim_app.identity.facts import AccountFrozen, AccountUnlocked, EmailRestored
from netim_app.identity.tables import Account, FailedCodeCount, SecondFactorLockout
from netim_app.infra.unit_of_work import Units
from netim_app.texts.catalog import LOCALES, text
from tests.kit.authenticator import Authenticator
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    OTHER_BROWSER,
    actor_of,
    at_once,
    last_mail,
    logged_in_actor,
    mailed,
    make_session,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.pages import SECURITY
from tests.kit.passkeys import add, ask, count, log_in


@pytest.mark.parametrize("algorithm", [-8, -7, -257])
def test_a_passkey_of_each_algorithm_is_the_whole_login(units: Units, caller: Actor, algorithm: int) -> None:
    authenticator = Authenticator(algorithm=algorithm)
    add(units, caller, authenticator)

    ticket = log_in(units, authenticator.use(ask(units)))

    with units.write() as unit:
        opened = tickets.redeem_ticket(unit, ticket, BROWSER, HERE)
    assert opened is not None
    assert opened.return_to == SECURITY


def test_what_is_asked_for_is_decided_by_the_server(units: Units, caller: Actor, phone: Authenticator) -> None:
    with units.write() as unit:
        new = json.loads(prompts.for_new_passkey(unit, caller))
    login = json.loads(ask(units))

    assert new["rp"]["id"] == login["rpId"] == "account.netim.example"
    assert new["attestation"] == "none"
    assert [each["alg"] for each in new["pubKeyCredParams"]] == [-8, -7, -257]
    assert new["authenticatorSelection"]["residentKey"] == "required"
    assert new["authenticatorSelection"]["userVerification"] == login["userVerification"] == "required"
    assert [each["id"] for each in new["excludeCredentials"]] == [encode(phone.credential_id)]
    assert new["timeout"] == login["timeout"] == 300_000
    assert len(rules.decode(new["user"]["id"])) == 64
    assert len(rules.decode(login["challenge"])) == 32


def test_webauthn_reg_reveals_no_account(units: Units, caller: Actor, phone: Authenticator) -> None:
    """A prompt for a login names no passkey, and so no account."""
    assert json.loads(ask(units)).get("allowCredentials", []) == []


def test_webauthn_chal_is_good_for_one_answer_right_or_wrong(units: Units, phone: Authenticator) -> None:
    right, wrong = ask(units), ask(units)
    log_in(units, phone.use(right))
    with pytest.raises(RecordedRefusal):
        log_in(units, phone.use(wrong, signature=bytes(70)))

    for options in (right, wrong):
        with pytest.raises(RecordedRefusal):
            log_in(units, phone.use(options))
    assert count(units, PasskeyChallenge) == 0


@pytest.mark.parametrize(
    "lies",
    [
        {"client_data": {"crossOrigin": True}},
        {"client_data": {"topOrigin": "https://evil.example"}},
        {"answer": {"rawId": "AAAA"}},
        {"answer": {"type": "password"}},
        {"response": {"signature": None}},
        {"response": {"userHandle": [1]}},
    ],
)
def test_webauthn_chal_is_used_up_by_an_answer_of_another_shape(
    units: Units, phone: Authenticator, lies: dict[str, Any]
) -> None:
    options = ask(units)
    with pytest.raises(RecordedRefusal):
        log_in(units, phone.use(options, **lies))

    assert count(units, PasskeyChallenge) == 0
    with pytest.raises(RecordedRefusal):
        log_in(units, phone.use(options))


def test_webauthn_chal_ends_after_five_minutes(units: Units, phone: Authenticator, clock: FakeClock) -> None:
    late, in_time = ask(units), ask(units)
    clock.advance(seconds=299)
    assert log_in(units, phone.use(in_time))

    clock.advance(seconds=1)
    with pytest.raises(RecordedRefusal):
        log_in(units, phone.use(late))


def test_webauthn_chal_belongs_to_one_browser(units: Units, phone: Authenticator) -> None:
    for other in (OTHER_BROWSER, ""):
        with pytest.raises(RecordedRefusal):
            log_in(units, phone.use(ask(units)), visitor_of(other))
    with pytest.raises(DomainError, match="no_cookies"):
        ask(units, visitor_of(""))


def test_webauthn_chal_belongs_to_one_purpose(units: Units, caller: Actor, phone: Authenticator) -> None:
    def step_up(options: str) -> str:
        with units.write() as unit:
            return use.prove_again(unit, caller, phone.use(options), SECURITY)

    with pytest.raises(RecordedRefusal):
        step_up(ask(units))
    with units.write() as unit:
        options = prompts.for_account(unit, caller, "step_up", caller.account_id)
    with pytest.raises(RecordedRefusal):
        log_in(units, phone.use(options))
    with units.write() as unit:
        options = prompts.for_account(unit, caller, "step_up", caller.account_id)
    assert step_up(options)


def test_webauthn_chal_belongs_to_one_account(units: Units, caller: Actor, phone: Authenticator) -> None:
    """A logged-in customer cannot prove to be there by the passkey of another account, nor by its challenge."""
    eve = logged_in_actor(units, "eve@example.org", browser_digest=BROWSER)
    eves = Authenticator()
    add(units, eve, eves)
    with units.write() as unit:
        hers = prompts.for_account(unit, eve, "step_up", eve.account_id)
        his = prompts.for_account(unit, caller, "step_up", caller.account_id)

    for options, authenticator in ((hers, phone), (his, eves)):
        with units.write() as unit, pytest.raises(RecordedRefusal):
            use.prove_again(unit, caller, authenticator.use(options), SECURITY)


def test_webauthn_chal_race_once(units: Units, phone: Authenticator) -> None:
    answer = phone.use(ask(units))

    def attempt(_: int) -> bool:
        try:
            return bool(log_in(units, answer))
        except RecordedRefusal:
            return False

    assert sum(at_once(20, attempt)) == 1


def test_webauthn_reg_of_an_id_that_somebody_has(units: Units, caller: Actor, phone: Authenticator) -> None:
    """A thief who knows a customer's id and public key could register them as an own passkey, and wait."""
    eve = logged_in_actor(units, "eve@example.org", browser_digest=OTHER_BROWSER)
    copy = Authenticator(credential_id=phone.credential_id)
    copy.key = phone.key

    for thief in (eve, caller):
        with pytest.raises(RecordedRefusal, match=answers.REFUSED):
            add(units, thief, copy)
    assert count(units, Passkey) == 1


def test_webauthn_reg_race_for_one_id(units: Units, caller: Actor, clock: FakeClock) -> None:
    others = [logged_in_actor(units, f"c{n}@example.org", browser_digest=f"{n:064}") for n in range(8)]
    authenticator = Authenticator()

    def attempt(number: int) -> bool:
        try:
            return bool(add(units, others[number], authenticator))
        except RecordedRefusal:
            return False

    assert sum(at_once(8, attempt)) == 1
    assert count(units, Passkey) == 1


def test_webauthn_reg_of_a_counter_that_falls(units: Units, caller: Actor) -> None:
    """A key that stays in its device must not have a copy; a synced one is accepted. Both are mailed."""
    key, synced = Authenticator(can_sync=False, counter=5), Authenticator(counter=5)
    add(units, caller, key)
    add(units, caller, synced)
    log_in(units, key.use(ask(units)))

    with pytest.raises(RecordedRefusal, match=answers.REFUSED):
        log_in(units, key.use(ask(units), counter=5))
    assert "may be a copy" in last_mail(units, "passkey_changed").subject
    assert log_in(units, key.use(ask(units), counter=9))

    assert log_in(units, synced.use(ask(units), counter=2))
    assert "may have been copied" in last_mail(units, "passkey_changed").subject
    with units.read() as unit:
        assert [row.sign_count for row in stored.passkeys_of(unit, caller.account_id)] == [9, 5]


def test_a_counter_of_zero_is_no_counter(units: Units, caller: Actor, phone: Authenticator) -> None:
    for _ in range(2):
        log_in(units, phone.use(ask(units)))
    assert [event for event, _ in mailed(units)] == ["passkey_changed"]  # when it was added


def test_a_closed_account_and_one_that_is_blocked_hear_the_one_sentence(
    units: Units, caller: Actor, phone: Authenticator
) -> None:
    assert log_in(units, phone.use(ask(units)))
    with units.write() as unit:
        unit.session.get_one(Account, caller.account_id).disabled_at = unit.now

    with pytest.raises(RecordedRefusal, match=answers.REFUSED):
        log_in(units, phone.use(ask(units)))


def refusals(units: Units, account_id: int) -> list[tuple[str, str]]:
    """Of passkeys, as the activity tells them."""
    with units.read() as unit:
        entries = view_newest(unit, account_id).entries
    return [(entry.what, entry.how) for entry in entries if entry.sort == "failures"]


def test_the_owner_reads_of_a_wrong_passkey(units: Units, caller: Actor, phone: Authenticator) -> None:
    """Where the account was known before the answer: a login may be anybody's."""
    with pytest.raises(RecordedRefusal):
        log_in(units, phone.use(ask(units), signature=bytes(70)))
    assert refusals(units, caller.account_id) == []

    with units.write() as unit:
        options = prompts.for_account(unit, caller, "step_up", caller.account_id)
    with pytest.raises(RecordedRefusal), units.write() as unit:
        use.prove_again(unit, caller, phone.use(options, signature=bytes(70)), SECURITY)
    assert refusals(units, caller.account_id) == [("Passkey not accepted", "Wrong")]


@pytest.mark.parametrize("why", ["frozen", "blocked"])
def test_the_owner_reads_of_a_right_passkey_that_was_shut_out(
    units: Units, caller: Actor, phone: Authenticator, why: str
) -> None:
    with units.write() as unit:
        if why == "frozen":
            fact = AccountFrozen(account_id=caller.account_id, at=unit.now, origin=HERE)
            freeze.begin(unit, fact, blocks_login=True)
        else:
            unit.session.add(SecondFactorLockout(account_id=caller.account_id, times=1, locked_at=unit.now))

    with pytest.raises(RecordedRefusal):
        log_in(units, phone.use(ask(units)))

    assert refusals(units, caller.account_id) == [("Passkey not accepted", "Login was blocked")]


@pytest.mark.parametrize("why", ["", "disabled", "blocked"])
def test_the_owner_reads_of_a_right_passkey_after_the_password_that_was_shut_out(
    units: Units, caller: Actor, phone: Authenticator, why: str
) -> None:
    """Meanwhile: after the password was right, and before the passkey came."""
    with units.write() as unit:
        pending_logins.begin(unit, caller.account_id, visitor_of(), remember=False, return_to=SECURITY)
    with units.write() as unit:
        answer = phone.use(use.ask_after_password(unit, visitor_of()))
        if why == "disabled":
            unit.session.get_one(Account, caller.account_id).disabled_at = unit.now
        elif why == "blocked":
            unit.session.add(SecondFactorLockout(account_id=caller.account_id, times=1, locked_at=unit.now))

    def finish() -> None:
        with units.write() as unit:
            use.finish_login(unit, visitor_of(), answer)

    if why:
        with pytest.raises(RecordedRefusal, match=pending_logins.GONE):
            finish()
    else:
        finish()
    assert refusals(units, caller.account_id) == [("Passkey not accepted", "Login was blocked")] * bool(why)


def test_a_removed_passkey_opens_nothing(units: Units, caller: Actor, phone: Authenticator) -> None:
    with units.write() as unit:
        row = stored.passkeys_of(unit, caller.account_id)[0]
        passkeys.remove(unit, caller, row.id)

    with pytest.raises(RecordedRefusal, match=answers.REFUSED):
        log_in(units, phone.use(ask(units)))
    assert {event for event, _ in mailed(units)} >= {"passkey_changed"}


def test_a_password_alone_is_not_enough_any_more(units: Units, caller: Actor, phone: Authenticator) -> None:
    with units.read() as unit:
        assert second_factor.enrolled(unit, caller.account_id)
        assert not second_factor.takes_codes(unit, caller.account_id)


def test_there_are_ten_at_most_and_each_has_a_name_of_its_own(units: Units, caller: Actor) -> None:
    onepassword = bytes.fromhex("bada5566a7aa401fbd9645619a55120d")
    names = [add(units, caller, Authenticator(aaguid=onepassword)) for _ in range(9)]
    names.append(add(units, caller, Authenticator()))

    assert names[:3] == ["1Password", "1Password 2", "1Password 3"]
    assert names[-1] == "Firefox on Linux"
    with pytest.raises(DomainError, match="full"):
        add(units, caller, Authenticator())


def test_nobody_renames_or_removes_the_passkey_of_another_account(
    units: Units, caller: Actor, phone: Authenticator
) -> None:
    eve = logged_in_actor(units, "eve@example.org", browser_digest=OTHER_BROWSER)
    with units.read() as unit:
        passkey_id = stored.passkeys_of(unit, caller.account_id)[0].id

    for act in (lambda u: passkeys.rename(u, eve, passkey_id, "Mine"), lambda u: passkeys.remove(u, eve, passkey_id)):
        with units.write() as unit, pytest.raises(DomainError, match="gone"):
            act(unit)
    with units.write() as unit:
        passkeys.rename(unit, caller, passkey_id, "Phone")
    with units.read() as unit:
        assert [row.name for row in passkeys.view_passkeys(unit, caller.account_id).passkeys] == ["Phone"]


def test_a_name_is_given_once(units: Units, caller: Actor, phone: Authenticator) -> None:
    other = add(units, caller, Authenticator())
    with units.read() as unit:
        first = stored.passkeys_of(unit, caller.account_id)[0]

    with units.write() as unit, pytest.raises(DomainError, match="name_taken"):
        passkeys.rename(unit, caller, first.id, other.upper())


def test_an_ip_address_has_no_passkeys(sqlite_units: Units) -> None:
    caller = logged_in_actor(sqlite_units)
    sqlite_units.settings = sqlite_units.settings.model_copy(update={"passkey_domain": ""})

    with sqlite_units.write() as unit, pytest.raises(DomainError, match="no_domain"):
        prompts.for_new_passkey(unit, caller)
    with sqlite_units.read() as unit:
        assert not passkeys.view_passkeys(unit, caller.account_id).offered


def test_password_managers_are_told_of_every_passkey(units: Units, caller: Actor, phone: Authenticator) -> None:
    """One that is missing there may be hidden for good."""
    other = Authenticator()
    add(units, caller, other)

    with units.read() as unit:
        accepted, details = json.loads(passkeys.view_passkeys(unit, caller.account_id).signals)

    assert accepted["allAcceptedCredentialIDs"] == [encode(phone.credential_id), encode(other.credential_id)]
    assert accepted["userID"] == details["userID"] == encode(phone.handle)
    assert details["userName"] == details["userDisplayName"] == EMAIL


def test_password_managers_are_told_of_a_passkey_that_was_removed(
    units: Units, caller: Actor, phone: Authenticator
) -> None:
    other = Authenticator()
    add(units, caller, other)
    late = other.use(ask(units))
    with units.write() as unit:
        removed = stored.find(unit, caller.account_id, other.credential_id)
        assert removed
        passkeys.remove(unit, caller, removed.id)
    with pytest.raises(answers.RemovedPasskey, match=answers.REFUSED) as unknown:
        log_in(units, late)
    with pytest.raises(RecordedRefusal, match=answers.REFUSED) as spent:
        log_in(units, late)

    (told,) = json.loads(unknown.value.signals)
    assert told["signalName"] == "unknownCredential"
    assert told["credentialID"] == encode(other.credential_id)
    assert not isinstance(spent.value, answers.RemovedPasskey), "its challenge was used up: nothing was looked at"
    assert log_in(units, phone.use(ask(units)))


def test_password_managers_hear_nothing_of_a_passkey_whose_account_is_elsewhere(units: Units) -> None:
    """It may be a sister site's, or the wrong database is open: the passkey must stay in its browser."""
    with pytest.raises(RecordedRefusal, match=answers.REFUSED) as refusal:
        log_in(units, Authenticator(handle=secrets.token_bytes(64)).use(ask(units)))

    assert not isinstance(refusal.value, answers.RemovedPasskey)


def test_the_list_says_where_a_passkey_was_used_last(units: Units, caller: Actor, phone: Authenticator) -> None:
    with units.read() as unit:
        assert passkeys.view_passkeys(unit, caller.account_id).passkeys[0].last_used == ""
    origin = Origin(address="198.51.100.9", browser="Safari", system="macOS")

    log_in(units, phone.use(ask(units)), visitor_of(origin=origin))

    with units.read() as unit:
        shown = passkeys.view_passkeys(unit, caller.account_id).passkeys[0]
    assert (shown.where, bool(shown.last_used)) == ("Safari on macOS, 198.51.100.9", True)


def test_others_die_with_the_first_passkey_and_with_the_last(units: Units, caller: Actor) -> None:
    """They were opened by a password alone, or by what is no longer asked for. A passkey more or less ends none."""

    def live(session: Actor) -> bool:
        with units.read() as unit:
            return session.session_id in {row.id for row in sessions.live_sessions(unit, caller.account_id)}

    def remove_oldest() -> None:
        with units.write() as unit:
            passkeys.remove(unit, caller, stored.passkeys_of(unit, caller.account_id)[0].id)

    def ends_others(act: Callable[[], object]) -> bool:
        with units.write() as unit:
            other = actor_of(unit, make_session(unit, caller.account_id, browser_digest=OTHER_BROWSER))
        act()
        assert live(caller)
        return not live(other)

    assert ends_others(lambda: add(units, caller, Authenticator()))
    assert not ends_others(lambda: add(units, caller, Authenticator()))
    assert not ends_others(remove_oldest)
    assert ends_others(remove_oldest)


# Everything else that may refuse a login


def test_ip_paths_passkey(units: Units, caller: Actor, phone: Authenticator) -> None:
    """IP restriction holds for a passkey, and its owner hears of it."""
    with units.write() as unit:
        rule_list.add_rule(unit, caller, parse("192.0.2.0/24"), "")
        restriction.switch(unit, caller, True, confirmed=True)
    elsewhere = visitor_of(origin=Origin(address="203.0.113.9", browser="Firefox", system="Linux"))

    with pytest.raises(RecordedRefusal, match="ip_restriction"):
        log_in(units, phone.use(ask(units, elsewhere)), elsewhere)
    assert "login_blocked" not in [event for event, _ in mailed(units)]  # nobody has given the password
    with units.read() as unit:
        assert "Right passkey" in view_newest(unit, caller.account_id).entries[0].how
        assert stored.passkeys_of(unit, caller.account_id)[0].last_used_at is None, "it opened nothing"
    assert log_in(units, phone.use(ask(units)))
    with units.read() as unit:
        assert stored.passkeys_of(unit, caller.account_id)[0].last_used_at is not None


def test_a_block_after_wrong_codes_holds_for_a_passkey(units: Units, caller: Actor, phone: Authenticator) -> None:
    with units.write() as unit:
        unit.session.add(SecondFactorLockout(account_id=caller.account_id, locked_at=unit.now, times=1))

    with pytest.raises(RecordedRefusal, match=answers.REFUSED):
        log_in(units, phone.use(ask(units)))
    with units.write() as unit:
        unit.session.delete(unit.session.get_one(SecondFactorLockout, caller.account_id))
    assert log_in(units, phone.use(ask(units)))


def test_the_operator_and_the_link_to_the_old_address_take_passkeys_away(
    units: Units, caller: Actor, clock: FakeClock
) -> None:
    own, thiefs = Authenticator(), Authenticator()
    add(units, caller, own)
    clock.advance(days=1)
    since = clock()
    add(units, caller, thiefs)

    with units.write() as unit:
        unit.record(EmailRestored(account_id=caller.account_id, at=unit.now, since=since))
    with pytest.raises(RecordedRefusal):
        log_in(units, thiefs.use(ask(units)))
    assert log_in(units, own.use(ask(units)))

    with units.write() as unit:
        unit.record(AccountUnlocked(account_id=caller.account_id, at=unit.now))
    assert log_in(units, own.use(ask(units)))
    with units.write() as unit:
        unit.record(AccountUnlocked(account_id=caller.account_id, at=unit.now, without_second_factor=True))
    assert count(units, Passkey) == 0
    with units.read() as unit:
        assert not second_factor.enrolled(unit, caller.account_id)


@pytest.mark.parametrize("way", ["login", "second step", "proof"])
def test_a_passkey_clears_wrong_codes_of_its_browser_alone(
    units: Units, caller: Actor, phone: Authenticator, way: str
) -> None:
    """Else those of years add up, and block the owner in the end."""
    for browser in (BROWSER, OTHER_BROWSER):
        with units.write() as unit, pytest.raises(RecordedRefusal, match="wrong"):
            second_factor.check_code(unit, caller.account_id, "000000", visitor_of(browser))
    assert count(units, FailedCodeCount) == 2

    with units.write() as unit:
        pending_logins.begin(unit, caller.account_id, visitor_of(), remember=False, return_to=SECURITY)
    with units.write() as unit:
        if way == "login":
            use.log_in(unit, visitor_of(), phone.use(prompts.for_login(unit, visitor_of())), SECURITY)
        elif way == "second step":
            use.finish_login(unit, visitor_of(), phone.use(use.ask_after_password(unit, visitor_of())))
        else:
            options = prompts.for_account(unit, caller, "step_up", caller.account_id)
            use.prove_again(unit, caller, phone.use(options), SECURITY)

    with units.read() as unit:
        assert [row.browser_digest for row in unit.session.exec(select(FailedCodeCount))] == [OTHER_BROWSER]


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("key", ["undo.text", "mail.email_restored.effect"])
def test_the_link_to_the_old_address_says_that_it_takes_passkeys_away(language: str, key: str) -> None:
    assert text(language, "passkeys.title").lower() in text(language, key).lower()


def test_backup_codes_go_with_the_last_second_factor_and_not_before(
    units: Units, caller: Actor, phone: Authenticator
) -> None:
    add(units, caller, Authenticator())
    with units.write() as unit:
        backup_code_sets.make(unit, caller)

    for left in (10, 0):
        with units.write() as unit:
            passkeys.remove(unit, caller, stored.passkeys_of(unit, caller.account_id)[0].id)
        with units.read() as unit:
            assert backup_code_use.codes_left(unit, caller.account_id) == left


def test_devices_that_go_leave_two_factor_authentication_on_beside_a_passkey(
    units: Units, caller: Actor, phone: Authenticator
) -> None:
    with units.write() as unit:
        backup_code_sets.make(unit, caller)
    with units.write() as unit:
        row = TotpAuthenticator(account_id=caller.account_id, name="Phone", sealed=b"", last_step=0, added_at=unit.now)
        unit.session.add(row)

    with units.write() as unit:
        authenticators.remove_since(
            unit, EmailRestored(account_id=caller.account_id, at=unit.now, since=unit.now - timedelta(hours=1))
        )

    with units.read() as unit:
        assert second_factor.enrolled(unit, caller.account_id)
        assert backup_code_use.codes_left(unit, caller.account_id) == 10
    assert "Device removed" in last_mail(units, "two_factor_changed").subject


@pytest.mark.parametrize("everything", [True, False])
def test_the_application_goes_without_a_code_where_a_passkey_stays(
    units: Units, caller: Actor, phone: Authenticator, everything: bool
) -> None:
    """A fresh proof is enough, and a passkey is one. Without a passkey the application asks for a code of itself."""
    other = logged_in_actor(units, "application@example.org", browser_digest=OTHER_BROWSER)
    rows: dict[int, int] = {}
    with units.write() as unit:
        for each in (caller, other):
            row = TotpAuthenticator(account_id=each.account_id, name="P", sealed=b"", last_step=0, added_at=unit.now)
            unit.session.add(row)
            unit.session.flush()
            rows[each.account_id] = row.id

    def take_away(actor: Actor) -> None:
        with units.write() as unit:
            if everything:
                assert authenticators.disable(unit, actor, "", SECURITY)
            else:
                authenticators.remove(unit, actor, rows[actor.account_id])

    with pytest.raises(DomainError, match=r"form\.code|totp\.last"):
        take_away(other)
    take_away(caller)

    with units.read() as unit:
        assert authenticators.view_authenticators(unit, caller.account_id).authenticators == ()
        assert authenticators.view_authenticators(unit, caller.account_id).beside
        assert second_factor.enrolled(unit, caller.account_id)
        assert len(authenticators.view_authenticators(unit, other.account_id).authenticators) == 1
