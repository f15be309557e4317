import pytest

from netim_app.core.facts import Origin
from netim_app.features.journal.service import recent
from netim_app.identity import operations
from netim_app.identity.facts import SupportActed
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import EMAIL, logged_in_actor, mailed

OPERATOR = Origin(browser="netim", system="operator")


def test_each_act_of_support_is_shown_and_what_changes_something_is_mailed(units: Units) -> None:
    account_id = logged_in_actor(units).account_id
    with units.write() as unit:
        operations.end_sessions(unit, account_id, OPERATOR)
        operations.disable(unit, account_id, OPERATOR)
        operations.enable(unit, account_id, OPERATOR)
        unit.record(SupportActed(account_id=account_id, at=unit.now, origin=OPERATOR, act="viewed"))

    with units.read() as unit:
        shown = {entry.what for entry in recent.view_newest(unit, account_id).entries}
    assert shown >= {
        "All sessions ended by Netim Direct", "Account closed by Netim Direct", "Account opened again by Netim Direct",
        "Account looked at by Netim Direct",
    }  # fmt: skip
    assert mailed(units)[-3:] == [("support_acted", EMAIL)] * 3


def test_a_disabled_account_gets_no_link_and_an_open_one_does(units: Units) -> None:
    account_id = logged_in_actor(units).account_id
    with units.write() as unit:
        fact = SupportActed(account_id=account_id, at=unit.now, origin=OPERATOR, act="reset_sent")
        operations.disable(unit, account_id, OPERATOR)
        assert not operations.send_reset(unit, fact)
        assert operations.enable(unit, account_id, OPERATOR)
        assert not operations.enable(unit, account_id, OPERATOR)
        assert operations.send_reset(unit, fact)

    assert [event for event, _ in mailed(units)].count("reset") == 1


@pytest.mark.parametrize(
    ("words", "count"),
    [("ada", 1), ("LOVELACE", 1), ("a lo", 1), ("ada.lovelace@ex", 1), ("%", 0), (" ", 0), ("bob", 0)],
)
def test_accounts_are_found_by_a_part_of_address_or_name(units: Units, words: str, count: int) -> None:
    logged_in_actor(units)
    with units.read() as unit:
        found, more = operations.find(unit, words)

    assert (len(found), more) == (count, False)


def test_no_more_than_twenty_are_listed(units: Units) -> None:
    for number in range(operations.MAX_FOUND + 1):
        logged_in_actor(units, f"ada{number}@example.org")
    with units.read() as unit:
        found, more = operations.find(unit, "ada")

    assert (len(found), more) == (operations.MAX_FOUND, True)


def test_support_sees_what_stands_between_the_customer_and_a_login(units: Units) -> None:
    account_id = logged_in_actor(units).account_id
    with units.write() as unit:
        operations.disable(unit, account_id)
        assert operations.state_of(unit, account_id) == {
            "disabled": True, "second_factor": False, "password_opens_it": True, "locked_out": False
        }  # fmt: skip
        assert set(operations.protections(unit, account_id)) == {"password", "totp", "login_alerts", "ip_restriction"}
