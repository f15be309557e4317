"""Texts as they are compiled into a page."""

import json
import subprocess
from typing import Any

import pytest
import reflex as rx
from reflex.utils import path_ops

from netim_app.texts import catalog
from netim_app.texts.languages import language
from netim_app.ui.text import LocaleState, tr


def test_a_text_is_compiled_in_every_language_and_follows_the_locale() -> None:
    js = '"Log out"'
    for locale in catalog.LOCALES[1:]:
        js = f'({LocaleState.locale!s} === "{locale}" ? "{catalog.text(locale, "ui.menu.log_out")}" : {js})'

    assert str(tr("ui.menu.log_out")) == js
    assert '"fr" ? "Se déconnecter"' in js


@pytest.mark.parametrize("attribute", ["placeholder", "aria_label", "title"])
def test_a_text_can_stand_in_an_attribute(attribute: str) -> None:
    markup = str(rx.el.input(**{attribute: tr("ui.menu.log_out")}))
    assert '"Se déconnecter"' in markup


def test_values_are_spliced_into_each_language() -> None:
    js = str(tr("ui.client", browser=LocaleState.locale, system=3))
    assert f'"" + ({LocaleState.locale!s}) + " sous " + (3)' in js
    assert f'"" + ({LocaleState.locale!s}) + " on " + (3)' in js


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en", ["0 steps left", "One step left", "2 steps left"]),
        ("fr", ["Encore une étape", "Encore une étape", "Encore 2 étapes"]),
        ("de", ["Noch 0 Schritte", "Noch ein Schritt", "Noch 2 Schritte"]),
    ],
)
def test_a_text_that_counts_has_the_form_of_its_number_in_the_page(locale: str, told: list[str]) -> None:
    js = str(tr("gauge.steps", count=rx.Var("count"))).replace(str(LocaleState.locale), json.dumps(locale))
    program = f"console.log(JSON.stringify([0, 1, 2].map(count => {js})))"
    shown = subprocess.run([path_ops.get_node_path() or "node", "-e", program], capture_output=True, check=True)

    assert json.loads(shown.stdout) == told == [catalog.text(locale, "gauge.steps", count=count) for count in range(3)]


def test_a_page_that_shows_a_text_is_tied_to_the_locale() -> None:
    data = tr("ui.menu.log_out")._get_all_var_data()
    assert data is not None
    assert data.state == LocaleState.get_full_name()


def test_quotes_and_markup_in_a_text_stay_text(monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = 'say "hi" </script>\\'
    monkeypatch.setattr(catalog, "spoken", lambda locale, _key: (language(locale), (hostile,)))
    assert r'"say \"hi\" </script>\\"' in str(tr("ui.menu.log_out"))


@pytest.mark.parametrize("params", [{}, {"date": 1, "time": 2}, {"date": 1, "time": 2, "zone": 3, "more": 4}])
def test_other_values_than_the_text_has_places_for_stop_the_build(params: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        tr("ui.date.moment", **params)


def test_an_unknown_key_stops_the_build() -> None:
    with pytest.raises(KeyError):
        tr("ui.menu.no_such_key")


def test_the_locale_state_has_no_handlers_of_its_own() -> None:
    assert set(LocaleState.event_handlers) - set(rx.State.event_handlers) <= {"setvar"}
    assert LocaleState().locale == ""
