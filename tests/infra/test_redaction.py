"""infra.redaction and infra.log: the very lines that Reflex and its friends write, without what must not be in them."""

import asyncio
import io
import json
import logging
import logging.config
import time
from collections.abc import Iterator
from typing import Any

import pytest
import socketio
from hypothesis import example, given
from hypothesis import strategies as st

from netim_app.infra import log, redaction, server_log
from netim_app.infra.log import log_event
from netim_app.infra.redaction import MASK, redact
from tests.kit.fakes import captured_log
from tests.kit.log_setup import undo_install

S = "hunter2-Correct-Horse"
CODE = "493817"
COOKIE = "gAAAAABl-secret-cookie-value"
UUID = "0b5f7c1e-1f0a-4c57-9a61-0d3d6f1f2a3b"
TOKEN = "dGhpcyBpcyBhIHRva2VuIG9mIDI1NiBiaXRzLi4uLjA"
EVENT: dict[str, Any] = {
    "name": "app.login.submit",
    "payload": {"form_data": {"email": "a@b.test", "password": S, "note": 'it\'s {"x": 1}'}},
    "router_data": {
        "headers": {
            "cookie": f"__Host-netim_session={COOKIE}; theme=dark",
            "host": "x",
            "authorization": f"Bearer {COOKIE}",
        },
        "token": UUID,
    },
}
PARAGRAPH = f"{S}\nTraceback of {S}"

LINES = [
    # reflex/app.py, on_event
    f"Received event from session abc with no associated token. This may indicate a bug. Event data: {EVENT}",
    "Received event data as a string. This generally should not happen and may indicate a bug. Event data: "
    + json.dumps(EVENT),
    f"Received event data as a string. This generally should not happen and may indicate a bug. Event data: {PARAGRAPH}",  # noqa: E501
    f"Failed to deserialize event data: {EVENT}.",
    f"Failed to deserialize event data: [{S}\n, {S}].",
    f"Event data must be a dictionary, but received {[S, COOKIE]} of type {type([])}.",
    # reflex_base/event/processor
    (
        "Error transforming event payload for handler LoginState.submit: Error transforming event argument 'form' with value "  # noqa: E501
        f"'{EVENT['payload']}' and type hint '<class 'int'>'"
    ),
    f"Error transforming event argument 'code' with value '{CODE}' and type hint '<class 'int'>'",
    f"Error transforming event argument 'code' with value '{CODE} and type hint ' {CODE}' and type hint 'int'",
    "Error transforming event argument 'x' with value '" + S + "y" * 20_000 + "' and type hint 'int'",
    f"Error processing event queue entry for Event(name='x', router_data={EVENT['router_data']}, payload={EVENT['payload']}) [txid=1]:",  # noqa: E501
    f"Received a string value ({S}) but expected a <class 'int'>",
    f"Received an invalid enum value ({S}) for type <enum>",
    f"Dropping stale login invocation for token {UUID}, already superseded by a newer chain.",
    # reflex/istate/manager/redis.py, reflex/utils/token_manager.py
    f"Lock for token {UUID}_reflex___state____state was held too long time_taken=1.2s, use `@rx.event",
    f"Redis error storing token_manager_socket_record_{UUID}: timed out",
    f"Attempting to send delta to disconnected client '{UUID}'",
    # socketio, engineio, granian, ASGI
    f'abc: Received packet MESSAGE data 2/_event,["event",{json.dumps(EVENT)}]',
    f'received event "event" from abc [/_event] {EVENT}',
    f"{{'HTTP_COOKIE': '{COOKIE}', 'HTTP_HOST': 'x', 'HTTP_AUTHORIZATION': 'Bearer {COOKIE}'}}",
    f"headers=[(b'host', b'x'), (b'cookie', b'a={COOKIE}'), (b'authorization', b'Session {COOKIE}')]",
    f"GET /?token={COOKIE}&x=1 HTTP/1.1\nCookie: theme=dark; netim_session={COOKIE}\nAuthorization: Bearer {COOKIE}\nHost: x",  # noqa: E501
    f"Set-Cookie: netim_session={COOKIE}; HttpOnly",
    f'127.0.0.1 - "GET /_event/?token={UUID}&EIO=4 HTTP/1.1" 101',
    # ours, and what we might write by mistake
    f"password={S!r} code={CODE} backup_codes=['{CODE}', '{CODE}'] secret: {S}",
    f'{{"new_password": "{S}", "ticket": "{COOKIE}"}}',
    json.dumps(json.dumps({"password": S, "codes": [CODE]})),
    repr(repr({"password": S + "'", "z": {"secret": [S]}})),
    f"Form(password=SecretBox('{S}', '{S}'), code=Code({CODE}))",
    f"payload={{'a': '}}', 'b': '{S}'}}",
    f"payload={{'a': 'never closed {S}",
    f"link https://x.test/verify-email#{TOKEN} was opened",
    f"otpauth://totp/Netim:a@b.test?secret={'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'}&issuer=Netim",
    "seed JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "hash $2b$12$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ012345",
    # the database and pydantic
    (
        f"(psycopg.errors.UniqueViolation) duplicate key\nDETAIL:  Key (email)=({S}) already exists.\n"  # noqa: S608
        f"[SQL: INSERT INTO account (email) VALUES (%(email)s)]\n[parameters: {{'email': '{S}', 'x': ']'}}]\n"
        "(Background on this error at: https://sqlalche.me/e/20/gkpj)"
    ),
    f"1 validation error for X\nx\n  Input should be an int [type=int, input_value='{S}', input_type=str]",
]
SECRETS = (
    S, CODE, COOKIE, UUID, TOKEN, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "$2b$12$", S[:12], S[-8:], "Correct",
)  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_no_secret_is_left_in_a_line(line: str) -> None:
    cleaned = redact(line)
    assert MASK in cleaned
    assert not [secret for secret in SECRETS if secret in cleaned]
    assert redact(cleaned) == cleaned


@pytest.mark.parametrize(
    "line",
    [
        "Started server on http://127.0.0.1:3000",
        "mail.sent mail=0123456789abcdef0123456789abcdef attempt=1",
        "session a3f5 of account 12 from 192.0.2.1 logged in with Firefox 140",
        '192.0.2.1 - "GET /assets/root-BxYz1234.js HTTP/1.1" 200 3.1',
        "status_code=404 exit_code: 1 decode=utf-8 codec: gzip barcode=1",
        "digest 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "reflex___state____state.netim_app___identity___state",
    ],
)
def test_harmless_lines_stay_as_they_are(line: str) -> None:
    assert redact(line) == line


def test_a_long_text_is_cut() -> None:
    assert len(redact("x " * redaction.MAX_LENGTH)) < redaction.MAX_LENGTH + 20


def test_what_stands_around_a_secret_stays() -> None:
    assert redact(f"user=7 password={S} ip=192.0.2.1") == f"user=7 password={MASK} ip=192.0.2.1"
    assert redact(f"{{'password': '{S}', 'ip': '192.0.2.1'}}") == f"{{'password': {MASK}, 'ip': '192.0.2.1'}}"


@example(']"', "password")
@given(st.text(), st.sampled_from(["password", "token", "cookie", "HTTP_COOKIE", "new_password", "code", "secret"]))
def test_the_value_of_a_secret_key_never_shows(value: str, key: str) -> None:
    value = f"Q7x{value}Q7x"
    record: dict[str, Any] = {"a": 1, key: value, "z": [1, {key: [value]}]}
    for text in (repr(record), json.dumps(record), f"x {record!r} y", repr(repr(record))):
        assert "Q7x" not in redact(text)


@given(st.text(max_size=400))
def test_no_text_raises(text: str) -> None:
    redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "a_" * 100_000, "token_" * 20_000, "code" * 20_000, "'" * 100_000, "\\" * 100_000, "password='" * 10_000, "token={" * 9_000,  # noqa: E501
        "Event data must be a dictionary, but received " * 2_000, "input_value=" * 9_000, "a-A1" * 30_000, "[parameters: " * 9_000,  # noqa: E501
        "Error transforming event argument '" * 5_000, "cookie\\\\\\\\" * 9_000, "password" + " " * 50_000, "0123abcd-" * 9_000,  # noqa: E501
    ],
)  # fmt: skip
def test_a_hostile_text_costs_little_time(text: str) -> None:
    started = time.process_time()
    redact(text)
    assert time.process_time() - started < 1


# --- records


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """The log as `install` writes it; everything is put back afterwards."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    named = {n: (logging.getLogger(n).handlers[:], logging.getLogger(n).propagate) for n in log.CLEANED_LOGGERS}
    log.install(production=False, stream=stream)
    yield stream
    undo_install()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, (own, propagate) in named.items():
        logging.getLogger(name).handlers[:] = own
        logging.getLogger(name).propagate = propagate


def test_servers_of_sockets_add_no_handler_of_their_own(output: io.StringIO) -> None:
    server = socketio.AsyncServer(async_mode="asgi", logger=False, engineio_logger=False)
    try:
        raise ValueError("not for the log as it is")
    except ValueError:
        server.eio.logger.exception("message async handler error")
    for name in ("engineio.server", "socketio.server"):
        assert logging.getLogger(name).handlers == []
    assert output.getvalue().count("\n") == 1, "one line, and not a second one in another form"


@pytest.mark.parametrize(
    "name", ["reflex.app", "reflex_base.event", "_granian", "socketio.server", "engineio.server", "x.y"]
)
def test_the_line_of_every_logger_is_clean(output: io.StringIO, name: str) -> None:
    logging.getLogger(name).warning("Event %s with %r", EVENT, {"cookie": COOKIE})
    line = output.getvalue()
    assert "Event" in line
    assert not [secret for secret in SECRETS if secret in line]
    assert line.count("\n") == 1


def test_a_handler_that_somebody_else_installs_later_gets_clean_records_too(output: io.StringIO) -> None:
    with captured_log("reflex") as records:
        logging.getLogger("reflex.app").error("password=%s", S)
        try:
            raise ValueError(f"Failed to deserialize event data: {EVENT}.")
        except ValueError:
            logging.getLogger("reflex.app").exception("payload=%s", EVENT)
    other = logging.Formatter("%(message)s")
    text = "\n".join(other.format(record) for record in records) + repr([vars(record) for record in records])
    assert "ValueError" in text
    assert not [secret for secret in SECRETS if secret in text]


def test_exceptions_are_cleaned_with_their_causes_and_groups(output: io.StringIO) -> None:
    inner = ValueError(f"Event data: {PARAGRAPH}")
    try:
        try:
            raise KeyError({"password": S})
        except KeyError as cause:
            raise ExceptionGroup("several", [inner]) from cause
    except ExceptionGroup:
        logging.getLogger("netim").exception("incident %s", "ab12")
    line = output.getvalue()
    assert all(
        word in line for word in ("ab12", "KeyError: {", "ValueError: Event data", "direct cause", "test_redaction.py")
    )
    assert not [secret for secret in SECRETS if secret in line]
    assert line.count("\n") == 1


def test_a_record_that_cannot_be_formatted_shows_no_argument(output: io.StringIO) -> None:
    logging.getLogger("x").warning("%d items", S)
    assert "could not be written" in output.getvalue()
    assert S not in output.getvalue()


def test_a_line_says_when_who_and_what(output: io.StringIO) -> None:
    log_event(
        logging.getLogger("netim.login"),
        "login.refused",
        ip="192.0.2.1",
        account=12,
        event="x.y",
        reason="wrong code",
    )
    moment, *fields = output.getvalue().strip().split(" ", 1)
    assert moment.endswith("Z")
    assert fields == [
        'level=info logger=netim.login event=login.refused ip=192.0.2.1 account=12 event_=x.y reason="wrong code"'
    ]


def test_nobody_forges_a_second_line(output: io.StringIO) -> None:
    log_event(logging.getLogger("x"), "login", browser="Firefox\n2026-01-01T00:00:00.000Z level=info event=forged")
    logging.getLogger("x").warning("first\nsecond\u2028third")
    lines = output.getvalue().splitlines()
    assert len(lines) == 2
    assert all(line[:2] == "20" for line in lines)


def test_secret_fields_of_an_event_are_masked(output: io.StringIO) -> None:
    log_event(logging.getLogger("x"), "oops", password=S, new_token=COOKIE, code=CODE, note=f"token={COOKIE}", n=3)
    line = output.getvalue()
    assert not [secret for secret in SECRETS if secret in line]
    assert "n=3" in line


def test_production_writes_json(output: io.StringIO) -> None:
    log.install(production=True, stream=output)
    log_event(logging.getLogger("x"), "login", account=12, ip="192.0.2.1")
    logging.getLogger("reflex.app").warning("password=%s\n", S)
    first, second = (json.loads(line) for line in output.getvalue().splitlines())
    assert (first["event"], first["account"], first["level"]) == ("login", 12, "info")
    assert second["message"].startswith(f"password={MASK}")


def test_granian_takes_our_form_and_keeps_our_cleaning(output: io.StringIO) -> None:
    """Granian merges our part into its own configuration, in each process."""
    from granian.log import LOGGING_CONFIG

    configuration: dict[str, Any] = LOGGING_CONFIG | server_log.granian_log_config(production=True)
    configuration["handlers"]["stderr"]["stream"] = output
    logging.config.dictConfig(configuration)
    logging.getLogger("_granian").warning("token=%s", COOKIE)
    log.install(production=False, stream=output)
    logging.getLogger("_granian").warning("token=%s", COOKIE)
    first, second = output.getvalue().splitlines()
    assert json.loads(first)["message"] == f"token={MASK}"
    assert second.endswith(f'message="token={MASK}"')


async def test_reflex_itself_leaks_nothing(output: io.StringIO) -> None:
    """Reflex' own code, fed with what makes it write a whole event."""
    from reflex.app import EventNamespace
    from reflex_base.event.processor.base_state_processor import _prepare_event_payload
    from reflex_base.utils.exceptions import EventDeserializationError

    class Namespace(EventNamespace):
        def __init__(self) -> None:
            self._token_manager = type("Manager", (), {"sid_to_token": {"known": UUID}})()

    namespace = Namespace()
    await namespace.on_event("unknown", EVENT)
    for packet in ("not json " + S, json.dumps([S]), [S], {"payload": {"password": S}}):
        try:
            await namespace.on_event("known", packet)
        except EventDeserializationError:
            logging.getLogger("socketio").exception("handler failed")

    class Handler:
        _type_hints = {"form": int}

        @staticmethod
        def fn(form: int) -> None: ...

    _prepare_event_payload(Handler(), {"form": EVENT["payload"]})  # type: ignore[arg-type]
    loop = asyncio.get_running_loop()
    loop.call_exception_handler(
        {"message": "Task exception", "exception": ValueError(f"password={S}"), "token": COOKIE}
    )
    text = output.getvalue()
    assert text.count("\n") >= 7
    assert not [secret for secret in SECRETS if secret in text]
