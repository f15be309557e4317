"""The card "IP Restriction"."""

from typing import Any

import reflex as rx

from netim_app.features.ip_restriction.state.batch import IpListState
from netim_app.features.ip_restriction.state.card import MAX_ENTRY, IpRestrictionState, IpTestState
from netim_app.features.ip_restriction.state.dialogs import IpDialogState
from netim_app.features.ip_restriction.view.batch import list_dialog
from netim_app.features.ip_restriction.view.dialogs import add_dialog, remove_dialog, switch_dialog
from netim_app.features.ip_restriction.view.remarks import family_missing, remark
from netim_app.identity.view.fields import error_at
from netim_app.ui import card as kit
from netim_app.ui.buttons import button
from netim_app.ui.fields import text_field
from netim_app.ui.filter_field import filter_field
from netim_app.ui.form import form
from netim_app.ui.icons import icon
from netim_app.ui.notice import notice
from netim_app.ui.switch import switch
from netim_app.ui.text import tr
from netim_app.ui.theme import FOCUS

MANY = 10
"""With more rules than this there is a field that finds one."""
_ADDRESS = "font-mono font-medium break-words"


def card() -> rx.Component:
    """The switch, the customer's present address, the rules, and the field that tests an address."""
    on = IpRestrictionState.since != ""
    return kit.card(
        _here(),
        _list(),
        rx.cond(IpRestrictionState.rules.length() > 0, _test()),
        add_dialog(),
        list_dialog(),
        switch_dialog(),
        remove_dialog(),
        title=tr("ip_restriction.title"),
        state=kit.status(
            rx.cond(on, tr("ip_restriction.on", date=IpRestrictionState.since), tr("ip_restriction.off")), on=on
        ),
        text=tr("ip_restriction.text"),
        control=switch(
            tr("ip_restriction.switch"),
            on,
            IpDialogState.begin_switch,
            test_id="ip-restriction-switch",
            show_label=False,
            html_id="ip-restriction-switch",
        ),
        control_id="ip-restriction-switch",
        anchor="ip-restriction",
        icon="globe",
    )  # fmt: skip


def _here() -> rx.Component:
    state = IpRestrictionState
    verdict = rx.cond(
        state.here_rule != "",
        tr("ip_restriction.here.in", rule=state.here_rule),
        tr("ip_restriction.here.out"),
    )
    known = rx.el.div(
        rx.cond(
            state.here_rule != "",
            icon("check", class_name="mt-0.5 self-start text-success"),
            icon("info", class_name="mt-0.5 self-start text-muted"),
        ),
        rx.el.div(
            rx.el.p(tr("ip_restriction.here"), " ", rx.el.strong(state.here, class_name=_ADDRESS)),
            rx.el.p(verdict, class_name="text-muted"),
            rx.cond(
                (state.here_rule == "") & (state.here_line != ""),
                rx.el.p(tr("ip_restriction.here.line"), class_name="mt-1 text-muted"),
            ),
            class_name="min-w-0 flex-1 basis-48",
        ),
        rx.cond(
            state.here_rule == "",
            button(
                rx.cond(
                    state.here_line != "",
                    tr("ip_restriction.here.add_line", line=state.here_line),
                    tr("ip_restriction.here.add"),
                ),
                state.add_here,
                icon_name="plus",
                test_id="ip-add-here",
            ),
        ),
        class_name="flex flex-wrap items-center gap-3 rounded-control bg-sunken p-4",
        custom_attrs={"data-testid": "ip-here"},
    )
    return rx.cond(state.here != "", known, notice("warning", tr("ip_restriction.here.unknown")))


def _list() -> rx.Component:
    state = IpRestrictionState
    return rx.el.div(
        rx.el.div(
            rx.el.h3(
                tr("ip_restriction.rules"),
                rx.cond(
                    state.rules.length() > 0,
                    rx.el.span(" (", state.rules.length(), ")", class_name="font-normal text-muted"),
                ),
                class_name="font-semibold",
            ),
            rx.el.div(
                button(tr("ip_restriction.add"), IpDialogState.begin_add, icon_name="plus", test_id="ip-add"),
                button(tr("ip_restriction.list.open"), IpListState.begin, test_id="ip-add-list"),
                class_name="flex w-full flex-wrap gap-3 *:grow sm:w-auto sm:*:grow-0",
            ),
            class_name="flex flex-wrap items-center justify-between gap-3",
        ),
        family_missing(state.family_missing),
        rx.cond(
            state.rules.length() > MANY,
            filter_field(
                "ip-rules", tr("ip_restriction.find"), tr("ip_restriction.find.nothing"), test_id="ip-find"
            ),
        ),
        rx.cond(
            state.rules.length() == 0,
            kit.empty(tr("ip_restriction.none")),
            rx.el.ul(
                rx.foreach(state.rules, _rule),
                class_name=f"flex max-h-96 flex-col divide-y divide-line overflow-y-auto rounded-control border "
                f"border-line {FOCUS}",
                tab_index=0,
                id=rx.Var('"ip-rules"'),
                custom_attrs={"data-testid": "ip-rules", "aria-label": tr("ip_restriction.rules")},
            ),
        ),
        class_name="flex flex-col gap-3",
    )  # fmt: skip


def _rule(rule: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(rule.text, class_name=_ADDRESS),
            rx.cond(rule.note != "", rx.el.p(rule.note, class_name="break-words")),
            rx.el.p(
                tr("ip_restriction.added_at", when=rule.added, address=rule.added_from),
                class_name="text-xs text-muted",
            ),
            rx.cond(
                rule.inside != "",
                rx.el.p(tr("ip_restriction.inside", rule=rule.inside), class_name="text-xs text-warning"),
            ),
            remark(rule, class_name="text-xs text-warning"),
            class_name="min-w-0 flex-1",
        ),
        button(
            tr("ip_restriction.remove"),
            IpDialogState.begin_remove(rule.id),
            kind="ghost",
            aria_label=tr("ip_restriction.remove_rule", rule=rule.text),
        ),
        key=rule.id.to(str),
        class_name="flex items-center gap-3 py-2.5 pr-1 pl-3.5",
    )


def _test() -> rx.Component:
    state = IpTestState
    verdict = rx.cond(
        state.rule != "",
        notice("success", tr("ip_restriction.test.in", address=state.address, rule=state.rule)),
        notice("warning", tr("ip_restriction.test.out", address=state.address)),
    )
    return rx.el.div(
        rx.el.h3(tr("ip_restriction.test.title"), class_name="font-semibold"),
        form(
            text_field(
                "address",
                tr("ip_restriction.test.label"),
                hint=tr("ip_restriction.test.hint"),
                autocomplete="off",
                max_length=MAX_ENTRY,
                error=error_at(state.errors, "address"),
                field_id="ip-test",
            ),
            on_submit=state.submit,
            submit_label=tr("ip_restriction.test.submit"),
            submit_kind="secondary",
            error=error_at(state.errors),
            inline=True,
            test_id="ip-test-form",
        ),
        rx.el.div(
            rx.cond(state.address != "", verdict),
            role="status",
            custom_attrs={"data-testid": "ip-test-result"},
        ),
        class_name="flex flex-col gap-3 border-t border-line pt-5",
    )
