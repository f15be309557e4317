"""The cards of the page Personal information."""

import reflex as rx

from netim_app.identity.state.profile import EmailState, ProfileState
from netim_app.identity.view.fields import error_at
from netim_app.texts import catalog
from netim_app.texts.countries import countries
from netim_app.texts.languages import languages
from netim_app.texts.time_zones import time_zones, zone_label
from netim_app.ui.buttons import button
from netim_app.ui.card import card
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import LongList, select_field, text_field
from netim_app.ui.form import columns, form
from netim_app.ui.notice import notice
from netim_app.ui.text import in_every_language, tr

_AUTOCOMPLETE = {
    "first_name": "given-name",
    "last_name": "family-name",
    "company": "organization",
    "phone": "tel",
    "street": "street-address",
    "postal_code": "postal-code",
    "city": "address-level2",
}


def _field(name: str) -> rx.Component:
    return text_field(
        name,
        tr(f"field.{name}"),
        value=ProfileState.values[name].to(str),
        autocomplete=_AUTOCOMPLETE[name],
        required=name == "first_name",
        hint=tr("field.last_name.hint") if name == "last_name" else "",
        mark_optional=name != "last_name",
        inputmode="tel" if name == "phone" else "",
        error=error_at(ProfileState.errors, name),
    )


def _country_field(language: str) -> rx.Component:
    return select_field(
        "country",
        tr("field.country"),
        LongList([("", catalog.text(language, "field.country.none")), *countries(language)]),
        value=ProfileState.values["country"].to(str),
        error=error_at(ProfileState.errors, "country"),
        autocomplete="country",
        required=False,
    )


def _language_field() -> rx.Component:
    stored = ProfileState.values["language"].to(str)
    field = select_field(
        "language",
        tr("field.language"),
        [(code, language.name) for code, language in languages().items()],
        value=stored,
        error=error_at(ProfileState.errors, "language"),
    )
    return rx.el.div(field, key=stored)


def _time_zone_field() -> rx.Component:
    return select_field(
        "time_zone",
        tr("field.time_zone"),
        LongList([(zone, zone_label(zone)) for zone in time_zones()]),
        value=ProfileState.values["time_zone"].to(str),
        error=error_at(ProfileState.errors, "time_zone"),
    )


def profile_card() -> rx.Component:
    """All personal information except the e-mail address, in one form."""
    return card(
        rx.el.div(
            form(
                columns(
                    *(_field(name) for name in _AUTOCOMPLETE),
                    in_every_language(_country_field),
                    _language_field(),
                    _time_zone_field(),
                ),
                on_submit=ProfileState.save,
                submit_label=tr("profile.save"),
                error=error_at(ProfileState.errors),
                test_id="profile",
            ),
            key=ProfileState.version.to(str),
        ),
        title=tr("profile.title"),
        text=tr("profile.intro"),
        icon="user",
        anchor="your-details",
        level=2,
    )


def email_card() -> rx.Component:
    """The e-mail address, and the dialog that changes it."""
    return card(
        rx.cond(
            ProfileState.pending_email != "",
            notice("info", tr("email.pending", email=ProfileState.pending_email), test_id="pending-email"),
        ),
        _email_dialog(),
        title=tr("email.title"),
        state=rx.el.p(ProfileState.email, class_name="font-medium text-ink", custom_attrs={"data-testid": "email"}),
        text=tr("email.text"),
        icon="mail",
        action=button(tr("email.change"), EmailState.begin, test_id="email-change"),
        anchor="email",
        level=2,
    )


def _email_dialog() -> rx.Component:
    return dialog(
        rx.el.p(tr("email.dialog.text")),
        form(
            _new_email_field(),
            on_submit=EmailState.submit,
            submit_label=tr("email.submit"),
            error=error_at(EmailState.errors),
            cancel=EmailState.close,
            test_id="change-email",
        ),
        open=EmailState.open,
        title=tr("email.change"),
        on_close=EmailState.close,
        test_id="email-dialog",
    )


def _new_email_field() -> rx.Component:
    return text_field(
        "email",
        tr("email.new"),
        type="email",
        autocomplete="email",
        inputmode="email",
        error=error_at(EmailState.errors, "email"),
        auto_focus=True,
        field_id="new-email",
    )
