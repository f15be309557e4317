"""Rules for the view of every feature."""

import re

import pytest
import reflex as rx
from reflex.state import BaseState
from reflex_base.registry import RegistrationContext

from netim_app.feature import Feature
from netim_app.registry import FEATURES
from tests.kit.components import elements, handlers, walk

WITH_VIEW = [
    feature
    for feature in FEATURES
    if feature.card or feature.panel or any(factor.part for factor in feature.second_factors)
]


def views_of(feature: Feature) -> rx.Component:
    """Its panel and card, and the parts that it puts into others and into pages."""
    factors = [factor.part for factor in feature.second_factors]
    ceremonies = [part for each in feature.ceremonies for part in (each.login_part, each.code_part)]
    proofs = [each.step_up_part(rx.Var.create(False)) for each in feature.ceremonies]
    pages = [page.content for page in feature.entry_pages]
    parts = (feature.panel, feature.card, *factors, *ceremonies, *pages)
    return rx.fragment(*(part() for part in parts if part), *proofs)


def states_of(feature: Feature) -> list[type[BaseState]]:
    own = f"netim_app.features.{feature.name}."
    return [state for state in RegistrationContext.get().base_states.values() if state.__module__.startswith(own)]


@pytest.mark.parametrize("feature", WITH_VIEW, ids=lambda feature: feature.name)
def test_each_handler_is_sent_by_the_card_or_begins_a_step(feature: Feature) -> None:
    """A handler that no page sends is an open endpoint that nobody needs."""
    asked_for = [step.begin for step in feature.wizard_steps] + [step.press for step in feature.replacement_steps]
    asked_for += [page.opened for page in feature.entry_pages] + ([feature.undo] if feature.undo else [])
    reached = {*handlers(views_of(feature)), *(handler.fn.__qualname__ for handler in asked_for)}

    unused = [
        f"{state.__name__}.{name}"
        for state in states_of(feature)
        for name in state.event_handlers
        if name != "setvar" and f"{state.__name__}.{name}" not in reached
    ]

    assert unused == []


@pytest.mark.parametrize("feature", WITH_VIEW, ids=lambda feature: feature.name)
def test_each_field_has_a_label_and_each_button_a_name(feature: Feature) -> None:
    """Also in dialogs and branches that no browser test opens."""
    card = views_of(feature)
    labels = elements(card, "label")
    labelled = {str(label.html_for) for label in labels}
    labelled |= {str(field.id) for label in labels for field in elements(label, "input")}

    for field in (*elements(card, "input"), *elements(card, "select")):
        assert "hidden:true" in str(field) or 'type:"hidden"' in str(field) or str(field.id) in labelled, str(field)[
            :300
        ]
    for button in elements(card, "button"):
        texts = [str(each.contents) for each in walk(button) if hasattr(each, "contents")]
        assert '"aria-label":' in str(button) or re.search(r"\w", "".join(texts)), str(button)[:300]
