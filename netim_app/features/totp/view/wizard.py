"""The wizard that enrols an authenticator."""

from typing import Any

import reflex as rx

from netim_app.feature import WizardStep
from netim_app.features.totp.state.card import MAX_NAME
from netim_app.features.totp.state.wizard import ENABLED_ELSEWHERE, GONE, TotpWizardState
from netim_app.identity.view.fields import code_field, error_at
from netim_app.offers import offers
from netim_app.ui.browser import copy_by_click
from netim_app.ui.buttons import button, button_link
from netim_app.ui.card import status
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import text_field
from netim_app.ui.form import form
from netim_app.ui.notice import notice
from netim_app.ui.parts import testid_attr
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
"""The applications to install, by system. Only the customer follows these links; nothing is loaded from them."""
STEPS = 2
"""The wizard's own steps. Features offer further ones, except for a further authenticator."""


def wizard() -> rx.Component:
    """The wizard's own steps, for the first authenticator and for a further one."""
    state = TotpWizardState
    return dialog(
        rx.match(
            error_at(state.errors, "ended"),
            ("", _present_step()),
            (
                ENABLED_ELSEWHERE,
                _end(
                    ENABLED_ELSEWHERE, button(tr("totp.wizard.close"), _close(), "primary", test_id="totp-ended-close")
                ),
            ),
            _end(GONE, _cancel(), button(tr("totp.wizard.again"), state.begin, "primary")),
        ),
        open=state.step > 0,
        title=rx.cond(state.adding, tr("totp.add"), tr("totp.wizard.title")),
        on_close=_close(),
        test_id="totp-wizard",
        size="lg",
        quiet_title=True,
    )


def _present_step() -> rx.Component:
    state = TotpWizardState
    return rx.cond(
        state.step == 1,
        rx.cond(state.adding, _scan_step(first=False), _scan_step(first=True)),
        rx.cond(state.adding, _code_step(first=False), _code_step(first=True)),
    )


def _end(key: str, *buttons: rx.Component) -> rx.Component:
    """Replaces the steps when the enrolment has ended."""
    text = notice("warning", tr(key), test_id="totp-ended")
    return rx.el.div(rx.el.div(text, role="alert"), button_row(*buttons), class_name="flex flex-col gap-5")


def _close() -> Any:
    return TotpWizardState.close(TotpWizardState.handle)


def _cancel() -> rx.Component:
    return button(tr("ui.form.cancel"), _close())


def _go_to(step: int, *, first: bool) -> Any:
    return TotpWizardState.go_to(step, first, TotpWizardState.handle)


def further_steps() -> list[rx.Component]:
    """The steps that features offer, after the wizard's own, for the first authenticator."""
    return [_further_step(offer, number) for number, offer in enumerate(offers().wizard_steps, STEPS + 1)]


def _further_step(offer: WizardStep, number: int) -> rx.Component:
    return dialog(
        step(
            status(tr("totp.wizard.enabled")),
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
        quiet_title=True,
    )


def _steps(*, first: bool) -> int:
    return STEPS + (len(offers().wizard_steps) if first else 0)


def _scan_step(*, first: bool) -> rx.Component:
    scan = rx.fragment(
        rx.el.p(tr("totp.wizard.scan"), class_name="phone:hidden"),
        rx.el.p(tr("totp.wizard.open"), class_name="desk:hidden"),
    )
    what = rx.el.span(tr("totp.wizard.what"), " ", class_name="phone:hidden")
    install = rx.fragment(rx.el.p(what, tr("totp.wizard.which")), _applications())
    text = numbered(install, scan) if first else rx.el.div(scan)
    return step(
        rx.el.div(
            text,
            _entry(),
            class_name="grid gap-4 sm:grid-cols-2 sm:gap-8" if first else "flex flex-col gap-6",
        ),
        *([rx.el.p(tr("totp.wizard.safe"), class_name="text-muted phone:hidden")] if first else []),
        number=1,
        of=_steps(first=first),
        title=tr("totp.wizard.install") if first else tr("totp.wizard.add_entry"),
        buttons=(
            _cancel(),
            button(tr("totp.wizard.next"), _go_to(2, first=first), "primary", test_id="totp-next"),
        ),
    )


def _entry() -> rx.Component:
    """The data for the application: as a link, as the key, and as a picture.

    A phone cannot scan its own screen, so there the link comes first and the picture is folded.
    """
    return rx.el.div(
        _open_link("desk:hidden w-full"),
        _key(),
        rx.el.div(_picture(test_id="totp-qr"), class_name="phone:hidden"),
        rx.el.details(
            rx.el.summary(tr("totp.wizard.show_picture"), class_name=f"w-fit rounded-sm py-1 text-muted {FOCUS}"),
            _picture(),
            class_name="w-full desk:hidden",
        ),
        _open_link("phone:hidden", test_id="totp-uri"),
        class_name="flex flex-col items-center gap-3",
    )


def _open_link(class_name: str, test_id: str = "") -> rx.Component:
    label, uri = tr("totp.wizard.same_device"), TotpWizardState.uri
    return button_link(label, uri, "secondary", test_id=test_id, class_name=class_name)


def _picture(test_id: str = "") -> rx.Component:
    """Dark on light in both themes: many scanners read nothing else. Unscaled, so that it stays sharp."""
    return rx.el.div(
        rx.el.img(
            src=TotpWizardState.picture,
            alt=tr("totp.wizard.picture"),
            class_name="max-w-none",
            custom_attrs=testid_attr(test_id),
        ),
        class_name="mx-auto w-fit rounded-control border border-line bg-[#fff] p-1",
    )


def _applications() -> rx.Component:
    """The systems of most customers, with the others folded. A phone has little room and shows only its own."""

    def of_kind(kind: Any) -> rx.Component:
        return rx.match(kind, *((name, _names(name)) for name in APPLICATIONS), rx.fragment())

    systems = TotpWizardState.systems
    others = "flex flex-col gap-1 desk:[&>li:nth-child(-n+2)]:hidden"
    return rx.el.div(
        rx.el.ul(
            rx.foreach(systems[:3], of_kind),
            class_name="flex flex-col gap-1 [&>li:first-child]:font-medium phone:[&>li:nth-child(n+2)]:hidden",
        ),
        rx.el.details(
            rx.el.summary(tr("totp.wizard.other_systems"), class_name=f"w-fit rounded-sm py-1 text-muted {FOCUS}"),
            rx.el.ul(rx.foreach(systems[1:], of_kind), class_name=others),
        ),
        class_name="flex flex-col gap-1 rounded-control bg-sunken p-3.5 phone:px-3 phone:py-2",
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
        # The comma stays with its name when the line wraps.
        parts += [" ", rx.el.span(website, comma, class_name="inline-block")]
    return rx.el.li(tr(f"totp.system.{kind}"), *parts)


def _key() -> rx.Component:
    return copy_by_click(
        TotpWizardState.key_text,
        heading=tr("totp.wizard.key"),
        label=tr("totp.wizard.copy_key"),
        done=tr("totp.wizard.copied"),
        without_blanks=True,
        test_id="totp-key",
    )


def _code_step(*, first: bool) -> rx.Component:
    state = TotpWizardState
    return step(
        rx.el.p(tr("totp.wizard.check_text")),
        form(
            code_field(error_at(state.errors, "code"), field_id="totp-code", auto_focus=True, or_backup_code=False),
            _name_field(first=first),
            rx.el.input(type="hidden", name="handle", value=state.handle, read_only=True),
            rx.el.input(type="hidden", name="first", value="on" if first else "", read_only=True),
            rx.el.div(button(tr("totp.wizard.back"), _go_to(1, first=first), "ghost"), class_name="-my-2 -ms-4"),
            on_submit=state.confirm,
            submit_label=tr("totp.wizard.check"),
            error=error_at(state.errors),
            cancel=_close(),
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
