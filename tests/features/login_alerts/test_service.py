from datetime import timedelta

import pytest
from sqlmodel import col, select

from netim_app.core.actor import Actor
from netim_app.features.login_alerts.facts import AlertsSwitched
from netim_app.features.login_alerts.rules import Setting
from netim_app.features.login_alerts.service import alerts as service
from netim_app.features.login_alerts.service.alerts import AlertSetting
from netim_app.features.login_alerts.tables import LoginAlert
from netim_app.identity import (
    account_creation,
    accounts,
    flows,
    notices,
    sign_up,
    sign_up_flows,
    tickets,
)
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
    account_id_of,
    last_mail,
    logged_in_actor,
    mailed,
    mails,
    make_account,
    make_session,
    quick_hash,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.pages import PERSONAL


def choose(units: Units, caller: Actor, setting: Setting) -> Setting:
    with units.write() as unit:
        return service.choose(unit, caller, setting)


def view(units: Units, account_id: int) -> AlertSetting:
    with units.read() as unit:
        return service.view_setting(unit, account_id)


def set_quietly(units: Units, caller: Actor, setting: Setting) -> None:
    """Without the fact, so without a mail."""
    with units.write() as unit:
        unit.session.add(LoginAlert(account_id=caller.account_id, setting=setting, since=unit.now))


def log_in_with(units: Units, account_id: int, factor: str) -> None:
    """A login in a new browser."""
    with units.write() as unit:
        ticket = tickets.issue_ticket(
            unit, purpose="login", account_id=account_id, browser_digest=OTHER_BROWSER, factor=factor
        )
        assert tickets.redeem_ticket(unit, ticket, OTHER_BROWSER, HERE)


def login_again(units: Units, account_id: int, browser_digest: str = OTHER_BROWSER) -> None:
    with units.write() as unit:
        make_session(unit, account_id, browser_digest=browser_digest)


def test_alerts_are_for_new_browsers_until_something_else_is_chosen(units: Units) -> None:
    caller = logged_in_actor(units)
    assert view(units, caller.account_id) == AlertSetting("new")

    for setting, before in (("every", "new"), ("off", "every"), ("new", "off")):
        assert choose(units, caller, setting) == before
        assert view(units, caller.account_id) == AlertSetting(setting, since="1 Mar 2026")
        with units.read() as unit:
            assert service.mails_every_login(unit, caller.account_id) == (setting == "every")


def test_the_date_is_that_of_the_customers_own_clock_and_language(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units, language="fr", time_zone="Asia/Tokyo")
    clock.advance(hours=6)  # 18:00 UTC: the next day in Tokyo

    choose(units, caller, "every")

    assert view(units, caller.account_id).since == "2 mars 2026"


def test_each_customer_has_a_switch_of_their_own(units: Units) -> None:
    caller, other = logged_in_actor(units), logged_in_actor(units, "bob@example.org")

    choose(units, caller, "every")
    login_again(units, other.account_id, other.browser_digest)

    assert view(units, other.account_id).setting == "new"
    assert mailed(units) == []


@pytest.mark.parametrize("setting", ["off", "new"])
def test_a_login_in_a_new_browser_is_mailed_always(units: Units, setting: Setting) -> None:
    """The first one aside: until then nobody has used the account."""
    caller = logged_in_actor(units)
    set_quietly(units, caller, setting)
    login_again(units, caller.account_id, caller.browser_digest)
    assert mailed(units) == []

    login_again(units, caller.account_id, OTHER_BROWSER)

    assert mailed(units) == [("logged_in", EMAIL)]
    assert "from a new device" in last_mail(units, "logged_in").text
    login_again(units, caller.account_id, OTHER_BROWSER)
    assert len(mailed(units)) == 1


def test_the_first_login_of_an_account_that_was_imported_is_mailed(units: Units, clock: FakeClock) -> None:
    """It comes at any time. That of a sign-up follows its confirmation."""
    with units.write() as unit:
        account_id = make_account(unit)
    clock.advance(hours=2)

    login_again(units, account_id, OTHER_BROWSER)

    assert mailed(units) == [("logged_in", EMAIL)]


@pytest.mark.parametrize(("setting", "mailed_too"), [("off", False), ("new", True), ("every", True)])
@pytest.mark.parametrize("factor", ["totp", "backup_codes"])
def test_off_is_for_logins_with_password_and_code(
    units: Units, setting: Setting, mailed_too: bool, factor: str
) -> None:
    caller = logged_in_actor(units)
    set_quietly(units, caller, setting)

    log_in_with(units, caller.account_id, factor)

    assert mailed(units) == [("logged_in", EMAIL)] * mailed_too


@pytest.mark.parametrize("setting", ["off", "new", "every"])
@pytest.mark.parametrize("factor", ["passkey", "passkey_second"])
def test_a_passkey_in_a_new_browser_is_mailed_always(units: Units, setting: Setting, factor: str) -> None:
    """Alone, or after the password."""
    caller = logged_in_actor(units)
    set_quietly(units, caller, setting)

    log_in_with(units, caller.account_id, factor)

    assert mailed(units) == [("logged_in", EMAIL)]


async def test_the_login_after_the_confirmation_is_not_mailed(units: Units) -> None:
    """In the browser that has confirmed. Another one is a new browser."""
    customer = account_creation.NewCustomer(
        email=EMAIL, first_name="Ada", last_name="Lovelace", password="", language="en", time_zone="Europe/Paris"
    )
    with units.write() as unit:
        sign_up.sign_up(unit, customer, quick_hash(PASSWORD))
    await sign_up_flows.confirm_email(last_mail(units, "sign_up").token, PASSWORD, visitor_of())
    before = mailed(units)
    with units.read() as unit:
        account_id = account_id_of(unit, EMAIL)

    login_again(units, account_id, BROWSER)
    assert mailed(units) == before

    login_again(units, account_id, OTHER_BROWSER)
    assert mailed(units)[len(before) :] == [("logged_in", EMAIL)]


def test_every_lower_setting_is_mailed(units: Units) -> None:
    caller = logged_in_actor(units)
    for setting in ("every", "new", "off", "new", "every"):
        choose(units, caller, setting)

    assert mailed(units) == [("alerts_off", EMAIL)] * 2
    with units.read() as unit:
        assert [mail.subject for mail in mails(unit)] == [
            "Fewer email alerts for your Netim Direct account", "Email alerts are off for your Netim Direct account"
        ]  # fmt: skip


def test_a_login_is_mailed_while_alerts_are_on(units: Units) -> None:
    caller = logged_in_actor(units, browser_digest=OTHER_BROWSER)
    login_again(units, caller.account_id)
    assert mailed(units) == []
    choose(units, caller, "every")

    login_again(units, caller.account_id)

    assert mailed(units) == [("logged_in", EMAIL)]
    text = last_mail(units, "logged_in").text
    for fact in ("192.0.2.7", "Firefox", "Linux", "1 Mar 2026"):
        assert fact in text


async def test_a_refused_login_is_never_mailed(units: Units) -> None:
    from netim_app.core.errors import DomainError
    from netim_app.feature import Feature, LoginPolicy
    from netim_app.offers import install, offers

    caller = logged_in_actor(units)
    choose(units, caller, "every")
    with pytest.raises(DomainError):
        await flows.log_in(visitor_of(), EMAIL, "wrong", remember=False, return_to=PERSONAL)
    gate = LoginPolicy(name="ip", refusal=lambda _u, _a, _o: "login.reason.refused")
    install((*offers().features, Feature(name="ip", login_policies=(gate,))))
    with pytest.raises(DomainError):
        await flows.log_in(visitor_of(), EMAIL, PASSWORD, remember=False, return_to=PERSONAL)
    with units.write() as unit:
        unit.record(LoginBlocked(account_id=caller.account_id, at=unit.now, reason="x"))

    assert mailed(units) == []


async def test_a_ticket_that_nobody_redeems_is_no_login(units: Units) -> None:
    caller = logged_in_actor(units)
    choose(units, caller, "every")

    await flows.log_in(visitor_of(), EMAIL, PASSWORD, remember=False, return_to=PERSONAL)

    assert mailed(units) == []


def test_a_step_up_is_no_login(units: Units) -> None:
    caller = logged_in_actor(units)
    choose(units, caller, "every")

    with units.write() as unit:
        ticket = tickets.renewal_ticket(unit, caller, return_to="/")
        assert tickets.redeem_ticket(unit, ticket, caller.browser_digest, HERE) is not None

    assert mailed(units) == []


def test_switching_alerts_off_is_always_mailed(units: Units) -> None:
    caller = logged_in_actor(units)
    choose(units, caller, "every")
    assert mailed(units) == []

    choose(units, caller, "off")

    assert mailed(units) == [("alerts_off", EMAIL)]
    assert view(units, caller.account_id) == AlertSetting("off", since="1 Mar 2026")
    login_again(units, caller.account_id, caller.browser_digest)
    assert mailed(units) == [("alerts_off", EMAIL)]


def test_switching_twice_changes_nothing_and_tells_nobody(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    choose(units, caller, "new")
    choose(units, caller, "every")
    with units.read() as unit:
        revision = accounts.view_shell(unit, caller.account_id).revision
    clock.advance(days=40)

    choose(units, caller, "every")

    assert view(units, caller.account_id).since == "1 Mar 2026"
    with units.read() as unit:
        assert accounts.view_shell(unit, caller.account_id).revision == revision
    choose(units, caller, "off")
    choose(units, caller, "off")
    assert mailed(units) == [("alerts_off", EMAIL)]


def test_the_setting_dies_with_the_account(units: Units) -> None:
    from netim_app.identity.tables import Account

    caller = logged_in_actor(units)
    choose(units, caller, "every")

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

    choose(units, caller, "every")
    choose(units, caller, "off")

    assert isinstance(heard[1], LoggedIn)
    about = {"account_id": caller.account_id, "at": units.clock(), "origin": HERE}
    assert heard[2:] == [
        AlertsSwitched(**about, setting="every", lowered=False),
        AlertsSwitched(**about, setting="off", lowered=True),
    ]


# Many in a row


def login_often(units: Units, account_id: int, times: int, browser_digest: str = OTHER_BROWSER) -> None:
    for _ in range(times):
        login_again(units, account_id, browser_digest)


def test_alert_flood_is_a_few_mails(units: Units, clock: FakeClock) -> None:
    """The first logins one by one, the others together, with their number and where they are listed."""
    caller = logged_in_actor(units)
    choose(units, caller, "every")
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
    """Where no sender has answered it in time, the alerts behind it are asked to be mailed anew."""
    caller = logged_in_actor(units)
    choose(units, caller, "every")
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
    """A new device is mailed at once, and so is all else that matters; an hour later each login is mailed again."""
    caller = logged_in_actor(units)
    other = logged_in_actor(units, "bob@example.org")
    for one in (caller, other):
        choose(units, one, "every")
    login_often(units, caller.account_id, 20, BROWSER)
    before = len(mailed(units))

    login_again(units, caller.account_id, digest("a device of a thief"))
    login_again(units, other.account_id)
    choose(units, caller, "off")
    assert mailed(units)[before:] == [
        ("logged_in", EMAIL), ("logged_in", "bob@example.org"), ("alerts_off", EMAIL)
    ]  # fmt: skip

    choose(units, caller, "every")
    clock.advance(hours=1)
    login_again(units, caller.account_id, BROWSER)
    assert mailed(units)[-1] == ("more_notices", EMAIL)
    with units.read() as unit:
        assert [mail.event for mail in mails(unit)].count("logged_in") == 8, "five, the thief's, bob's, and this one"
