"""Groups of cards, and what stays beside them."""

import reflex as rx

from netim_app.ui.card import card, fold, part
from netim_app.ui.sections import group, section_links, with_side
from tests.kit.components import elements


class SectionsTestState(rx.State):
    """The vars that a fold needs."""

    on: bool = False


def test_headings_go_down_one_level_at_a_time() -> None:
    shown = group(card(part(title="Codes"), title="Two factors"), title="Logging in", anchor="logging-in")

    assert [each.tag for each in elements(shown, "h2") + elements(shown, "h3") + elements(shown, "h4")] == [
        "h2",
        "h3",
        "h4",
    ]


def test_a_group_is_reached_by_its_link_and_is_no_landmark() -> None:
    markup = str(group(title="Logging in", anchor="logging-in"))

    assert 'id:"logging-in"' in markup
    assert "aria-labelledby" not in markup
    assert 'href:"#logging-in"' in str(section_links({"logging-in": "Logging in"}))


def test_what_is_at_the_side_comes_first_and_stays_only_where_it_is_asked_to() -> None:
    markup = str(with_side(rx.el.p("CARDS"), side=[rx.el.p("SIDE")], stays=True))

    assert markup.index("SIDE") < markup.index("CARDS")
    assert "min-[75rem]:sticky" in markup
    assert "sticky" not in str(with_side(side=[]))


def test_a_fold_is_open_while_its_var_is_true_and_when_a_link_leads_to_the_card() -> None:
    markup = str(fold("Rest", rx.el.p("x"), is_open=SectionsTestState.on, anchor="there"))

    assert str(SectionsTestState.on) in markup
    assert "#there" in markup
