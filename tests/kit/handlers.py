"""All event handlers of the product, and plausible arguments for them."""

import inspect
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from reflex_base.registry import RegistrationContext

from netim_app import netim_app  # noqa: F401  registers every state
from tests.kit.harness import PASSWORD, Client, Server, is_served
from tests.kit.reviewed import listed

SURNAME, COMPANY, PHONE = "Quintessence", "Zephyr Orchids", "+33 1 98 76 54 32"
PROFILE = {
    "first_name": "Zoe",
    "last_name": SURNAME,
    "company": COMPANY,
    "phone": PHONE,
    "street": "",
    "postal_code": "",
    "city": "",
    "country": "FR",
    "language": "en",
    "time_zone": "Europe/Paris",
}
WRITTEN_BY_ANYBODY = (
    "attempt_window",
    "journal_entry",
    "sign_up",
    "mailed_link",
    "outbox_message",
    "mail_reference",
    "passkey_challenge",
)
"""Tables to which a stranger may add: by asking for links and prompts, and by guessing."""
OWN_DATA = listed("own_data")
"""Handlers without arguments by which a customer rightly changes their own account."""


def handlers() -> dict[str, Callable[..., Any]]:
    """Every handler that the server would run, under its name on the wire."""
    return {
        name: found.handler.fn
        for name, found in RegistrationContext.get().event_handlers.items()
        if is_served(found.states[0])
    }


def short(name: str) -> str:
    """`StateClass.method` of a name on the wire."""
    state, _, method = name.rpartition(".")
    return f"{RegistrationContext.get().base_states[state].__name__}.{method}"


def parameters(handler: Callable[..., Any]) -> list[str]:
    return [name for name in inspect.signature(handler).parameters if name != "self"]


def plausible(handler: Callable[..., Any], victim: str) -> dict[str, Any]:
    """Arguments as a page would send them, aimed at the victim."""
    form = PROFILE | {
        "first_name": "Mallory",
        "email": victim,
        "password": "Mallory's own 77 geese",
        "current": PASSWORD + "?",
        "token": "A" * 43,
        "remember": "on",
    }
    known = {
        "form": form,
        "language": "fr",
        "number": "deadbeef",
        "on": True,
        "password": "typed so far",
        "value": True,
        "vars": {},
        "info": "stack",
        "component_stack": "stack",
    }
    return {name: known.get(name, "1") for name in parameters(handler)}


@pytest.fixture
async def victim(server: Server, new_email: Callable[[], str]) -> AsyncIterator[Client]:
    """A customer whose personal data would be noticed anywhere."""
    email = server.create_account(new_email(), first_name="Zoe", last_name=SURNAME)
    async with Client(server) as client:
        client.email = email
        await client.log_in(email)
        await client.call("ProfileState.save", form=PROFILE)
        assert_sees_own_data(client)
        yield client


def assert_sees_own_data(client: Client) -> None:
    assert client.vars["ProfileState.values"]["phone"] == PHONE
    assert client.vars["ShellState.customer_name"] == f"Zoe {SURNAME}"


def assert_nothing_personal(client: Client) -> None:
    heard = str(client.heard)
    for secret in (SURNAME, COMPANY, PHONE):
        assert secret not in heard
    assert_no_trace(client)


def assert_no_trace(client: Client) -> None:
    for sign in ("Traceback", "site-packages", ".py", "Exception", "TypeError", "sqlalchemy"):
        assert sign not in str(client.heard)
