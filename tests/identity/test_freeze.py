"""While an account is frozen nothing that weakens it can be changed, by whichever way."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.features.backup_codes.service import sets as backup_code_sets
from netim_app.features.genuine_mail.service import phrase
from netim_app.features.ip_restriction.rules import reading
from netim_app.features.ip_restriction.service import batches, restriction, rule_list
from netim_app.features.login_alerts.service import alerts as login_alerts
from netim_app.features.login_alerts.service import copies
from netim_app.features.own_data.service import deletion
from netim_app.features.passkeys.service import only, passkeys, stored
from netim_app.features.totp.service import authenticators
from netim_app.features.totp.tables import TotpAuthenticator
from netim_app.identity import email_change, freeze, sign_up
from netim_app.identity.account_lock import lock_account
from netim_app.identity.facts import AccountFrozen, AccountUnlocked, PasswordChanged
from netim_app.identity.tables import AccountFreeze
from netim_app.infra.unit_of_work import UnitOfWork, Units
from tests.kit.authenticator import Authenticator
from tests.kit.factories import EMAIL, HERE, last_mail, logged_in_actor, mailed
from tests.kit.fakes import FakeClock
from tests.kit.not_me import refusal
from tests.kit.passkeys import add, switch_on

Act = Callable[[UnitOfWork, Actor], object]


def add_devices(unit: UnitOfWork, account_id: int) -> None:
    for name in ("Phone", "Tablet"):
        unit.session.add(
            TotpAuthenticator(account_id=account_id, name=name, sealed=b"", last_step=0, added_at=unit.now)
        )


@pytest.fixture
def caller(units: Units, clock: FakeClock) -> Actor:
    """The owner of an account with everything that can be weakened, all of it eight days old."""
    owner = logged_in_actor(units)
    key = Authenticator()
    add(units, owner, key)
    add(units, owner, Authenticator())
    switch_on(units, owner, key)
    with units.write() as unit:
        add_devices(unit, owner.account_id)
    with units.write() as unit:
        login_alerts.choose(unit, owner, "every")
        phrase.save(unit, owner, "blue heron")
        backup_code_sets.make(unit, owner)
        copies.ask(unit, owner, "second@example.net")
        for rule in ("192.0.2.0/24", "198.51.100.0/24"):
            rule_list.add_rule(unit, owner, reading.parse(rule), "")
        restriction.switch(unit, owner, True, confirmed=False)
    clock.advance(days=8)
    return owner


def begin(units: Units, account_id: int, *, blocks_login: bool = False) -> None:
    with units.write() as unit:
        lock_account(unit, account_id)
        freeze.begin(unit, AccountFrozen(account_id=account_id, at=unit.now, origin=HERE), blocks_login=blocks_login)


def remove_device(unit: UnitOfWork, actor: Actor) -> None:
    row = unit.session.exec(select(TotpAuthenticator).where(TotpAuthenticator.name == "Phone")).one()
    authenticators.remove(unit, actor, row.id)


def remove_passkey(unit: UnitOfWork, actor: Actor) -> None:
    only_off = stored.passkeys_of(unit, actor.account_id)
    passkeys.remove(unit, actor, only_off[0].id)


def remove_rule(unit: UnitOfWork, actor: Actor) -> None:
    rules = rule_list.view_restriction(unit, actor.account_id).rules
    rule_list.remove_rule(unit, actor, rules[-1].id, confirmed=True)


WEAKENING: dict[str, Act] = {
    "a device is removed": remove_device,
    "two-factor authentication goes off": lambda unit, actor: authenticators.disable(unit, actor, "", "/"),
    "passkeys only goes off": only.switch_off,
    "a passkey is removed": remove_passkey,
    "alerts go off": lambda unit, actor: login_alerts.choose(unit, actor, "off"),
    "alerts get fewer": lambda unit, actor: login_alerts.choose(unit, actor, "new"),
    "an address for copies is entered": lambda unit, actor: copies.ask(unit, actor, "other@example.net"),
    "an address for copies is removed": copies.remove,
    "a rule is added": lambda unit, actor: rule_list.add_rule(unit, actor, reading.parse("203.0.113.0/24"), ""),
    "rules are pasted": lambda unit, actor: batches.add_rules(unit, actor, [(reading.parse("203.0.113.0/24"), "")]),
    "a rule is removed": remove_rule,
    "IP restriction goes off": lambda unit, actor: restriction.switch(unit, actor, False, confirmed=True),
    "IP restriction goes on": lambda unit, actor: restriction.switch(unit, actor, True, confirmed=True),
    "passkeys only goes on": lambda unit, actor: only.ask(unit, actor, ""),
    "backup codes are made anew": backup_code_sets.make,
    "the phrase is changed": lambda unit, actor: phrase.save(unit, actor, "green heron"),
    "the phrase goes": phrase.remove,
    "the address is changed": lambda unit, actor: email_change.ask_email_change(unit, actor, "other@example.net"),
    "the account is deleted": lambda unit, actor: deletion.ask(unit, actor, EMAIL),
}


@pytest.mark.parametrize("what", WEAKENING)
def test_freeze_holds_against(units: Units, caller: Actor, clock: FakeClock, what: str) -> None:
    """And a day later, or on an account that is not frozen, the same is done."""
    if what in ("a passkey is removed", "passkeys only goes on"):
        with units.write() as unit:
            only.switch_off(unit, caller)
    if what == "IP restriction goes on":
        with units.write() as unit:
            restriction.switch(unit, caller, False, confirmed=True)
    begin(units, caller.account_id)
    before = mailed(units)

    def act(unit: UnitOfWork) -> object:
        return WEAKENING[what](unit, caller)

    assert refusal(units, act) == freeze.REFUSED
    assert mailed(units) == before
    clock.advance(hours=24)
    assert refusal(units, act) == ""


def test_freeze_holds_against_a_change_of_address_that_was_asked_for_before(units: Units, caller: Actor) -> None:
    """Its link is used up with the press; and were it not, the freeze itself would refuse it."""
    with units.write() as unit:
        email_change.ask_email_change(unit, caller, "other@example.net")
    token = last_mail(units, "email_change").token
    begin(units, caller.account_id)

    assert refusal(units, lambda unit: sign_up.confirm(unit, token, caller)) == freeze.REFUSED


def test_freeze_lets_its_owner_remove_what_a_thief_may_have_added(
    units: Units, caller: Actor, clock: FakeClock
) -> None:
    """From seven days before on. An older one is the owner's, and stays."""
    clock.advance(hours=-26)
    with units.write() as unit:
        rule_list.add_rule(unit, caller, reading.parse("203.0.113.7"), "")
    with units.write() as unit:
        unit.session.add(
            TotpAuthenticator(account_id=caller.account_id, name="Thief", sealed=b"", last_step=0, added_at=unit.now)
        )
    thiefs = Authenticator()
    add(units, caller, thiefs)
    clock.advance(hours=26)
    begin(units, caller.account_id)

    with units.write() as unit:
        device = unit.session.exec(select(TotpAuthenticator).where(TotpAuthenticator.name == "Thief")).one()
        authenticators.remove(unit, caller, device.id)
        passkeys.remove(unit, caller, stored.passkeys_of(unit, caller.account_id)[-1].id)
        rules = rule_list.view_restriction(unit, caller.account_id).rules
        rule_list.remove_rule(unit, caller, next(r.id for r in rules if r.text == "203.0.113.7"), confirmed=True)


def test_freeze_lets_its_owner_undo_what_a_thief_may_have_switched_on(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    key = Authenticator()
    add(units, caller, key)
    add(units, caller, Authenticator())
    switch_on(units, caller, key)
    with units.write() as unit:
        add_devices(unit, caller.account_id)
    with units.write() as unit:
        backup_code_sets.make(unit, caller)
        phrase.save(unit, caller, "blue heron")
        rule_list.add_rule(unit, caller, reading.parse(HERE.address), "")
    with units.write() as unit:
        restriction.switch(unit, caller, True, confirmed=False)
    begin(units, caller.account_id)

    with units.write() as unit:
        restriction.switch(unit, caller, False, confirmed=True)
        only.switch_off(unit, caller)
        authenticators.disable(unit, caller, "", "/")
        backup_code_sets.make(unit, caller)
        phrase.remove(unit, caller)


def test_a_frozen_account_can_be_made_safer(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    begin(units, caller.account_id)

    add(units, caller, Authenticator())
    with units.write() as unit:
        login_alerts.choose(unit, caller, "every")


def test_a_second_freeze_begins_anew_and_the_operator_ends_it(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    begin(units, caller.account_id)
    clock.advance(hours=20)
    begin(units, caller.account_id, blocks_login=True)
    clock.advance(hours=20)

    with units.write() as unit:
        row = freeze.in_force(unit, caller.account_id)
        assert row is not None
        assert row.until - row.begun_at == timedelta(hours=24)
        unit.record(AccountUnlocked(account_id=caller.account_id, at=unit.now))
        assert freeze.in_force(unit, caller.account_id) is None
        assert not freeze.blocks_login(unit, caller.account_id)


@pytest.mark.parametrize(("way", "blocked"), [("changed", True), ("reset", False)])
def test_only_the_mailbox_opens_the_login_however_long_it_takes(
    units: Units, clock: FakeClock, way: str, blocked: bool
) -> None:
    caller = logged_in_actor(units)
    begin(units, caller.account_id, blocks_login=True)
    clock.advance(days=3)
    with units.write() as unit:
        freeze.finish(unit, caller.account_id)
        freeze.purge(unit)
        assert freeze.blocks_login(unit, caller.account_id)

    with units.write() as unit:
        unit.record(PasswordChanged(account_id=caller.account_id, at=unit.now, way=way))  # type: ignore[arg-type]
    with units.write() as unit:
        assert freeze.blocks_login(unit, caller.account_id) == blocked
        freeze.purge(unit)
        assert (unit.session.get(AccountFreeze, caller.account_id) is not None) == blocked


def test_the_message_says_until_when_in_the_customers_words(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units, language="fr", time_zone="Asia/Tokyo")
    begin(units, caller.account_id)

    with units.read() as unit, pytest.raises(DomainError) as refused:
        freeze.refuse_while_frozen(unit, caller.account_id)

    assert refused.value.params == {"until": "2 mars 2026 à 21:00"}
