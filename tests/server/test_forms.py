"""Bad input into every field of every form, over the raw socket."""

import inspect
from datetime import timedelta
from typing import Any

import pytest
from reflex_base.registry import RegistrationContext

from netim_app import netim_app  # noqa: F401  registers every state
from netim_app.identity import links
from tests.kit.access import marked
from tests.kit.factories import account_id_of
from tests.kit.fakes import until
from tests.kit.forms import FORMS, PROFILE
from tests.kit.harness import Client, Server
from tests.kit.reviewed import listed

HTML = "<img src=x onerror=alert(1)>"
BAD: dict[str, Any] = {
    "empty": "",
    "missing": ...,
    "spaces": "     ",
    "long": "x" * 10_000,
    "long and composed": "e\u0301" * 10_000,
    "control": "An\x07na",
    "NUL": "An\0na",
    "line break": "Anna\r\nBcc: all@example.com",
    "right-to-left": "An\u202ena",
    "zero width": "An\u200bna",
    "surrogate": "An\ud800na",
    "html": HTML,
    "null": None,
    "bool": True,
    "number": 42,
    "float": float("nan"),
    "list": ["Anna"],
    "dict": {"a": "Anna"},
    "bytes-like": {"type": "Buffer", "data": [1, 2]},
}
WITHOUT_FIELDS = ("LoginState.submit_code", *listed("forms_without_fields"))
"""Forms with a box to tick at most, and two that are not open: the list of rules (`test_ip_restriction` tries it), and
the code form before a password was right."""
OPTIONAL = (*listed("optional"), "last_name", "company", "phone", "street", "postal_code", "city", "country")
FREE_TEXT = (*listed("free_text"), "first_name", "last_name", "company", "street", "city")
PASTED = listed("pasted")


def is_fine(handler: str, field: str, kind: str) -> bool:
    """Whether a value looks odd and is valid all the same."""
    if field == "password":
        return handler in ("SignUpState.submit", "ResetState.submit") and kind in (
            "control",
            "line break",
            "right-to-left",
            "html",
        )
    if field in PASTED:
        return isinstance(BAD[kind], str) and kind not in ("empty", "spaces")
    if kind == "html":
        return field in FREE_TEXT
    if kind == "zero width":  # is dropped
        return field in (*FREE_TEXT, "postal_code")
    if field == "country":
        return kind in ("empty", "missing")
    return field in OPTIONAL and kind in ("empty", "missing", "spaces")


def form_handlers() -> set[str]:
    """Every handler that takes a form, from the running registry, but those of pages for developers."""
    return {
        f"{found.states[0].__name__}.{name.rpartition('.')[2]}"
        for name, found in RegistrationContext.get().event_handlers.items()
        if "form" in inspect.signature(found.handler.fn).parameters
        and not found.states[0].__module__.startswith("netim_app.pages.")
    }


def test_every_form_is_here() -> None:
    assert form_handlers() == {*FORMS, *WITHOUT_FIELDS}


REQUESTS = "SELECT count(*) FROM outbox_message WHERE event LIKE '%\\_request' ESCAPE '\\'"


async def written(server: Server) -> tuple[object, object]:
    """All that a form could have changed. A mail that is being sent changes its row by itself, so mails are counted."""
    await until(lambda: server.query(REQUESTS) == [0])  # what an earlier form has asked for writes when it is answered
    rows = server.dump("attempt_window", "journal_entry", "account_session", "outbox_message")
    return rows, server.query("SELECT count(*) FROM outbox_message")


def reset_token(server: Server, email: str) -> str:
    """The secret of a reset link, as if it had been mailed."""
    with server.units.write() as unit:
        account = account_id_of(unit, email)
        return links.new_link(unit, purpose="reset", life=timedelta(hours=1), account_id=account)


CASES = [(handler, field) for handler, form in FORMS.items() for field in form]


@pytest.mark.parametrize(("handler", "field"), CASES, ids=[f"{h}-{f}" for h, f in CASES])
async def test_bad_input(server: Server, anna: Client, email: str, handler: str, field: str) -> None:
    state = handler.partition(".")[0]
    async with Client(server) as stranger:
        await stranger.load("/login")
        client = stranger if handler in marked("ANYONE") else anna
        for kind, value in BAD.items():
            valid = FORMS[handler]
            if state == "ResetState" and field == "password":
                valid = valid | {"token": reset_token(server, email)}
            form = {name: v for name, v in (valid | {field: value}).items() if v is not ...}
            before = await written(server)
            client.heard.clear()
            await client.call(handler, form=form)
            errors = client.vars[f"{state}.errors"]
            heard = str(client.heard)
            for trace in ("Traceback", ".py", "Error:", "incident", "site-packages"):
                assert trace not in heard, kind
            if is_fine(handler, field, kind):
                assert errors == {} or handler != "ProfileState.save", (kind, errors)
                continue
            assert (await written(server)) == before, f"{kind}: something was written"
            assert errors, f"{kind}: no message"
            assert set(errors) <= {field, "current", ""} | ({"password"} if state == "StepUpState" else set()), kind
            assert all(isinstance(message, str) and message for message in errors.values())
            if field not in ("token", "current", "code") and state not in (
                "LoginState",
                "StepUpState",
                "PasswordState",
            ):
                assert field in errors, kind
    assert server.alive


NOT_FORMS: list[Any] = [None, True, 7, "text", [], ["a"], {}, {"": ""}, {"form": {}}, "x" * 100_000, [[["a"]]]]


@pytest.mark.parametrize("handler", [*FORMS, *WITHOUT_FIELDS])
async def test_not_even_a_form(server: Server, anna: Client, guest: Client, handler: str) -> None:
    before = await written(server)
    for client in (guest, anna):
        for value in NOT_FORMS:
            await client.call(handler, form=value)
            assert "Traceback" not in str(client.heard)
    assert (await written(server)) == before


async def test_xss_html_stays_text(server: Server, anna: Client, email: str) -> None:
    await anna.call("ProfileState.save", form=PROFILE | {"first_name": HTML, "company": "{{ 7*7 }} ${7*7}"})
    assert anna.vars["ProfileState.values"]["first_name"] == HTML
    assert anna.vars["ProfileState.values"]["company"] == "{{ 7*7 }} ${7*7}"
    await anna.call("LoginAlertsState.switch", on=True)
    await anna.call("LoginAlertsState.switch", on=False)
    mail = server.wait_for_mail(email)
    page = mail.get_body(("html",))
    assert page is not None
    assert HTML not in page.get_content()
    assert "\r" not in str(mail["subject"])
