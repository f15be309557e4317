from dataclasses import replace
from typing import Any

import reflex as rx

from netim_app.feature import Feature, Hint, Protection
from netim_app.features.gauge.view import block
from netim_app.identity.access import access_of
from netim_app.identity.state.shell import ShellState
from netim_app.offers import install, offers
from netim_app.ui.text import tr
from tests.kit.components import by_test_id, elements, handlers

HREF = "/account/connection-and-security#there"


def a_feature(*protections: str, hints: tuple[str, ...] = (), press: Any = None) -> Feature:
    return Feature(
        name="offering",
        protections=[
            Protection(
                key=key, points=20, active=lambda _u, _a: False, changed_by=(), href=f"{HREF}-{key}", press=press
            )
            for key in protections
        ],
        hints=[
            Hint(key=key, applies=lambda _u, _a: True, changed_by=(), href=f"{HREF}-{key}", press=press)
            for key in hints
        ],
    )


def test_each_protection_has_its_title_its_gain_and_a_way_to_it() -> None:
    install([a_feature("totp", "password")])

    shown = block(tr("page.security"))

    assert items(shown) == ["gauge-totp", "gauge-password"]
    for key, title in (("totp", "Two-factor authentication"), ("password", "Password")):
        item = by_test_id(shown, f"gauge-{key}")
        assert f'gains_rx_state_?.["{key}"]' in str(item)
        assert title in str(item)
        # It stands out when it is the next step, and is a link in the text otherwise.
        assert [f'href:"{HREF}-{key}"' in str(way) for way in elements(item, "a")] == [True, True]


def test_a_protection_that_can_be_acted_on_at_once_has_a_button_that_does_it() -> None:
    install([a_feature("totp", hints=("backup_codes",), press=ShellState.close_notice)])

    shown = block(tr("page.security"))

    assert elements(shown, "a") == []
    assert handlers(shown, "on_click") == ["ShellState.close_notice"] * 3  # next step, other step, hint


def items(shown: rx.Component) -> list[str]:
    """The test ids of the protections."""
    return [item.custom_attrs["data-testid"] for item in elements(shown, "li") if item.custom_attrs]


def handler_of(press: Any) -> Any:
    return getattr(press, "handler", press)


def test_each_action_of_the_product_is_an_event_that_the_gate_knows() -> None:
    offered = [*offers().protections, *offers().hints]
    unmarked = [step.key for step in offered if step.press and access_of(handler_of(step.press).fn) is None]

    assert unmarked == []


def test_the_compact_block_leaves_out_what_is_done_and_how_it_counts() -> None:
    install([a_feature("totp", "password")])

    whole, compact = block(tr("page.security")), block(tr("page.security"), compact=True)

    assert items(compact) == items(whole) == ["gauge-totp", "gauge-password"]
    assert [elements(shown, "details") != [] for shown in (whole, compact)] == [True, False]
    for state in ("done", "extra"):
        assert [f"*:data-[{state}=true]:hidden" in str(shown) for shown in (whole, compact)] == [False, True]


def test_how_it_counts_lists_the_points_and_what_shares_them() -> None:
    feature = a_feature("totp", "password", "login_alerts")
    totp, password, alerts = feature.protections
    other_way = replace(alerts, points=30, counts_as="totp")
    install([replace(feature, protections=(replace(totp, counts_as="totp"), password, other_way))])

    (how,) = elements(block(tr("page.security")), "details")

    lines = [str(line) for line in elements(how, "li")]
    assert len(lines) == 2
    for words in ("Two-factor authentication", "Email alerts", "(30)"):
        assert words in lines[0]
    assert "Password" in lines[1]
    assert "(20)" in lines[1]


def test_what_is_extra_says_so_and_is_no_next_step() -> None:
    install([a_feature("totp")])

    item = by_test_id(block(tr("page.security")), "gauge-totp")

    assert str(item).count('"Extra"') == 1
    for name in ("data-extra", "data-next"):
        assert 'gains_rx_state_?.["totp"] > 0' in str(item.custom_attrs[name])


def test_a_hint_is_shown_only_while_it_applies_and_has_no_points() -> None:
    install([a_feature(hints=("backup_codes",))])

    shown = block(tr("page.security"))

    hint = str(by_test_id(shown, "hint-backup_codes"))
    assert f'href:"{HREF}-backup_codes"' in hint
    assert "points" not in hint
    assert elements(shown, "li") == []
    assert 'hints_rx_state_.includes("backup_codes")' in str(shown).partition('"hint-backup_codes"')[0]
