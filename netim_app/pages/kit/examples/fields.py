"""Fields."""

import reflex as rx

from netim_app.pages.kit.state import KitState
from netim_app.ui.browser import field_from_fragment, time_zone_field
from netim_app.ui.fields import account_name, checkbox_field, select_field, text_area, text_field
from netim_app.ui.filtered_list import filtered_list
from netim_app.ui.form import form
from netim_app.ui.password_field import password_field
from netim_app.ui.strength import strength


def text_field_as_it_is() -> rx.Component:
    """`name` is the key in the form data; `autocomplete` tells the browser what it may fill in."""
    return text_field("city", "City", autocomplete="address-level2")


def text_field_whose_hint_says_that_it_may_stay_empty() -> rx.Component:
    """`mark_optional=False`: the label stays as it is."""
    return text_field(
        "family_name",
        "Last name",
        hint="Leave this empty if you have one name only.",
        required=False,
        mark_optional=False,
    )


def text_field_with_a_value_and_a_hint() -> rx.Component:
    """An optional field says so. `value` is its initial content; it never overwrites what was typed."""
    return text_field("company", "Company", value="Example SARL", hint="As on your invoices.", required=False)


def text_field_with_an_error() -> rx.Component:
    """The message comes from the server. It is a var; an empty one shows nothing."""
    return text_field("email", "Email address", type="email", value="anna@", error="This is no email address.")


def field_for_a_code() -> rx.Component:
    """Six digits, typed or pasted, send the form. Not for destructive forms."""
    return form(
        text_field(
            "nickname",
            "Code (6 digits)",
            autocomplete="one-time-code",
            inputmode="numeric",
            max_length=20,
            sends_itself=True,
            field_id="code",
        ),
        on_submit=KitState.save,
        submit_label="Check",
    )


def field_that_is_read_while_it_is_typed() -> rx.Component:
    """`field_id` is for two fields of one name on a page. `debounce`: the event waits for a pause of 250 ms."""
    return rx.fragment(
        text_field("city", "City", field_id="city-2", on_change=KitState.rate.debounce(250)),
        rx.el.p("The state now holds: ", KitState.score),
    )


def password_to_log_in() -> rx.Component:
    """The password can be shown, and the field warns of caps lock. No state ever gives it a value."""
    return password_field("password", "Password", autocomplete="current-password")


def password_that_is_asked_for_again() -> rx.Component:
    """Password managers need the account's name: it is invisible and not sent."""
    return rx.fragment(
        account_name(rx.Var.create("anna.martin@example.com")),
        password_field("password", "Current password", field_id="password-2"),
    )


def password_to_choose() -> rx.Component:
    """`extra` is below the input: here the strength, with words and score of your own."""
    return password_field(
        "new_password",
        "New password",
        autocomplete="new-password",
        hint="At least 12 characters.",
        on_change=KitState.rate.debounce(250),
        extra=strength(
            KitState.score,
            label="Strength",
            words=("Very weak", "Weak", "Fair", "Good", "Strong"),
        ),
    )


def password_with_an_error() -> rx.Component:
    """`required=False`: the field says that it is optional."""
    return password_field(
        "password", "Password", error="This is not your password.", required=False, field_id="password-3"
    )


def several_lines_of_text() -> rx.Component:
    """The form data holds all lines as one text. A browser silently cuts what is longer than `max_length`."""
    return text_area(
        "addresses",
        "Addresses",
        error="Line 2 cannot be read.",
        value="203.0.113.7\nmy office",
        hint="One per line.",
        placeholder="203.0.113.7",
        rows=4,
        max_length=1000,
        auto_focus=False,
    )


def choice_of_one() -> rx.Component:
    """The browser's own list. It takes pairs of value and label; hundreds of them as a `LongList`."""
    return select_field(
        "period", "Period", [("month", "A month"), ("year", "A year")], value="year", on_change=KitState.rate
    )


def choice_with_an_error() -> rx.Component:
    """As for any field."""
    return select_field(
        "country",
        "Country",
        [("", "Please choose"), ("BE", "Belgium"), ("FR", "France")],
        error="Please choose one of the list.",
        hint="Where you pay taxes.",
        autocomplete="country",
        required=False,
        field_id="country-2",
    )


def boxes_to_tick() -> rx.Component:
    """A ticked box sends `on` under its name, an empty one nothing."""
    return rx.fragment(
        checkbox_field("remember", "Keep me logged in", hint="For 30 days, in this browser only.", checked=True),
        checkbox_field("saved", "I have saved them", error="Please save the codes first."),
    )


def field_that_filters_a_list() -> rx.Component:
    """Only entries with the typed words stay. This happens in the browser: nothing is sent."""
    names = ("Brussels", "Lille", "London", "Paris")
    return filtered_list(
        lambda lacks: rx.el.ul(*(rx.el.li(name, hidden=lacks(name)) for name in names)),
        "Find a place",
        "There is none of this name.",
        shown=rx.Var.create(True),
    )


def field_that_the_browser_fills() -> rx.Component:
    """Hidden. The fragment's field removes the secret of a mailed link from the address bar; no state holds it."""
    return rx.fragment(
        time_zone_field("zone"),
        field_from_fragment("token", "kit-token", missing=rx.el.p("The URL has no fragment.")),
        rx.el.p("The fields themselves cannot be seen."),
    )
