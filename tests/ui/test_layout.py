"""The frames: nothing private and nothing in the wrong language before everything is known."""

import json

import reflex as rx

from netim_app.texts import catalog
from netim_app.texts.languages import language
from netim_app.ui import document, layout, preferences, skeleton
from netim_app.ui.text import known_locale
from tests.kit.components import walk


class LayoutTestState(rx.State):
    """The vars that a frame needs."""

    ready: bool = False
    name: str = ""

    @rx.event
    def choose(self, locale: str) -> None:
        pass


def not_found() -> rx.Component:
    return layout.not_found(locale_switch=LayoutTestState.choose)


def account() -> rx.Component:
    return layout.account_page(
        rx.el.p("PRIVATE"),
        heading="HEADING",
        ready=LayoutTestState.ready,
        skeleton=skeleton.skeleton_card(lines=2),
        customer_name=LayoutTestState.name,
        menu_items=[],
        locale_switch=LayoutTestState.choose,
    )


def public() -> rx.Component:
    return layout.public_page(
        rx.el.p("PRIVATE"), title="HEADING", ready=LayoutTestState.ready, locale_switch=LayoutTestState.choose
    )


def shown_only_when_known(page: rx.Component, text: str) -> bool:
    """Whether a condition on both the page's state and the language decides about the part that holds a text."""
    known = str(LayoutTestState.ready & known_locale())
    parts = [each.children[0] for each in walk(page) if str(getattr(each, "cond", "")) == known]
    return any(text in str(part) for part in parts)


def test_content_and_name_wait_for_state_and_language() -> None:
    markup = str(account())
    for text, times in (("PRIVATE", 1), (str(LayoutTestState.name), 2)):  # the name is also a title: it may be cut
        assert shown_only_when_known(account(), text), text
        assert markup.count(text) == times
    assert markup.count("HEADING") == 1  # it holds nothing private and names the page while that loads
    assert shown_only_when_known(public(), "PRIVATE")
    assert shown_only_when_known(public(), "HEADING")


def test_every_frame_has_landmarks_one_heading_and_a_way_past_the_header() -> None:
    for markup in (str(account()), str(public())):
        assert markup.count('jsx("main",') == 1
        assert markup.count('jsx("header",') == 1
        assert markup.count('jsx("footer",') == 1
        assert markup.count('jsx("h1",') == 1
        assert 'href:"#main"' in markup
        assert 'id:"main"' in markup


def test_a_skeleton_is_hidden_from_screen_readers_and_its_parts_stand_apart() -> None:
    assert 'jsx("div",{"aria-hidden":"true",className:"flex flex-col gap-5"},jsx("div",' in str(account())


def test_a_skeleton_has_as_many_lines_as_asked_for() -> None:
    one, five = (str(skeleton.skeleton_card(lines=lines)).count("bg-sunken") for lines in (1, 5))
    assert five == one + 4


def test_a_skeleton_of_a_form_has_as_many_fields_as_asked_for() -> None:
    one, four = (str(skeleton.form_skeleton(fields)).count("bg-sunken") for fields in (1, 4))
    assert four == one + 3 * 2  # a label and a field each


def test_languages_are_a_menu_that_says_which_one_is_on() -> None:
    markup = str(preferences.language_switch(LayoutTestState.choose))
    for locale in catalog.LOCALES:
        assert f'lang:"{locale}"' in markup
        assert f"{json.dumps(language(locale).name)}" in markup
    assert markup.count('"aria-current":') == len(catalog.LOCALES)


def test_what_the_button_of_the_languages_shows_is_part_of_its_name() -> None:
    markup = str(preferences.language_switch(LayoutTestState.choose))
    for locale in catalog.LOCALES:
        assert json.dumps(f"{language(locale).name} ({locale.upper()})") in markup


def test_a_switch_of_the_caller_is_taken_as_it_is() -> None:
    page = layout.public_page(title="T", ready=LayoutTestState.ready, locale_switch=rx.el.span("MINE"))
    assert "MINE" in str(page)
    assert 'locale-fr"' not in str(page)


def test_the_document_says_its_language() -> None:
    hooks = "".join(not_found()._get_all_hooks())
    assert "Object.assign(document.documentElement, { lang: " in hooks
    assert '"ltr"' in hooks


def test_not_found_needs_no_state_to_be_loaded() -> None:
    markup = str(not_found())
    assert '"Page not found"' in markup
    assert 'to:"/"' in markup
    assert str(LayoutTestState.ready) not in markup


def test_not_found_has_what_every_page_has() -> None:
    markup = str(not_found())
    assert markup.count('jsx("footer",') == 1
    for test_id in ("theme-switch", "locale-fr"):
        assert f'"data-testid":"{test_id}"' in markup


def test_the_wraps_of_the_app_have_no_overlay_and_no_details_of_a_crash() -> None:
    ((key, build),) = document.app_wraps().items()
    assert key == (55, "ErrorBoundary")
    markup = str(build(True))
    assert '"Something went wrong on this page"' in markup
    assert "event_args.error" not in markup
    assert 'href:""' in markup
    assert "onClick" not in markup


def test_the_head_has_an_icon() -> None:
    assert any("/favicon.svg" in str(part) for part in document.head())


def test_the_head_describes_the_pages() -> None:
    assert any(
        'name:"description"' in str(part) and 'content:"The customer area' in str(part) for part in document.head()
    )
