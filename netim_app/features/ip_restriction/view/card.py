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
from netim_app.ui.filtered_list import Lacks, filtered_list
from netim_app.ui.form import form
from netim_app.ui.icons import icon
from netim_app.ui.notice import notice
from netim_app.ui.switch import switch
from netim_app.ui.text import breakable, tr
from netim_app.ui.theme import FOCUS

MANY = 10
"""With more rules than this, there is a search field."""
_ADDRESS = "font-mono font-medium"


def card() -> rx.Component:
    """The switch; and, folded while it is off, the current address, the rules, and the field that tests an address."""
    on = IpRestrictionState.since != ""
    state = rx.cond(on, tr("ip_restriction.on", date=IpRestrictionState.since), tr("ip_restriction.off"))
    return kit.card(
        kit.fold(
            _rules_heading(),
            _here(),
            _list(),
            rx.cond(IpRestrictionState.rules.length() > 0, _test()),
            is_open=on,
            anchor="ip-restriction",
        ),
        add_dialog(),
        list_dialog(),
        switch_dialog(),
        remove_dialog(),
        title=tr("ip_restriction.title"),
        state=kit.status(state, on=on),
        text=tr("ip_restriction.text"),
        control=_switch(on),
        control_id="ip-restriction-switch",
        anchor="ip-restriction",
        icon="globe",
    )


def _switch(on: rx.Var[bool]) -> rx.Component:
    label, begin = tr("ip_restriction.switch"), IpDialogState.begin_switch
    return switch(label, on, begin, test_id="ip-restriction-switch", show_label=False, html_id="ip-restriction-switch")


def _here() -> rx.Component:
    here, rule = IpRestrictionState.here, IpRestrictionState.here_rule
    verdict = rx.cond(rule != "", tr("ip_restriction.here.in", rule=rule), tr("ip_restriction.here.out"))
    yes = icon("check", class_name="mt-0.5 text-success")
    no = icon("info", class_name="mt-0.5 text-muted")
    words = rx.el.div(
        rx.cond(rule != "", yes, no),
        rx.el.div(
            rx.el.p(tr("ip_restriction.here"), " ", rx.el.strong(breakable(here), class_name=_ADDRESS)),
            rx.el.p(breakable(verdict), class_name="text-muted"),
            rx.cond(
                (rule == "") & (IpRestrictionState.here_line != ""),
                rx.el.p(tr("ip_restriction.here.line"), class_name="mt-1 text-muted"),
            ),
            class_name="min-w-0",
        ),
        class_name="flex min-w-0 flex-1 basis-60 gap-3",
    )
    known = rx.el.div(
        words,
        rx.cond(rule == "", _add_here_button()),
        class_name="flex flex-wrap items-center gap-3 rounded-control bg-sunken p-4",
        custom_attrs={"data-testid": "ip-here"},
    )
    return rx.cond(here != "", known, notice("warning", tr("ip_restriction.here.unknown")))


def _add_here_button() -> rx.Component:
    line, add_here = IpRestrictionState.here_line, IpRestrictionState.add_here
    text = rx.cond(line != "", tr("ip_restriction.here.add_line", line=line), tr("ip_restriction.here.add"))
    return button(text, add_here, icon_name="plus", test_id="ip-add-here")


def _rules_heading() -> rx.Component:
    count = IpRestrictionState.rules.length()
    number = rx.cond(count > 0, rx.el.span(" (", count, ")", class_name="font-normal text-muted"))
    return rx.fragment(tr("ip_restriction.rules"), number)


def _list() -> rx.Component:
    count = IpRestrictionState.rules.length()
    return rx.el.div(
        rx.el.div(
            button(tr("ip_restriction.add"), IpDialogState.begin_add, icon_name="plus", test_id="ip-add"),
            button(tr("ip_restriction.list.open"), IpListState.begin, test_id="ip-add-list"),
            class_name="flex flex-wrap gap-3 *:grow sm:*:grow-0",
        ),
        family_missing(IpRestrictionState.family_missing),
        filtered_list(
            _rules,
            tr("ip_restriction.find"),
            tr("ip_restriction.find.nothing"),
            shown=count > MANY,
            test_id="ip-find",
        ),
        class_name="flex flex-col gap-3",
    )


def _rules(lacks: Lacks) -> rx.Component:
    rules = IpRestrictionState.rules
    return rx.cond(
        rules.length() == 0,
        kit.empty(tr("ip_restriction.none")),
        rx.el.ul(
            rx.foreach(rules, lambda rule: _rule(rule, lacks)),
            class_name="flex max-h-96 flex-col divide-y divide-line overflow-y-auto rounded-control border "
            f"border-line {FOCUS}",
            tab_index=0,
            custom_attrs={"data-testid": "ip-rules", "aria-label": tr("ip_restriction.rules")},
        ),
    )


def _rule(rule: Any, lacks: Lacks) -> rx.Component:
    return rx.el.li(
        _rule_text(rule),
        button(
            tr("ip_restriction.remove"),
            IpDialogState.begin_remove(rule.id),
            kind="ghost",
            aria_label=tr("ip_restriction.remove_rule", rule=rule.text),
            class_name="ms-auto",
        ),
        key=rule.id.to(str),
        hidden=lacks(rule.text, rule.note, rule.added, rule.added_from),
        class_name="flex flex-wrap items-center gap-x-3 py-2.5 pe-1 ps-3.5",
    )


def _rule_text(rule: Any) -> rx.Component:
    added = tr("ip_restriction.added_at", when=rule.added, address=rule.added_from)
    inside = tr("ip_restriction.inside", rule=rule.inside)
    return rx.el.div(
        rx.el.p(breakable(rule.text), class_name=_ADDRESS),
        rx.cond(rule.note != "", rx.el.p(rule.note)),
        rx.el.p(breakable(added), class_name="text-xs text-muted"),
        rx.cond(rule.inside != "", rx.el.p(breakable(inside), class_name="text-xs text-warning")),
        remark(rule, class_name="text-xs text-warning"),
        class_name="min-w-0 flex-1 basis-48",
    )


def _test() -> rx.Component:
    return rx.el.div(
        rx.el.h4(tr("ip_restriction.test.title"), class_name="font-semibold"),
        form(
            _test_field(),
            on_submit=IpTestState.submit,
            submit_label=tr("ip_restriction.test.submit"),
            submit_kind="secondary",
            error=error_at(IpTestState.errors),
            inline=True,
            test_id="ip-test-form",
        ),
        _test_result(),
        class_name="flex flex-col gap-3 border-t border-line pt-5",
    )


def _test_field() -> rx.Component:
    return text_field(
        "address",
        tr("ip_restriction.test.label"),
        hint=tr("ip_restriction.test.hint"),
        autocomplete="off",
        max_length=MAX_ENTRY,
        error=error_at(IpTestState.errors, "address"),
        field_id="ip-test",
    )


def _test_result() -> rx.Component:
    address, rule = IpTestState.address, IpTestState.rule
    verdict = rx.cond(
        rule != "",
        notice("success", tr("ip_restriction.test.in", address=address, rule=rule)),
        notice("warning", tr("ip_restriction.test.out", address=address)),
    )
    return rx.el.div(rx.cond(address != "", verdict), role="status", custom_attrs={"data-testid": "ip-test-result"})
