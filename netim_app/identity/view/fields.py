"""Fields and messages that several forms share."""

from typing import Any

import reflex as rx

from netim_app.core.forms import MAX_CODE_LENGTH
from netim_app.identity.state.profile import ProfileState
from netim_app.identity.state.shell import MIN_PASSWORD_LENGTH
from netim_app.ui.fields import account_name, text_field
from netim_app.ui.password_field import password_field
from netim_app.ui.strength import strength
from netim_app.ui.text import early, tr


def error_at(errors: Any, name: str = "") -> rx.Var[str]:
    """The message at a field; without a name, that of the whole form."""
    return errors.get(name, "").to(str)


def own_account_name() -> rx.Component:
    """Tells password managers that the password asked for is that of this account."""
    return account_name(ProfileState.email)


def code_field(
    error: rx.Var[str],
    *,
    field_id: str,
    auto_focus: bool = False,
    or_backup_code: bool = True,
    sends_itself: bool = False,
    label: rx.Var[str] | None = None,
) -> rx.Component:
    """A field for the six digits of an application or a backup code.

    `label` names a field that accepts only one of them.
    """
    return text_field(
        "code",
        tr("field.code") if label is None else label,
        hint=tr("second_factor.hint") if or_backup_code else "",
        autocomplete="one-time-code",
        inputmode="numeric",
        max_length=MAX_CODE_LENGTH,
        error=error,
        auto_focus=auto_focus,
        field_id=field_id,
        sends_itself=sends_itself,
    )


def new_password_field(
    label: rx.Var[str], *, error: rx.Var[str], score: rx.Var[int], on_rate: Any, field_id: str = ""
) -> rx.Component:
    """A field for a new password, which shows its strength while the customer types."""
    return password_field(
        "password",
        label,
        autocomplete="new-password",
        hint=early("password.hint", limit=MIN_PASSWORD_LENGTH),
        error=error,
        on_change=on_rate.debounce(250),
        field_id=field_id,
        extra=strength(
            score,
            label=tr("password.strength"),
            words=tuple(tr(f"password.strength.{n}") for n in range(5)),
        ),
    )
