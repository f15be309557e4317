from datetime import timedelta

from sqlmodel import col, select

from netim_app.core.actor import Actor
from netim_app.features.login_alerts import service
from netim_app.features.login_alerts.facts import AlertsSwitched
from netim_app.features.login_alerts.service import AlertSetting
from netim_app.features.login_alerts.tables import LoginAlert
from netim_app.identity import accounts, flows, notices, sessions, tickets
from netim_app.identity.facts import LoggedIn, LoginBlocked
from netim_app.infra.tables import OutboxMessage
from netim_app.infra.unit_of_work import Units
from reflex_guard.tokens import digest
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    OTHER_BROWSER,
    PASSWORD,
    last_mail,
    logged_in_actor,
    mailed,
    mails,
    make_session,
    visitor_of,
)
from tests.kit.fakes import FakeClock


def switch(units: Units, caller: Actor, on: bool) -> None:
    with units.write() as unit:
        service.switch_alerts(unit, caller, on)


def view(units: Units, account_id: int) -> AlertSetting:
    with units.read() as unit:
        return service.view_setting(unit, account_id)


def login_again(units: Units, account_id: int, device: str = OTHER_BROWSER) -> None:
    with units.write() as unit:
        make_session(unit, account_id, device=device)


def test_alerts_are_off_until_they_are_switched_on(units: Units) -> None:
    caller = logged_in_actor(units)
    assert view(units, caller.account_id) == AlertSetting(on=False)

    switch(units, caller, True)

    assert view(units, caller.account_id) == AlertSetting(on=True, since="1 Mar 2026")
    with units.read() as unit:
        assert service.alerts_on(unit, caller.account_id)


def test_the_date_is_that_of_the_customers_own_clock_and_language(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units, language="fr", time_zone="Asia/Tokyo")
    clock.advance(hours=6)  # 18:00 UTC: the next day in Tokyo

    switch(units, caller, True)

    assert view(units, caller.account_id).since == "2 mars 2026"


def test_each_customer_has_a_switch_of_their_own(units: Units) -> None:
    caller, other = logged_in_actor(units), logged_in_actor(units, "bob@example.org")

    switch(units, caller, True)
    login_again(units, other.account_id, other.browser_digest)

    assert not view(units, other.account_id).on
    assert mailed(units) == []


def test_a_login_in_a_new_browser_is_mailed_always(units: Units) -> None:
    """The first one aside: until then nobody has used the account."""
    caller = logged_in_actor(units)
    login_again(units, caller.account_id, caller.browser_digest)
    assert mailed(units) == []

    login_again(units, caller.account_id, OTHER_BROWSER)

    assert mailed(units) == [("logged_in", EMAIL)]
    assert "from a new device" in last_mail(units, "logged_in").text
    login_again(units, caller.account_id, OTHER_BROWSER)
    assert len(mailed(units)) == 1


def test_a_login_is_mailed_while_alerts_are_on(units: Units) -> None:
    caller = logged_in_actor(units, device=OTHER_BROWSER)
    login_again(units, caller.account_id)
    assert mailed(units) == []
    switch(units, caller, True)

    login_again(units, caller.account_id)

    assert mailed(units) == [("logged_in", EMAIL)]
    text = last_mail(units, "logged_in").text
    for fact in ("192.0.2.7", "Firefox", "Linux", "1 Mar 2026"):
        assert fact in text


async def test_a_refused_login_is_never_mailed(units: Units) -> None:
    import pytest

    from netim_app.core.errors import DomainError
    from netim_app.feature import Feature, LoginPolicy
    from netim_app.offers import install, offers

    caller = logged_in_actor(units)
    switch(units, caller, True)
    with pytest.raises(DomainError):
        await flows.log_in(visitor_of(), EMAIL, "wrong", remember=False, return_to=sessions.HOME)
    gate = LoginPolicy(name="ip", refusal=lambda _u, _a, _o: "login.reason.refused")
    install((*offers().features, Feature(name="ip", login_policies=(gate,))))
    with pytest.raises(DomainError):
        await flows.log_in(visitor_of(), EMAIL, PASSWORD, remember=False, return_to=sessions.HOME)
    with units.write() as unit:
        unit.record(LoginBlocked(account_id=caller.account_id, at=unit.now, reason="x"))

    assert mailed(units) == []


async def test_a_ticket_that_nobody_redeems_is_no_login(units: Units) -> None:
    caller = logged_in_actor(units)
    switch(units, caller, True)

    await flows.log_in(visitor_of(), EMAIL, PASSWORD, remember=False, return_to=sessions.HOME)

    assert mailed(units) == []


def test_a_step_up_is_no_login(units: Units) -> None:
    caller = logged_in_actor(units)
    switch(units, caller, True)

    with units.write() as unit:
        ticket = tickets.renewal_ticket(unit, caller, return_to="/")
        assert tickets.redeem_ticket(unit, ticket, caller.browser_digest, HERE) is not None

    assert mailed(units) == []


def test_switching_alerts_off_is_always_told(units: Units) -> None:
    caller = logged_in_actor(units)
    switch(units, caller, True)
    assert mailed(units) == []

    switch(units, caller, False)

    assert mailed(units) == [("alerts_off", EMAIL)]
    assert view(units, caller.account_id) == AlertSetting(on=False)
    login_again(units, caller.account_id, caller.browser_digest)
    assert mailed(units) == [("alerts_off", EMAIL)]


def test_switching_twice_changes_nothing_and_tells_nobody(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    switch(units, caller, False)
    switch(units, caller, True)
    with units.read() as unit:
        revision = accounts.view_shell(unit, caller.account_id).revision
    clock.advance(days=40)

    switch(units, caller, True)

    assert view(units, caller.account_id).since == "1 Mar 2026"
    with units.read() as unit:
        assert accounts.view_shell(unit, caller.account_id).revision == revision
    switch(units, caller, False)
    switch(units, caller, False)
    assert mailed(units) == [("alerts_off", EMAIL)]


def test_the_setting_dies_with_the_account(units: Units) -> None:
    from netim_app.identity.tables import Account

    caller = logged_in_actor(units)
    switch(units, caller, True)

    with units.write() as unit:
        unit.session.delete(unit.session.get_one(Account, caller.account_id))
    with units.read() as unit:
        assert unit.session.get(LoginAlert, caller.account_id) is None


def test_the_facts_stand_for_what_happened(units: Units) -> None:
    from netim_app.core.facts import Fact
    from netim_app.feature import Feature, Subscription
    from netim_app.offers import install, offers

    heard: list[Fact] = []
    listener = Feature(name="x", subscriptions=(Subscription(fact=Fact, handle=lambda _u, f: heard.append(f)),))
    install((*offers().features, listener))
    caller = logged_in_actor(units)

    switch(units, caller, True)
    switch(units, caller, False)

    assert isinstance(heard[1], LoggedIn)
    assert heard[2:] == [
        AlertsSwitched(account_id=caller.account_id, at=units.clock(), origin=HERE, on=on) for on in (True, False)
    ]


# Many in a row


def login_often(units: Units, account_id: int, times: int, device: str = OTHER_BROWSER) -> None:
    for _ in range(times):
        login_again(units, account_id, device)


def test_alert_flood_is_told_in_a_few_mails(units: Units, clock: FakeClock) -> None:
    """The first logins one by one, the others together, with their number and where they are listed."""
    caller = logged_in_actor(units)
    switch(units, caller, True)
    login_often(units, caller.account_id, 58, BROWSER)
    assert mailed(units) == [("logged_in", EMAIL)] * 5

    clock.advance(minutes=15)
    assert mailed(units) == [("logged_in", EMAIL)] * 5 + [("more_notices", EMAIL)]
    mail = last_mail(units, "more_notices")
    assert mail.subject == "53 more alerts about your Netim Direct account"
    assert "“New login from a device you have used before”" in mail.text
    assert "connection-and-security#recent-activity" in mail.text
    assert "1 Mar 2026" in mail.text

    login_often(units, caller.account_id, 2, BROWSER)
    clock.advance(minutes=15)
    assert mailed(units)[6:] == [("more_notices", EMAIL)]
    assert last_mail(units, "more_notices").subject.startswith("2 more alerts")

    login_often(units, caller.account_id, 1, BROWSER)
    clock.advance(minutes=15)
    mail = last_mail(units, "more_notices")
    assert mail.subject == "1 more alert about your Netim Direct account"
    assert "1 more alert of this kind: “New login" in mail.text


def test_a_request_to_tell_of_alerts_lives_for_a_day(units: Units, clock: FakeClock) -> None:
    """Where no sender has answered it in time, the alerts behind it are asked to be told anew."""
    caller = logged_in_actor(units)
    switch(units, caller, True)
    for _ in range(2):
        login_often(units, caller.account_id, 8, BROWSER)
        clock.advance(days=1)
    with units.read() as unit:
        requests = unit.session.exec(
            select(OutboxMessage).where(col(OutboxMessage.event) == notices.MORE_NOTICES_REQUEST)
        ).all()
    ends = [request.expires_at - request.created_at for request in requests if request.expires_at]
    assert ends == [timedelta(days=1)] * 2


def test_alert_flood_of_one_kind_hides_no_other(units: Units, clock: FakeClock) -> None:
    """A new device is told at once, and so is all else that matters; an hour later each login is told again."""
    caller = logged_in_actor(units)
    other = logged_in_actor(units, "bob@example.org")
    for one in (caller, other):
        switch(units, one, True)
    login_often(units, caller.account_id, 20, BROWSER)
    before = len(mailed(units))

    login_again(units, caller.account_id, digest("a device of a thief"))
    login_again(units, other.account_id)
    switch(units, caller, False)
    assert mailed(units)[before:] == [
        ("logged_in", EMAIL), ("logged_in", "bob@example.org"), ("alerts_off", EMAIL)
    ]  # fmt: skip

    switch(units, caller, True)
    clock.advance(hours=1)
    login_again(units, caller.account_id, BROWSER)
    assert mailed(units)[-1] == ("more_notices", EMAIL)
    with units.read() as unit:
        assert [mail.event for mail in mails(unit)].count("logged_in") == 8, "five, the thief's, bob's, and this one"
