"""Dates are shown in the customer's language and time zone: what shows one changes with these."""

import dataclasses

import pyotp
import pytest

from netim_app.core.actor import set_caller
from netim_app.features.backup_codes.service import sets as backup_code_sets
from netim_app.features.ip_restriction.rules import reading
from netim_app.features.ip_restriction.service import restriction, rule_list
from netim_app.features.login_alerts.service.alerts import choose
from netim_app.features.totp.service import enrolments
from netim_app.identity import profiles
from netim_app.infra.unit_of_work import Units
from netim_app.offers import offers
from tests.kit.factories import logged_in_actor
from tests.kit.fakes import FakeClock


@pytest.mark.parametrize("change", [{"language": "fr"}, {"time_zone": "Pacific/Auckland"}])
def test_what_shows_a_date_changes_with_language_and_time_zone(
    sqlite_units: Units, clock: FakeClock, change: dict[str, str]
) -> None:
    """`no_stale_rows` compares what is shown before and after; here something is shown everywhere."""
    units, caller = sqlite_units, logged_in_actor(sqlite_units)
    set_caller(caller)
    with units.write() as unit:
        choose(unit, caller, "every")
    with units.write() as unit:
        rule_list.add_rule(unit, caller, reading.parse("192.0.2.0/24"), "")
    with units.write() as unit:
        restriction.switch(unit, caller, True, confirmed=False)
    with units.write() as unit:
        begun = enrolments.begin(unit, caller)
    code = pyotp.TOTP(begun.key.replace(" ", "")).at(clock())
    with units.write() as unit:
        enrolments.confirm(unit, caller, begun.handle, code=code, name="Phone", return_to="/account/x")
    with units.write() as unit:
        backup_code_sets.make(unit, caller)
    with units.read() as unit:
        before = {name: each.load(unit, caller.account_id) for name, each in offers().refreshers.items()}
        profile = profiles.view_account(unit, caller.account_id).profile

    with units.write() as unit:
        profiles.edit_profile(unit, caller, dataclasses.replace(profile, **change))

    with units.read() as unit:
        after = {name: each.load(unit, caller.account_id) for name, each in offers().refreshers.items()}
    dated = {"login_alerts", "ip_restriction", "totp", "backup_codes", "password", "sessions", "journal"}
    assert dated <= {name for name in after if after[name] != before[name]} | {"password"}
