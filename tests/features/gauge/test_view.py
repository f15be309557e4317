from netim_app import feature
from netim_app.feature import Feature, Hint, Protection
from netim_app.features.gauge.view import block
from netim_app.ui.text import tr
from tests.kit.components import by_test_id, elements

HREF = "/account/connection-and-security#there"


def a_feature(*protections: tuple[str, int], hints: tuple[str, ...] = ()) -> Feature:
    return Feature(
        name="offering",
        protections=[
            Protection(key=key, weight=weight, active=lambda _u, _a: False, changed_by=(), href=f"{HREF}-{key}")
            for key, weight in protections
        ],
        hints=[Hint(key=key, applies=lambda _u, _a: True, changed_by=(), href=f"{HREF}-{key}") for key in hints],
    )


def test_each_protection_has_its_title_its_points_and_a_way_to_it() -> None:
    feature.install([a_feature(("totp", 40), ("password", 20))])

    shown = block(tr("page.security"))

    assert [item.custom_attrs["data-testid"] for item in elements(shown, "li")] == ["gauge-totp", "gauge-password"]
    for key, points, title in (("totp", 40, "Two-factor authentication"), ("password", 20, "Password")):
        item = by_test_id(shown, f"gauge-{key}")
        assert f"({points})" in str(item)
        assert title in str(item)
        # A button when it is the next step, a link otherwise.
        assert [f'href:"{HREF}-{key}"' in str(way) for way in elements(item, "a")] == [True, True]


def test_a_hint_is_shown_only_while_it_applies_and_has_no_points() -> None:
    feature.install([a_feature(hints=("backup_codes",))])

    shown = block(tr("page.security"))

    hint = str(by_test_id(shown, "hint-backup_codes"))
    assert f'href:"{HREF}-backup_codes"' in hint
    assert "points" not in hint
    assert elements(shown, "li") == []
    assert 'hints_rx_state_.includes("backup_codes")' in str(shown).partition('"hint-backup_codes"')[0]
