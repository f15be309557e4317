"""The part "Backup codes" of a card, and the sheet with a new set."""

import reflex as rx

from netim_app.brand.brand import get_brand
from netim_app.features.backup_codes.state import BackupCodesState, NewCodesState
from netim_app.identity.view.fields import error_at
from netim_app.ui import card as kit
from netim_app.ui.browser import LeavingQuestion, copy_button, download_link, print_button
from netim_app.ui.buttons import button
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import checkbox_field
from netim_app.ui.form import form
from netim_app.ui.notice import notice
from netim_app.ui.text import tr
from netim_app.ui.wizard import button_row

FILE_NAME = f"{get_brand().file_prefix}-backup-codes.txt"


def part() -> rx.Component:
    """How many codes are left, and the button for new ones. Absent without two-factor authentication."""
    shown = kit.part(
        _warning(),
        _question(),
        title=tr("backup_codes.title"),
        state=rx.cond(
            BackupCodesState.made_on != "",
            tr("backup_codes.left", left=BackupCodesState.left, date=BackupCodesState.made_on),
            tr("backup_codes.none"),
        ),
        text=tr("backup_codes.text"),
        action=button(tr("backup_codes.make"), NewCodesState.begin, test_id="backup-codes-make"),
        anchor="backup-codes",
    )
    return rx.fragment(rx.cond(BackupCodesState.enabled, shown), _new_codes_dialog())


def _warning() -> rx.Component:
    return rx.cond(
        BackupCodesState.saved,
        rx.cond(BackupCodesState.low, notice("warning", _low(), test_id="backup-codes-low")),
        notice("warning", tr("backup_codes.unsaved"), test_id="backup-codes-unsaved"),
    )


def _low() -> rx.Var[str]:
    left = BackupCodesState.left
    return rx.cond(left == 0, tr("backup_codes.low.0"), tr("backup_codes.low", count=left))


def _question() -> rx.Component:
    wrong = error_at(NewCodesState.errors)
    return dialog(
        rx.cond(wrong != "", notice("danger", wrong)),
        rx.el.p(rx.cond(BackupCodesState.made_on != "", tr("backup_codes.ask.text"), tr("backup_codes.ask.first"))),
        button_row(
            button(tr("ui.form.cancel"), NewCodesState.close),
            button(tr("backup_codes.make"), NewCodesState.make, "primary", test_id="backup-codes-make-submit"),
        ),
        open=NewCodesState.dialog == "ask",
        title=tr("backup_codes.ask.title"),
        on_close=NewCodesState.close,
        test_id="backup-codes-ask",
    )


def wizard_is_open() -> rx.Var[bool]:
    """Whether the codes are shown as a step of the wizard."""
    return rx.Var.create(NewCodesState.dialog == "wizard")


def new_codes() -> rx.Component:
    """The sheet, its actions, and the checkbox that confirms that the codes are saved."""
    return rx.fragment(
        # Each set makes a new part, so the page confirms again that it shows the codes.
        rx.el.p(
            tr("backup_codes.new.text"),
            key=NewCodesState.handle,
            on_mount=NewCodesState.note_shown(NewCodesState.handle),
        ),
        LeavingQuestion.create(asks=NewCodesState.handle != "", question=tr("backup_codes.leave")),
        rx.el.div(
            _sheet(),
            _ways_to_save(),
            class_name="grid gap-4 sm:grid-cols-[minmax(0,1fr)_11rem] print:block",
        ),
        form(
            _saved_field(),
            rx.el.input(type="hidden", name="handle", value=NewCodesState.handle, read_only=True),
            on_submit=NewCodesState.finish,
            submit_label=tr("backup_codes.finish"),
            test_id="backup-codes-finish",
        ),
    )


def _ways_to_save() -> rx.Component:
    return rx.el.div(
        copy_button(NewCodesState.sheet, label=tr("backup_codes.copy"), done=tr("backup_codes.copied")),
        download_link(NewCodesState.sheet, FILE_NAME, label=tr("backup_codes.download")),
        print_button(tr("backup_codes.print")),
        # In one row on a phone, without their icons.
        class_name="flex flex-wrap gap-2 max-sm:*:grow max-sm:[&_svg]:hidden max-sm:[&_:is(a,button)]:px-2 sm:flex-col "
        "sm:gap-3 sm:*:w-full",
    )


def _saved_field() -> rx.Component:
    error = error_at(NewCodesState.errors, "saved")
    return checkbox_field("saved", tr("backup_codes.i_saved"), error=error, field_id="codes-saved")


def _new_codes_dialog() -> rx.Component:
    return dialog(
        new_codes(),
        open=NewCodesState.dialog == "codes",
        title=tr("backup_codes.new.title"),
        on_close=None,
        test_id="backup-codes-new",
        size="lg",
    )


def _code(code: rx.Var[str]) -> rx.Component:
    """A code. On paper it has a box to tick once the code is used."""
    box = rx.el.span(class_name="hidden size-5 border border-edge print:block", aria_hidden="true")
    return rx.el.li(box, code, class_name="print:flex print:items-center print:gap-4")


def _sheet() -> rx.Component:
    """The sheet for print; the screen shows only the codes."""
    return rx.el.div(
        rx.el.div(
            rx.el.p(tr("backup_codes.sheet.title"), class_name="text-xl font-semibold"),
            rx.el.p(tr("backup_codes.sheet.account", account=NewCodesState.account)),
            rx.el.p(tr("backup_codes.sheet.date", date=NewCodesState.made_on)),
            rx.el.p(tr("backup_codes.sheet.login", url=NewCodesState.login_url)),
            rx.el.p(tr("backup_codes.sheet.use"), class_name="mt-2"),
            class_name="mb-4 hidden flex-col print:flex",
        ),
        rx.el.ol(
            rx.foreach(NewCodesState.codes, _code),
            class_name="grid grid-cols-2 gap-x-6 gap-y-1 rounded-control bg-sunken p-3 text-center font-mono text-lg "
            "tracking-widest sm:gap-y-2 sm:p-4 print:max-w-md print:gap-y-4 print:border print:border-edge "
            "print:bg-transparent",
            aria_label=tr("backup_codes.title"),
            custom_attrs={"data-testid": "backup-codes-list"},
        ),
        class_name="print-sheet",
    )
