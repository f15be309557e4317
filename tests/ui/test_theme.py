"""The tokens: both themes complete. tests/brand/test_brand.py has their contrast."""

import re

from netim_app.ui.theme import DARK, LIGHT, ThemePlugin, stylesheet


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
