"""The wizard that sets a device up."""

from typing import Any

import reflex as rx

from netim_app.feature import WizardStep, offers
from netim_app.features.totp.state import MAX_NAME, TotpWizardState
from netim_app.identity.view.fields import code_field, error_at
from netim_app.ui.browser import copy_by_click
from netim_app.ui.buttons import button, button_link
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import text_field
from netim_app.ui.form import form
from netim_app.ui.notice import notice
from netim_app.ui.text import tr
from netim_app.ui.theme import FOCUS
from netim_app.ui.wizard import numbered, step

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
STEPS = 2
"""The wizard's own. Features offer further ones; a further device has none."""


def wizard() -> rx.Component:
    """The wizard's own steps, for the first device and for a further one."""
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


def further_steps() -> list[rx.Component]:
    """The steps that features offer: after the wizard's own, for the first device."""
    return [_further_step(offer, number) for number, offer in enumerate(offers().wizard_steps, STEPS + 1)]


def _further_step(offer: WizardStep, number: int) -> rx.Component:
    return dialog(
        step(
            notice("success", tr("totp.wizard.enabled")),
            offer.content(),
            number=number,
            of=_steps(first=True),
            title=tr(offer.title),
        ),
        open=offer.is_open(),
        title=tr("totp.wizard.title"),
        on_close=None,
        test_id=offer.test_id,
        size="lg",
    )


def _steps(*, first: bool) -> int:
    return STEPS + (len(offers().wizard_steps) if first else 0)


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
        of=_steps(first=first),
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
            _name_field(first=first),
            rx.el.div(button(tr("totp.wizard.back"), state.go_to(1), "ghost"), class_name="-my-2 -ml-4"),
            on_submit=state.confirm,
            submit_label=tr("totp.wizard.check"),
            error=error_at(state.errors),
            cancel=state.close,
            test_id="totp-confirm",
        ),
        number=2,
        of=_steps(first=first),
        title=tr("totp.wizard.check_title"),
    )


def _name_field(*, first: bool) -> rx.Component:
    return text_field(
        "name",
        tr("totp.name"),
        hint=tr("totp.name.hint"),
        value=tr("totp.name.default") if first else None,
        max_length=MAX_NAME,
        error=error_at(TotpWizardState.errors, "name"),
        field_id="totp-name",
    )
