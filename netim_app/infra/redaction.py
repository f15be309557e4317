"""Logs without secrets: every record is cleaned where it is made.

Reflex, Granian and Socket.IO log whole events with form data, tokens and handshake headers, and install
handlers of their own when they start. So `install` cleans records at their birth (the record factory) instead
of trusting one handler, and gives the root logger a handler that writes one line per record. What cannot be
understood is cut, not shown (ASVS 16.2.5).
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from netim_app.infra.trace import trace

MASK = "[redacted]"
MAX_LENGTH = 8_000
"""Longer texts are cut before they are cleaned: a hostile packet must not cost the server its time."""
RESERVED = {"time", "level", "logger", "trace", "event", "message", "error", "stack"}
"""Names in a line that are ours: a field of that name gets an underscore."""
CLEANED_LOGGERS = (
    "reflex", "reflex_base", "granian", "_granian", "granian.access", "socketio", "engineio", "uvicorn",
    "asyncio",
)  # fmt: skip
_BY_THEMSELVES = ("engineio.server", "socketio.server")
"""Loggers that get a handler of their own, which writes every line a second time and in its own way, unless they have a
level already when their server is made."""

_WORDS = (
    r"cookies?|authorization|tokens?|tickets?|password|passwd|(?:pass)?phrase|pwd|payload|secret|form_data|seed|otpauth"
    r"|credential|api_?key|private_?key|netim_session|netim_browser|netim_pending|sec[-_]websocket[-_]key"
)
_KEY = re.compile(
    # `cookie`, `HTTP_COOKIE`, `new_password`, `tokens`, `code`, `backup_codes`, but not `status_code`,
    # `decode`, `codec`.
    rf"(?P<key>{_WORDS}|(?<![A-Za-z0-9])(?<!status_)(?<!close_)(?<!exit_)codes?(?![A-Za-z0-9]))"
    r"s?(?:[-_][A-Za-z0-9]{1,20}){0,4}"
    # `key': value`, `key": value`, `key=value`, `key: value`, `b'key', b'value'` (raw ASGI headers).
    r"\\{0,8}['\"]?\s{0,4}(?:[:=]|(?<=['\"]),)\s{0,4}",
    re.IGNORECASE,
)
_HEADERS = re.compile(r"cookie|authorization", re.IGNORECASE)
_QUOTED = re.compile(r"[bru]{0,2}(?P<quote>\\{0,8}['\"])", re.IGNORECASE)
_CALL = re.compile(r"[\w.]{1,80}(?=[(\[{])")  # a class name before its bracket: `SecretStr('...')`
_BARE = re.compile(r"[^\s,;&)\]}]+")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def _from(start: str, end: str = "") -> tuple[re.Pattern[str], str]:
    """Cuts what follows `start`, up to the last `end`, or to the end of the text where `end` is missing."""
    rest = rf"(?:.*(?P<end>{end})|.*)" if end else r".*(?P<end>)"
    return re.compile(f"(?P<start>{start}){rest}", re.DOTALL | re.IGNORECASE), rf"\g<start>{MASK}\g<end>"


_REPLACEMENTS = (
    # Lines of Reflex: the rest of the line came from the client, in any form.
    _from(r"Event data: "),  # also: "Failed to deserialize event data: "
    _from(r"Event data must be a dictionary, but received ", r" of type <"),
    _from(r"Error transforming event argument '[^']{0,200}' with value ", r" and type hint "),
    _from(r"Received an invalid \w{1,20} value \(", r"\) for "),
    _from(r"Received a string value \(", r"\) but expected"),
    _from(r"Error processing event queue entry for ", r" \[txid="),
    # Packets in debug lines of Engine.IO and Socket.IO.
    _from(r"(?:Received|Sending) packet \w{1,20} data "),
    _from(r"received event \"[^\"]{0,200}\" from "),
    _from(r"emitting event \"[^\"]{0,200}\" to "),
    # Values of a failed statement or model: SQLAlchemy, PostgreSQL, pydantic.
    _from(r"\[parameters: ", r"\]\s{0,4}(?:\n|$|\(Background)"),
    (re.compile(r"(DETAIL:\s{0,4})[^\n]*"), rf"\1{MASK}"),
    _from(r"input_value=", r", input_type="),
    # What is secret by its shape, wherever it stands: Reflex' client tokens, our tokens, password hashes,
    # seeds.
    # (Reflex joins names to its tokens by an underscore.)
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])", re.IGNORECASE), MASK),
    (
        re.compile(r"(?<![\w-])(?=[\w-]{0,42}\d)(?=[\w-]{0,42}[A-Z])(?=[\w-]{0,42}[a-z])[\w-]{43}(?![\w-])", re.ASCII),
        MASK,
    ),
    (re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}"), MASK),
    (re.compile(r"otpauth://\S+"), MASK),
    (re.compile(r"\b[A-Z2-7]{32}\b"), MASK),
)


def redact(text: str) -> str:
    """`text` without the values of anything that sounds secret; cut at `MAX_LENGTH`. Never raises."""
    if len(text) > MAX_LENGTH:
        text = text[:MAX_LENGTH] + "...[cut]"
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    pieces: list[str] = []
    position = 0
    while (match := _KEY.search(text, position)) is not None:
        end = _end_of_value(text, match.end(), header=bool(_HEADERS.search(match["key"])))
        pieces += [text[position : match.end()], MASK if end > match.end() else ""]
        position = end
    return "".join(pieces) + text[position:]


def _end_of_value(text: str, start: int, *, header: bool) -> int:
    """Where the value that starts at `start` ends: a quoted text, a bracketed structure, or a bare word.

    A value that does not end is taken to run to the end of the text. A header's bare value runs to the end of
    its line.
    """
    if text.startswith(MASK, start):
        return start + len(MASK)
    quoted = _QUOTED.match(text, start)
    if quoted:
        return _end_of_quoted(text, quoted.end(), quoted["quote"])
    if text[start : start + 1] in _CLOSING:
        return _end_of_brackets(text, start)
    if header:
        line = text.find("\n", start)
        return len(text) if line < 0 else line
    call = _CALL.match(text, start)
    if call:
        return _end_of_brackets(text, call.end())
    word = _BARE.match(text, start)
    return word.end() if word else start


def _end_of_quoted(text: str, start: int, quote: str) -> int:
    depth = len(quote) - 1  # backslashes before the quote: a repr inside a repr
    position = start
    while (position := text.find(quote[-1], position)) >= 0:
        before = len(text[start:position]) - len(text[start:position].rstrip("\\"))
        if before == depth or (depth == 0 and before % 2 == 0):
            return position + 1
        position += 1
    return len(text)


def _end_of_brackets(text: str, start: int) -> int:
    open_brackets: list[str] = []
    position = start
    while position < len(text):
        character = text[position]
        if character in "'\"":
            before = len(text[start:position]) - len(text[start:position].rstrip("\\"))  # a repr inside a repr
            position = _end_of_quoted(text, position + 1, "\\" * before + character)
            continue
        if character in _CLOSING:
            open_brackets.append(_CLOSING[character])
        elif open_brackets and character == open_brackets[-1]:
            open_brackets.pop()
            if not open_brackets:
                return position + 1
        position += 1
    return len(text)


# --- records ---


class _Redacted(str):
    """A line of `log_event`, whose values are redacted one by one: once more would cost as much again."""

    __slots__ = ()


def clean(record: logging.LogRecord) -> logging.LogRecord:
    """Merges a record's arguments into its text, redacts that and the traceback, and keeps neither raw."""
    if isinstance(record.msg, _Redacted):
        record.msg = str(record.msg)
        record.netim_trace = trace()
        return record
    try:
        text = record.getMessage()
    except Exception as error:  # noqa: BLE001  wrong arguments: the raw template is ours, its arguments may be anybody's
        text = f"log record could not be written ({type(error).__name__}) at {record.pathname}:{record.lineno}"
    record.msg, record.args = redact(text), ()
    if not hasattr(record, "netim_trace"):
        record.netim_trace = trace()
    if record.exc_info and record.exc_info[1] is not None:
        record.exc_text = redacted_traceback(record.exc_info[1])
        record.exc_info = None
    if record.stack_info:
        record.stack_info = redact(record.stack_info)
    return record


def redacted_traceback(error: BaseException) -> str:
    """A traceback whose exception texts are redacted.

    Its lines of source code hold names, not values, and stay as they are.
    """
    return "".join(_chain(traceback.TracebackException.from_exception(error)))[-2 * MAX_LENGTH :].rstrip()


def _chain(error: traceback.TracebackException) -> Iterator[str]:
    if error.__cause__ is not None:
        yield from _chain(error.__cause__)
        yield "\nThe above exception was the direct cause of the following exception:\n\n"
    elif error.__context__ is not None and not error.__suppress_context__:
        yield from _chain(error.__context__)
        yield "\nDuring handling of the above exception, another exception occurred:\n\n"
    yield "Traceback (most recent call last):\n"
    yield from error.stack.format()
    yield redact("".join(error.format_exception_only())).rstrip() + "\n"
    for number, inner in enumerate(error.exceptions or (), 1):
        yield f"\nIn this group, exception {number}:\n\n"
        yield from _chain(inner)


class LineFormatter(logging.Formatter):
    """One line per record: `2026-01-02T03:04:05.678Z level=info logger=... trace=... event=... key=value`, or JSON."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        fields: dict[str, Any] = {"level": record.levelname.lower(), "logger": record.name}
        if belongs_to := getattr(record, "netim_trace", ""):
            fields["trace"] = belongs_to
        event = getattr(record, "netim_event", None)
        if event:
            fields |= {"event": event} | getattr(record, "netim_fields", {})
        else:
            fields["message"] = clean(record).msg
        if record.exc_info or record.exc_text:
            fields["error"] = clean(record).exc_text
        if record.stack_info:
            fields["stack"] = record.stack_info
        if self._as_json:
            return json.dumps({"time": moment} | fields, ensure_ascii=True, default=str)
        return " ".join([moment, *(f"{name}={_value(value)}" for name, value in fields.items())])


def _value(value: object) -> str:
    text = str(value)
    return text if re.fullmatch(r"[\w.:/@*+-]+", text, re.ASCII) else json.dumps(text, ensure_ascii=True)


def log_event(logger: logging.Logger, name: str, /, *, level: int = logging.INFO, **fields: object) -> None:
    """Logs something that matters for security (ASVS 16.2.1): a dotted name and plain fields.

    A field whose name sounds secret is masked, and every value is redacted: a digest or a row id is what
    belongs here.
    """
    safe: dict[str, object] = {}
    for given, value in fields.items():
        key = f"{given}_" if given in RESERVED else given
        if _KEY.search(f"{key}="):
            safe[key] = MASK
        else:
            safe[key] = value if isinstance(value, (bool, int, float)) or value is None else redact(str(value))
    text = " ".join([name, *(f"{key}={_value(value)}" for key, value in safe.items())])
    logger.log(level, _Redacted(text), extra={"netim_event": name, "netim_fields": safe}, stacklevel=2)


Factory = Callable[..., logging.LogRecord]
_original_factory: Factory | None = None


def install(*, production: bool, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Cleans all logging of this process from now on.

    May be called again, such as in a worker after Granian has set up its own logging.

    Args:
        production: JSON lines instead of `key=value`.
        level: of the root logger. Debug lines of Engine.IO hold whole packets, so it stays at INFO in
            production.
        stream: where lines go; standard error by default.
    """
    global _original_factory
    if _original_factory is None:
        _original_factory = original = logging.getLogRecordFactory()
        logging.setLogRecordFactory(lambda *args, **kwargs: clean(original(*args, **kwargs)))
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LineFormatter(as_json=production))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in CLEANED_LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in _BY_THEMSELVES:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)


def uninstall() -> None:
    """Undoes the record factory. For tests."""
    global _original_factory
    if _original_factory is not None:
        logging.setLogRecordFactory(_original_factory)
        _original_factory = None
    logging.captureWarnings(False)
