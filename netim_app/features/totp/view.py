"""The card "Two-factor authentication", the wizard and the dialogs."""

from typing import Any

import reflex as rx

from netim_app.features.totp.state import MAX_AUTHENTICATORS, MAX_NAME, TotpDialogState, TotpState, TotpWizardState
from netim_app.identity.view.shell import code_field, error_at
from netim_app.ui import card as kit
from netim_app.ui.browser import copy_by_click
from netim_app.ui.buttons import button, button_link
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import text_field
from netim_app.ui.form import form
from netim_app.ui.notice import notice
from netim_app.ui.text import tr
from netim_app.ui.theme import FOCUS
from netim_app.ui.wizard import button_row, numbered, step

APPLICATIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "android": (
        ("Aegis Authenticator", "https://getaegis.app/"),
        (
            "Google Authenticator",
            "https://play.google.com/store/apps/details?id=com.google.android.apps.authenticator2",
        ),
        ("FreeOTP", "https://freeotp.github.io/"),
    ),
    "ios": (
        ("Google Authenticator", "https://apps.apple.com/app/google-authenticator/id388497605"),
        ("FreeOTP", "https://freeotp.github.io/"),
    ),
    "windows": (("KeePassXC", "https://keepassxc.org/"),),
    "macos": (("KeePassXC", "https://keepassxc.org/"),),
    "linux": (("KeePassXC", "https://keepassxc.org/"),),
    "browser": (("Bitwarden", "https://bitwarden.com/"), ("1Password", "https://1password.com/")),
}
"""What to install, by system. Links are followed by the customer only; nothing is loaded from there."""


STEPS = 3
"""The third, which shows the backup codes, is another feature's. There is none for a further device."""


def card() -> rx.Component:
    """Whether it is on, the devices, and what changes them."""
    return kit.card(
        rx.cond(TotpState.enabled, _devices()),
        _wizard(),
        _rename_dialog(),
        _remove_dialog(),
        _disable_dialog(),
        title=tr("totp.title"),
        state=kit.status(_state(), on=TotpState.enabled),
        text=tr("totp.text"),
        action=rx.cond(
            TotpState.enabled,
            button(tr("totp.disable"), TotpDialogState.begin_disable, test_id="totp-disable"),
            button(tr("totp.enable"), TotpWizardState.begin, "primary", test_id="totp-enable"),
        ),
        anchor="two-factor",
        icon="phone",
    )


def _state() -> rx.Var[str]:
    return rx.match(
        TotpState.devices.length(),
        (0, tr("totp.off")),
        (1, tr("totp.on")),
        tr("totp.on.several", count=TotpState.devices.length()),
    )


def _devices() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h3(tr("totp.devices"), class_name="font-semibold"),
            rx.cond(
                ~TotpState.full,
                button(
                    "",
                    TotpWizardState.begin,
                    icon_name="plus",
                    aria_label=tr("totp.add"),
                    test_id="totp-add",
                    class_name="w-11 px-0",
                ),
            ),
            class_name="flex min-h-11 items-center justify-between gap-3",
        ),
        rx.cond(TotpState.full, rx.el.p(tr("totp.full_hint", limit=MAX_AUTHENTICATORS), class_name="-mt-3 text-muted")),
        rx.el.ul(
            rx.foreach(TotpState.devices, _device),
            class_name="flex flex-col divide-y divide-line rounded-control border border-line",
            custom_attrs={"data-testid": "totp-devices"},
        ),
        class_name="flex flex-col gap-3",
    )


def _device(device: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(device.name, class_name="font-medium break-words"),
            rx.el.p(
                tr("totp.device.added", date=device.added),
                " · ",
                rx.cond(device.last_used != "", tr("totp.device.used", date=device.last_used), tr("totp.device.never")),
                class_name="text-xs text-muted",
            ),
            class_name="min-w-0 flex-1 basis-48",
        ),
        rx.el.div(
            button(
                tr("totp.rename"),
                TotpDialogState.begin_rename(device.id),
                "ghost",
                aria_label=tr("totp.rename.one", name=device.name),
                class_name="px-2.5",
            ),
            button(
                tr("totp.remove"),
                TotpDialogState.begin_remove(device.id),
                "ghost",
                aria_label=tr("totp.remove.one", name=device.name),
                class_name="px-2.5",
            ),
            class_name="-mr-2 ml-auto flex flex-wrap",
        ),
        class_name="flex flex-wrap items-center gap-x-3 gap-y-1 p-3.5",
    )


# The wizard


def _wizard() -> rx.Component:
    state = TotpWizardState
    return dialog(
        rx.cond(
            state.step == 1,
            rx.cond(state.adding, _scan_step(first=False), _scan_step(first=True)),
            rx.cond(state.adding, _code_step(first=False), _code_step(first=True)),
        ),
        open=state.step > 0,
        title=rx.cond(state.adding, tr("totp.add"), tr("totp.wizard.title")),
        on_close=state.close,
        test_id="totp-wizard",
        size="lg",
    )


def _scan_step(*, first: bool) -> rx.Component:
    scan = rx.el.p(tr("totp.wizard.scan"))
    install = rx.fragment(rx.el.p(tr("totp.wizard.what")), _applications())
    text = numbered(install, scan) if first else scan
    return step(
        rx.el.div(
            text,
            _entry(),
            class_name="grid gap-6 sm:grid-cols-2 sm:gap-8" if first else "flex flex-col gap-6",
        ),
        *([rx.el.p(tr("totp.wizard.safe"), class_name="text-muted")] if first else []),
        number=1,
        of=STEPS if first else STEPS - 1,
        title=tr("totp.wizard.install") if first else tr("totp.wizard.add_entry"),
        buttons=(
            button(tr("ui.form.cancel"), TotpWizardState.close),
            button(tr("totp.wizard.next"), TotpWizardState.go_to(2), "primary", test_id="totp-next"),
        ),
    )


def _entry() -> rx.Component:
    """What the application needs to know: the key, and the same as a picture and as a link."""
    return rx.el.div(
        _key(),
        # A phone cannot scan its own screen: there, the link comes before the picture.
        button_link(
            tr("totp.wizard.same_device"),
            TotpWizardState.uri,
            "secondary",
            test_id="totp-uri",
            class_name="max-sm:w-full sm:order-last",
        ),
        # Dark on light in both themes: many readers do not know the other way round.
        rx.el.img(
            src=TotpWizardState.picture,
            alt=tr("totp.wizard.picture"),
            class_name="size-56 max-w-full rounded-control border border-line bg-[#fff] [image-rendering:pixelated]",
            custom_attrs={"data-testid": "totp-qr"},
        ),
        class_name="flex flex-col items-center gap-3",
    )


def _applications() -> rx.Component:
    def of_kind(kind: Any) -> rx.Component:
        return rx.match(kind, *((name, _names(name)) for name in APPLICATIONS), rx.fragment())

    systems = TotpWizardState.systems
    return rx.el.div(
        rx.el.ul(rx.foreach(systems[:3], of_kind), class_name="flex flex-col gap-1 [&>li:first-child]:font-medium"),
        rx.el.details(
            rx.el.summary(tr("totp.wizard.other_systems"), class_name=f"w-fit rounded-sm py-1 text-muted {FOCUS}"),
            rx.el.ul(rx.foreach(systems[3:], of_kind), class_name="flex flex-col gap-1"),
        ),
        class_name="flex flex-col gap-1 rounded-control bg-sunken p-3.5",
        custom_attrs={"data-testid": "totp-applications"},
    )


def _names(kind: str) -> rx.Component:
    parts: list[Any] = []
    for number, (name, href) in enumerate(APPLICATIONS[kind], start=1):
        website = rx.el.A.create(
            name,
            href=href,
            target="_blank",
            rel="noopener noreferrer",
            class_name=f"inline-block rounded-sm py-0.5 text-accent underline underline-offset-4 {FOCUS}",
        )
        comma = "," if number < len(APPLICATIONS[kind]) else ""
        # The comma stays with its name when the line is full.
        parts += [" ", rx.el.span(website, comma, class_name="inline-block")]
    return rx.el.li(tr(f"totp.system.{kind}"), *parts)


def _key() -> rx.Component:
    return rx.el.div(
        rx.el.p(tr("totp.wizard.key"), class_name="text-muted"),
        copy_by_click(
            TotpWizardState.key_text,
            label=tr("totp.wizard.copy_key"),
            done=tr("totp.wizard.copied"),
            without_blanks=True,
            test_id="totp-key",
        ),
        class_name="flex w-full flex-col items-center gap-1 text-center",
    )


def _code_step(*, first: bool) -> rx.Component:
    state = TotpWizardState
    return step(
        rx.el.p(tr("totp.wizard.check_text")),
        form(
            code_field(error_at(state.errors, "code"), field_id="totp-code", auto_focus=True, or_backup_code=False),
            text_field(
                "name",
                tr("totp.name"),
                hint=tr("totp.name.hint"),
                value=tr("totp.name.default") if first else None,
                max_length=MAX_NAME,
                error=error_at(state.errors, "name"),
                field_id="totp-name",
            ),
            rx.el.div(
                button(tr("totp.wizard.back"), state.go_to(1), "ghost"),
                class_name="-my-2 -ml-4",
            ),
            on_submit=state.confirm,
            submit_label=tr("totp.wizard.check"),
            error=error_at(state.errors),
            cancel=state.close,
            test_id="totp-confirm",
        ),
        number=2,
        of=STEPS if first else STEPS - 1,
        title=tr("totp.wizard.check_title"),
    )


# The dialogs


def _rename_dialog() -> rx.Component:
    state = TotpDialogState
    return dialog(
        form(
            text_field(
                "name",
                tr("totp.name"),
                value=state.device_name,
                max_length=MAX_NAME,
                error=error_at(state.errors, "name"),
                field_id="totp-new-name",
                auto_focus=True,
            ),
            on_submit=state.rename,
            submit_label=tr("totp.rename.submit"),
            error=error_at(state.errors),
            cancel=state.close,
            test_id="totp-rename",
        ),
        open=state.dialog == "rename",
        title=tr("totp.rename.title"),
        on_close=state.close,
        test_id="totp-rename-dialog",
    )


def _remove_dialog() -> rx.Component:
    state = TotpDialogState
    wrong = error_at(state.errors)
    return dialog(
        rx.cond(wrong != "", notice("danger", wrong)),
        rx.el.p(tr("totp.remove.text", name=state.device_name), class_name="break-words"),
        button_row(
            button(tr("ui.form.cancel"), state.close),
            button(tr("totp.remove.submit"), state.remove, "danger", test_id="totp-remove-submit"),
        ),
        open=state.dialog == "remove",
        title=tr("totp.remove.title"),
        on_close=state.close,
        test_id="totp-remove-dialog",
    )


def _disable_dialog() -> rx.Component:
    state = TotpDialogState
    return dialog(
        rx.cond(state.device != 0, notice("info", tr("totp.last"))),
        rx.el.p(tr("totp.disable.text")),
        form(
            code_field(error_at(state.errors, "code"), field_id="totp-disable-code", auto_focus=True),
            on_submit=state.disable,
            submit_label=tr("totp.disable.submit"),
            submit_kind="danger",
            error=error_at(state.errors),
            cancel=state.close,
            test_id="totp-disable-form",
        ),
        open=state.dialog == "disable",
        title=tr("totp.disable.title"),
        on_close=state.close,
        test_id="totp-disable-dialog",
    )
