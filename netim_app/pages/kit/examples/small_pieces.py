"""Small components, visible and invisible ones."""

import reflex as rx

from netim_app.identity.state.shell import ShellState
from netim_app.pages.kit.state import KitState
from netim_app.texts.countries import countries
from netim_app.ui.browser import come_back_when, note_asked
from netim_app.ui.meter import meter_skeleton
from netim_app.ui.notice import outcome
from netim_app.ui.preferences import language_switch, theme_switch
from netim_app.ui.skeleton import form_skeleton, skeleton_card
from netim_app.ui.switch import switch
from netim_app.ui.text import breakable, in_every_language, moment, tr
from netim_app.ui.ticket_exchange import post_in_background, renewal_form
from reflex_guard.ticket_form import ticket_form


def texts() -> rx.Component:
    """Every word of the product comes from `texts/*.po`. A text fits wherever a string does."""
    return rx.fragment(
        rx.el.p(tr("ui.footer.promise")),
        rx.el.p(tr("ui.wizard.step", number=1, of=3)),
    )


def ip_address() -> rx.Component:
    """In a narrow window it breaks between its groups."""
    return rx.el.p(breakable(rx.Var.create("2001:db8:1234:5678:9abc:def0:1234:5678")), class_name="w-48 font-mono")


def part_that_is_made_for_each_language() -> rx.Component:
    """More than a text: for example a list in the order of the language."""
    return in_every_language(lambda code: rx.el.p(", ".join(name for _, name in countries(code)[:5])))


def language_and_theme() -> rx.Component:
    """In the header of every page."""
    return rx.el.div(
        language_switch(ShellState.set_language, test_id="kit-language"), theme_switch(), class_name="flex gap-3"
    )


def skeletons() -> rx.Component:
    """They replace content that is loading, and have its size."""
    return rx.fragment(
        skeleton_card(lines=3),
        skeleton_card(gauge=True),
        meter_skeleton(),
        form_skeleton(2, more=True),
    )


def skeleton_of_a_card() -> rx.Component:
    """The minimum."""
    return skeleton_card()


def moments() -> rx.Component:
    """Hovering shows the exact moment."""
    return rx.el.p("Last active ", moment("5 minutes ago", "3 March 2026, 09:30"))


def form_that_has_done_its_work() -> rx.Component:
    """Replaces the form, and gets the focus when it appears, so that screen readers read it."""
    return rx.cond(
        KitState.on,
        outcome("We sent an email to anna@example.com.", rx.el.p("Nothing there? Look into Spam."), icon_name="mail"),
        switch("Show it", KitState.on, KitState.switch),
    )


def ticket_for_the_cookie() -> rx.Component:
    """Posts itself as soon as there is a ticket: only an HTTP route can set a cookie that scripts cannot read."""
    return ticket_form("/auth/session", rx.Var.create(""), "ticket", "kit-hand-over")


def secret_handed_to_a_route_while_the_page_stays() -> rx.Component:
    """Posts a secret as soon as there is one, and the page continues; the response sets a cookie."""
    return post_in_background("/auth/pending", rx.Var.create(""), "secret", "kit-post-in-background")


def ticket_of_a_page_that_stays() -> rx.Component:
    """As before, but the page reconnects and repeats the refused press."""
    repeat = rx.Var.create(True)
    return renewal_form("/auth/session", rx.Var.create(""), "ticket", "kit-renewal", repeat=repeat)


def what_a_page_does_to_itself() -> rx.Component:
    """Records the press that asked for a proof, and reconnects."""
    return rx.fragment(come_back_when(rx.Var.create(False)), rx.cond(False, note_asked()))
