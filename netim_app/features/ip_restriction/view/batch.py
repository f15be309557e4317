"""The dialog that adds a pasted list."""

from typing import Any

import reflex as rx

from netim_app.features.ip_restriction.state.batch import MAX_RULES, MAX_SENT, IpListState
from netim_app.features.ip_restriction.state.card import IpRestrictionState
from netim_app.features.ip_restriction.state.dialogs import IpDialogState
from netim_app.features.ip_restriction.view.remarks import family_missing, remark
from netim_app.identity.view.fields import error_at
from netim_app.ui.buttons import button
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import text_area
from netim_app.ui.form import form
from netim_app.ui.notice import notice
from netim_app.ui.script import Div, function
from netim_app.ui.text import breakable, tr
from netim_app.ui.theme import FOCUS


def list_dialog() -> rx.Component:
    """First the text, then its preview. Meanwhile the text stays in its hidden field."""
    state = IpListState
    return dialog(
        rx.el.div(_write(), class_name=rx.cond(state.step == "check", "hidden", "flex flex-col gap-5")),
        rx.cond(state.step == "check", _check()),
        open=state.step != "",
        title=tr("ip_restriction.list.title"),
        on_close=state.close,
        test_id="ip-list-dialog",
        size="lg",
    )


def _write() -> rx.Component:
    state = IpListState
    # It takes the focus when the text is shown again.
    intro = Div.create(
        tr("ip_restriction.list.intro"),
        tab_index=-1,
        class_name="outline-none",
        custom_attrs={"ref": function("focusQuietly")},
    )
    return rx.fragment(
        rx.cond(state.step == "write", intro),
        form(
            text_area(
                "list",
                tr("ip_restriction.list.label"),
                value=IpDialogState.proposed,
                hint=tr("ip_restriction.list.hint", count=state.room, limit=MAX_RULES),
                placeholder=tr("ip_restriction.list.example"),
                max_length=MAX_SENT,
                error=error_at(state.errors, "list"),
                auto_focus=True,
                field_id="ip-list",
            ),
            rx.cond((state.step == "write") & (state.rows.length() > 0), _preview()),
            on_submit=state.check,
            submit_label=tr("ip_restriction.list.check"),
            error=error_at(state.errors),
            cancel=state.close,
            test_id="ip-list-form",
        ),
    )


def _check() -> rx.Component:
    state = IpListState
    return Div.create(
        _summary(),
        rx.cond(
            state.here_out,
            notice(
                "warning", tr("ip_restriction.list.here_out", address=IpRestrictionState.here), test_id="ip-list-out"
            ),
        ),
        family_missing(state.family_missing),
        _preview(),
        rx.el.div(
            button(tr("ip_restriction.list.change"), state.write_again, class_name="w-full sm:w-auto"),
            rx.cond(
                state.new > 0,
                button(
                    tr("ip_restriction.list.add", count=state.new),
                    state.add,
                    kind="primary",
                    class_name="w-full sm:w-auto",
                    test_id="ip-list-add",
                ),
            ),
            class_name="flex flex-col-reverse gap-3 pt-1 sm:flex-row sm:justify-end",
        ),
        tab_index=-1,
        class_name="flex flex-col gap-5 outline-none",
        custom_attrs={"ref": function("focusQuietly"), "data-testid": "ip-list-check"},
    )


def _summary() -> rx.Component:
    state = IpListState
    new = tr("ip_restriction.list.summary", count=state.new)
    skipped = tr("ip_restriction.list.skipped", count=state.skipped)
    return rx.cond(
        state.new > 0,
        rx.el.p(rx.el.strong(new), rx.cond(state.skipped > 0, rx.el.span(" ", skipped))),
        notice("info", tr("ip_restriction.list.summary.none")),
    )


def _preview() -> rx.Component:
    return rx.el.ul(
        rx.foreach(IpListState.rows, _row),
        class_name="flex max-h-80 flex-col divide-y divide-line overflow-y-auto rounded-control border border-line "
        f"{FOCUS}",
        tab_index=0,
        custom_attrs={"data-testid": "ip-list-preview", "aria-label": tr("ip_restriction.list.preview")},
    )


def _row(row: Any) -> rx.Component:
    small = "text-xs text-warning"
    wrong = rx.el.p(breakable(row.fault), class_name="text-danger")
    listed = rx.el.p(tr("ip_restriction.list.listed"), class_name="text-muted")
    twice = rx.el.p(tr("ip_restriction.list.twice", line=row.same_line), class_name="text-muted")
    return rx.el.li(
        rx.el.p(tr("ip_restriction.list.line", line=row.line), class_name="shrink-0 text-muted tabular-nums sm:w-16"),
        rx.el.div(
            rx.el.p(breakable(row.text), class_name="font-mono font-medium"),
            rx.cond(row.note != "", rx.el.p(row.note)),
            rx.match(row.outcome, ("wrong", wrong), ("listed", listed), ("twice", twice), _meaning(row)),
            rx.cond(row.outcome == "new", remark(row, class_name=small)),
            rx.cond(
                (row.outcome == "new") & (row.remark == "line"),
                rx.el.p(tr("ip_restriction.remark.line", line=row.proposed), class_name=small),
            ),
            class_name="min-w-0 flex-1",
        ),
        custom_attrs={"data-outcome": row.outcome},
        class_name="flex flex-col gap-x-3 px-3.5 py-2.5 sm:flex-row",
    )


def _meaning(row: Any) -> rx.Component:
    return rx.cond(
        row.first == "",
        rx.el.p(tr("ip_restriction.list.meaning.one"), class_name="text-muted"),
        rx.el.p(
            breakable(tr("ip_restriction.list.meaning.all", first=row.first, last=row.last)), class_name="text-muted"
        ),
    )
