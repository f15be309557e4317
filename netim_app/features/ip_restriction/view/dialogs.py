"""The dialogs that add or remove a rule, and the one that switches."""

from typing import Any

import reflex as rx

from netim_app.features.ip_restriction.state.batch import IpListState
from netim_app.features.ip_restriction.state.card import MAX_ENTRY, IpRestrictionState
from netim_app.features.ip_restriction.state.dialogs import MAX_NOTE, IpDialogState
from netim_app.features.ip_restriction.view.remarks import family_missing
from netim_app.identity.view.fields import error_at
from netim_app.identity.view.support import with_support
from netim_app.ui.buttons import button
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import checkbox_field, text_field
from netim_app.ui.form import form
from netim_app.ui.notice import notice
from netim_app.ui.script import form_around
from netim_app.ui.text import breakable, tr


def add_dialog() -> rx.Component:
    """Asks for a rule and a note."""
    state = IpDialogState
    return dialog(
        rx.cond(IpRestrictionState.rules.length() == 0, notice("info", tr("ip_restriction.add.first"))),
        rx.el.div(
            _what_came_of_the_one_before(),
            rx.el.div(_add_form(), key=state.added),
        ),
        button(
            tr("ip_restriction.add.list"),
            IpListState.begin_with(form_around("ip-address")),
            kind="ghost",
            test_id="ip-add-many",
        ),
        open=state.dialog == "add",
        title=tr("ip_restriction.add.title"),
        on_close=state.close,
        test_id="ip-add-dialog",
    )


def _what_came_of_the_one_before() -> rx.Component:
    state = IpDialogState
    return rx.el.div(
        rx.match(
            state.added_kind,
            ("success", notice("success", state.added)),
            ("info", notice("info", state.added)),
            rx.fragment(),
        ),
        role="status",
        class_name="*:mb-5",
        custom_attrs={"data-testid": "ip-added"},
    )


def _add_form() -> rx.Component:
    state = IpDialogState
    return form(
        _address_field(),
        _note_field(),
        on_submit=state.add,
        submit_label=tr("ip_restriction.add.submit"),
        also=("another", tr("ip_restriction.add.another")),
        error=error_at(state.errors),
        cancel=state.close,
        test_id="ip-add-form",
    )


def _address_field() -> rx.Component:
    return text_field(
        "address",
        tr("ip_restriction.add.address"),
        hint=tr("ip_restriction.add.hint"),
        value=IpDialogState.proposed,
        autocomplete="off",
        max_length=MAX_ENTRY,
        error=error_at(IpDialogState.errors, "address"),
        auto_focus=True,
        field_id="ip-address",
    )


def _note_field() -> rx.Component:
    return text_field(
        "note",
        tr("ip_restriction.add.note"),
        hint=tr("ip_restriction.add.note.hint"),
        autocomplete="off",
        required=False,
        max_length=MAX_NOTE,
        error=error_at(IpDialogState.errors, "note"),
        field_id="ip-note",
    )


def _shut_out() -> rx.Component:
    """The consequence, and the checkbox that confirms that the customer has understood it."""
    here = rx.cond(
        IpRestrictionState.here != "",
        tr("ip_restriction.shut_out.here", address=IpRestrictionState.here),
        tr("ip_restriction.here.unknown"),
    )
    return rx.cond(
        IpDialogState.locks_out,
        rx.el.div(
            notice("danger", rx.el.span(breakable(here), " ", tr("ip_restriction.shut_out.text"))),
            checkbox_field(
                "confirmed",
                tr("ip_restriction.shut_out.confirm"),
                error=error_at(IpDialogState.errors, "confirmed"),
                field_id="ip-confirmed",
            ),
            class_name="flex flex-col gap-4",
        ),
    )


def _confirm_form(on_submit: Any, submit_label: Any, *, submit_kind: Any, test_id: str) -> rx.Component:
    return form(
        _shut_out(),
        on_submit=on_submit,
        submit_label=submit_label,
        submit_kind=submit_kind,
        error=error_at(IpDialogState.errors),
        cancel=IpDialogState.close,
        test_id=test_id,
    )


def switch_dialog() -> rx.Component:
    """Asks before the restriction is turned on or off."""
    state = IpDialogState
    return dialog(
        rx.cond(state.turning_on, _turn_on(), _turn_off()),
        open=state.dialog == "switch",
        title=rx.cond(state.turning_on, tr("ip_restriction.turn_on.title"), tr("ip_restriction.turn_off.title")),
        on_close=state.close,
        test_id="ip-switch-dialog",
    )


def _turn_on() -> rx.Component:
    state = IpDialogState
    return rx.fragment(
        rx.cond(~state.locks_out & (IpRestrictionState.here_rule != ""), _stays_in()),
        family_missing(IpRestrictionState.family_missing),
        rx.el.p(with_support("ip_restriction.turn_on.text")),
        rx.el.p(tr("ip_restriction.turn_on.change"), class_name="text-muted"),
        _confirm_form(state.switch, tr("ip_restriction.turn_on.submit"), submit_kind="primary", test_id="ip-turn-on"),
    )


def _stays_in() -> rx.Component:
    here, rule = IpRestrictionState.here, IpRestrictionState.here_rule
    text = rx.cond(
        here == rule,
        tr("ip_restriction.turn_on.safe", address=here),
        tr("ip_restriction.turn_on.covered", address=here, rule=rule),
    )
    return notice("success", text, test_id="ip-safe")


def _turn_off() -> rx.Component:
    return rx.fragment(
        rx.el.p(tr("ip_restriction.turn_off.text")),
        _confirm_form(
            IpDialogState.switch, tr("ip_restriction.turn_off.submit"), submit_kind="danger", test_id="ip-turn-off"
        ),
    )


def remove_dialog() -> rx.Component:
    """Asks before a rule is removed."""
    state = IpDialogState
    return dialog(
        rx.el.p(breakable(tr("ip_restriction.remove.text", rule=state.rule))),
        _confirm_form(state.remove, tr("ip_restriction.remove.submit"), submit_kind="danger", test_id="ip-remove"),
        open=state.dialog == "remove",
        title=tr("ip_restriction.remove.title"),
        on_close=state.close,
        test_id="ip-remove-dialog",
    )
