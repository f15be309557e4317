"""The panel on the account pages."""

import reflex as rx

from netim_app.core import paths
from netim_app.features.not_me.state import FreezeState
from netim_app.ui import card as kit
from netim_app.ui.buttons import link
from netim_app.ui.text import tr


def panel() -> rx.Component:
    """Shown while the account is frozen: until when, who started the freeze, and what to check."""
    places = (
        ("sessions", tr("not_me.look.sessions")),
        ("two-factor", tr("not_me.look.devices")),
        ("passkeys", tr("not_me.look.passkeys")),
        ("ip-restriction", tr("not_me.look.rules")),
        ("recent-activity", tr("not_me.look.activity")),
    )
    looks = (rx.el.li(link(words, paths.card(anchor))) for anchor, words in places)
    shown = kit.card(
        rx.el.p(tr("not_me.panel.begun", when=FreezeState.begun, where=FreezeState.where)),
        rx.el.div(
            rx.el.p(tr("not_me.panel.look")),
            rx.el.ul(*looks, class_name="mt-2 flex flex-wrap gap-x-5 gap-y-2"),
        ),
        title=tr("not_me.panel.title"),
        text=tr("not_me.panel.text", until=FreezeState.until),
        anchor="frozen",
        icon="lock",
        level=2,
        test_id="frozen",
    )
    return rx.cond(FreezeState.until != "", shown)
