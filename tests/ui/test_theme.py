"""The tokens: both themes complete, and readable (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re

import pytest

from netim_app.ui.theme import DARK, LIGHT, ThemePlugin, stylesheet

TEXT, SHAPE = 4.5, 3.0
BACKGROUNDS = ("canvas", "surface", "sunken")
PAIRS = [
    *[(ink, ground, TEXT) for ink in ("ink", "muted", "accent", "danger") for ground in BACKGROUNDS],
    *[(tone, f"{tone}-soft", TEXT) for tone in ("accent", "success", "warning", "danger")],
    *[("ink", f"{tone}-soft", TEXT) for tone in ("accent", "success", "warning", "danger")],
    *[(tone, "surface", TEXT) for tone in ("success", "warning")],
    *[("on-accent", ground, TEXT) for ground in ("accent", "accent-strong")],
    *[("on-danger", ground, TEXT) for ground in ("danger", "danger-strong")],
    *[("edge", ground, SHAPE) for ground in ("canvas", "surface")],
    ("surface", "edge", SHAPE),  # the thumb of a switch that is off
]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_colours_that_meet_have_enough_contrast(theme: dict[str, str], front: str, back: str, least: float) -> None:
    dim, bright = sorted((luminance(theme[front]), luminance(theme[back])))
    assert (bright + 0.05) / (dim + 0.05) >= least


def test_both_themes_define_the_same_colours() -> None:
    assert LIGHT.keys() == DARK.keys()


def test_dark_follows_the_system_until_light_is_chosen_and_can_be_chosen_itself() -> None:
    css = stylesheet()
    system = re.search(r"@media \(prefers-color-scheme: dark\) \{ :root:not\(\.light\) \{ (.*?) \} \}", css)
    chosen = re.search(r":root\.dark \{ (.*?) \}", css)
    assert system
    assert chosen
    assert system[1] == chosen[1]
    assert f"--color-ink: {DARK['ink']};" in chosen[1]


def test_motion_stops_for_those_who_ask_for_it() -> None:
    assert "prefers-reduced-motion: reduce" in stylesheet()


def test_the_plugin_appends_the_tokens_to_the_style_of_tailwind() -> None:
    changes = []

    class Radix:
        enabled = False

    ThemePlugin().pre_compile(
        add_save_task=lambda *_: None,
        add_modify_task=lambda path, change: changes.append((path, change)),
        radix_themes_plugin=Radix,
        unevaluated_pages=[],
    )
    changed = dict(changes)["styles/tailwind.css"]("@import tailwind;")
    assert changed == "@import tailwind;" + stylesheet()
