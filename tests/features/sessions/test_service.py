import pytest

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Fact, Origin
from netim_app.feature import Feature, Subscription
from netim_app.features.sessions import service
from netim_app.features.sessions.service import Session
from netim_app.identity import sessions, tickets
from netim_app.identity.facts import OtherSessionsRevoked
from netim_app.identity.tables import KnownBrowser
from netim_app.infra.unit_of_work import Units
from netim_app.offers import install, offers
from reflex_guard.tokens import digest
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    OTHER_BROWSER,
    Browser,
    actor_of,
    last_mail,
    logged_in_actor,
    mailed,
    make_session,
)
from tests.kit.fakes import FakeClock

PHONE = Origin(address="2001:db8::42", browser="Safari 18", system="iOS")


def other(units: Units, account_id: int, browser_digest: str = OTHER_BROWSER, origin: Origin = PHONE) -> Browser:
    with units.write() as unit:
        return make_session(unit, account_id, browser_digest=browser_digest, origin=origin)


def id_of(units: Units, browser: Browser) -> int:
    with units.read() as unit:
        return actor_of(unit, browser).session_id


def is_open(units: Units, browser: Browser) -> bool:
    with units.read() as unit:
        return sessions.look_up(unit, browser.digest, browser.browser_digest, HERE).actor is not None


def view(units: Units, account_id: int) -> tuple[Session, ...]:
    with units.read() as unit:
        return service.view_sessions(unit, account_id)


def end(units: Units, caller: Actor, session_id: int) -> None:
    with units.write() as unit:
        service.end_other(unit, caller, session_id)


def end_all(units: Units, caller: Actor) -> None:
    with units.write() as unit:
        service.end_all_others(unit, caller)


def test_the_list_says_in_words_who_where_and_when(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    clock.advance(minutes=5)
    phone = other(units, caller.account_id)
    clock.advance(minutes=20)

    first, second = view(units, caller.account_id)

    assert (first.client, first.address) == ("Safari 18 on iOS", "2001:db8::42")
    assert (first.logged_in, first.active) == ("20 minutes ago", "20 minutes ago")
    assert (second.client, second.logged_in) == ("Firefox on Linux", "25 minutes ago")
    assert second.logged_in_at == "1 Mar 2026, 13:00 (UTC+1)"
    with units.write() as unit:
        sessions.mark_seen(unit, first.id)
    assert view(units, caller.account_id)[0].active == "just now"
    assert id_of(units, phone) == first.id


def test_the_list_speaks_the_customers_language_and_knows_what_is_unknown(units: Units) -> None:
    caller = logged_in_actor(units, language="fr")
    other(units, caller.account_id, origin=Origin())

    rows = {row.client: row for row in view(units, caller.account_id)}

    assert set(rows) == {"Firefox sous Linux", "Navigateur inconnu"}
    assert rows["Navigateur inconnu"].address == "-"
    assert rows["Firefox sous Linux"].logged_in == "à l’instant"


def test_what_is_over_is_not_in_the_list(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    idle = other(units, caller.account_id)
    with units.write() as unit:
        remembered = make_session(unit, caller.account_id, browser_digest=digest("third"), remember=True)
    clock.advance(minutes=29)
    with units.write() as unit:
        sessions.mark_seen(unit, caller.session_id)
    clock.advance(minutes=2)

    listed = [row.id for row in view(units, caller.account_id)]

    assert listed == [caller.session_id, id_of(units, remembered)]
    assert not is_open(units, idle)
    clock.advance(days=30)
    assert view(units, caller.account_id) == ()


def test_one_other_session_ends_and_is_mailed_once(units: Units) -> None:
    heard: list[Fact] = []
    listener = Feature(name="x", subscriptions=(Subscription(fact=Fact, handle=lambda _u, f: heard.append(f)),))
    caller = logged_in_actor(units)
    phone, tablet = other(units, caller.account_id), other(units, caller.account_id, digest("third"))
    install((*offers().features, listener))
    phone_id, before = id_of(units, phone), len(mailed(units))

    end(units, caller, phone_id)

    assert not is_open(units, phone)
    assert is_open(units, tablet)
    assert [row.id for row in view(units, caller.account_id)] == [id_of(units, tablet), caller.session_id]
    assert heard == [
        OtherSessionsRevoked(account_id=caller.account_id, at=units.clock(), origin=HERE, count=1, session_id=phone_id)
    ]
    assert mailed(units)[before:] == [("other_sessions_revoked", EMAIL)]
    text = last_mail(units, "other_sessions_revoked").text
    assert "Safari 18 on iOS (2001:db8::42) was logged out" in text
    assert HERE.address in text
    with pytest.raises(DomainError, match="gone"):
        end(units, caller, phone_id)
    assert len(mailed(units)) == before + 1


def test_all_others_end_and_are_mailed_once(units: Units) -> None:
    caller, stranger = logged_in_actor(units), logged_in_actor(units, "bob@example.org")
    others = [other(units, caller.account_id, digest(f"device {n}")) for n in range(3)]
    with units.write() as unit:
        on_its_way = tickets.issue_ticket(
            unit, purpose="login", account_id=caller.account_id, browser_digest=OTHER_BROWSER
        )
    before = len(mailed(units))

    end_all(units, caller)

    assert [is_open(units, browser) for browser in others] == [False] * 3
    assert [row.id for row in view(units, caller.account_id)] == [caller.session_id]
    assert [row.id for row in view(units, stranger.account_id)] == [stranger.session_id]
    with units.write() as unit:
        assert tickets.redeem_ticket(unit, on_its_way, OTHER_BROWSER, PHONE) is None
    assert mailed(units)[before:] == [("other_sessions_revoked", EMAIL)]
    assert "All your other browsers" in last_mail(units, "other_sessions_revoked").text

    end_all(units, caller)

    assert len(mailed(units)) == before + 1, "nobody was logged in elsewhere: nothing to tell"


def test_idor_of_what_is_not_another_open_session_of_the_customer_nothing_is_ended(units: Units) -> None:
    caller, stranger = logged_in_actor(units), logged_in_actor(units, "bob@example.org")
    refusals = set()

    for session_id in (stranger.session_id, caller.session_id, 0, -1, 2**31 - 1):
        with pytest.raises(DomainError) as refused:
            end(units, caller, session_id)
        refusals.add((refused.value.key, refused.value.field, *refused.value.params))

    assert refusals == {("sessions.gone", "")}
    assert [row.id for row in view(units, stranger.account_id)] == [stranger.session_id]
    assert [row.id for row in view(units, caller.account_id)] == [caller.session_id]
    assert mailed(units) == []


def test_a_browser_that_was_logged_out_is_a_stranger_and_the_own_one_stays_known(units: Units) -> None:
    caller = logged_in_actor(units)
    same_browser = other(units, caller.account_id, BROWSER)
    phone, _ = other(units, caller.account_id), other(units, caller.account_id, digest("third"))

    def known() -> set[str]:
        with units.read() as unit:
            devices = (BROWSER, OTHER_BROWSER, digest("third"))
            return {
                browser_digest
                for browser_digest in devices
                if unit.session.get(KnownBrowser, (caller.account_id, browser_digest))
            }

    end(units, caller, id_of(units, same_browser))
    assert known() == {BROWSER, OTHER_BROWSER, digest("third")}
    end(units, caller, id_of(units, phone))
    assert known() == {BROWSER, digest("third")}
    end_all(units, caller)
    assert known() == {BROWSER}
