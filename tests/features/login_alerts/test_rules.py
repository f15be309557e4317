import pytest

from netim_app.features.login_alerts import rules
from netim_app.features.login_alerts.rules import Setting


@pytest.mark.parametrize(
    ("setting", "mailed"),
    [
        ("off", [True, False, False, False]),
        ("new", [True, True, False, False]),
        ("every", [True, True, True, True]),
    ],
)
def test_a_setting_mails_what_the_one_before_does_and_more(setting: Setting, mailed: list[bool]) -> None:
    cases = [(True, False), (True, True), (False, False), (False, True)]
    assert mailed == [rules.is_mailed(setting, new_browser=new, with_code=code) for new, code in cases]


def test_a_setting_is_lower_than_those_behind_it() -> None:
    lower = {(one, other) for one in rules.SETTINGS for other in rules.SETTINGS if rules.is_lower(one, other)}
    assert lower == {("off", "new"), ("off", "every"), ("new", "every")}


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("ada.lovelace@example.org", "a…@example.org"),
        ("a@example.org", "a…@example.org"),
        ('"a@b"@bücher.fr', '"…@bücher.fr'),
    ],
)
def test_a_copy_names_an_account_without_its_whole_address(email: str, shown: str) -> None:
    assert rules.masked(email) == shown
