"""Logs without secrets: every record is cleaned when it is created.

Reflex, Granian and Socket.IO log whole events with form data, tokens and handshake headers, and install
handlers of their own when they start. So `install` cleans records in the record factory instead of relying on
one handler, and gives the root logger a handler that writes one line per record.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from netim_app.infra.redaction import MASK, redact, redacted_traceback, sounds_secret
from netim_app.infra.trace import trace

RESERVED = {"time", "level", "logger", "trace", "event", "message", "error", "stack"}
"""Reserved names in a line: a field with such a name gets an underscore."""
CLEANED_LOGGERS = (
    "reflex",
    "reflex_base",
    "granian",
    "_granian",
    "granian.access",
    "socketio",
    "engineio",
    "uvicorn",
    "asyncio",
)
_BY_THEMSELVES = ("engineio.server", "socketio.server")
"""Loggers whose server adds a handler, which would write every line again in its own format. It adds none where the
logger already has a level when the server is created."""


class _Redacted(str):
    """A line of `log_event`. Its values are redacted already: doing it again would double the cost."""

    __slots__ = ()


def clean(record: logging.LogRecord) -> logging.LogRecord:
    """Merges a record's arguments into its text, redacts text and traceback, and keeps neither of them raw."""
    if isinstance(record.msg, _Redacted):
        record.msg = str(record.msg)
        record.netim_trace = trace()
        return record
    try:
        text = record.getMessage()
    except Exception as error:  # noqa: BLE001  wrong arguments: only the template is surely our own text
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
    """Logs a security event (ASVS 16.2.1): a dotted name and plain fields.

    A field whose name sounds secret is masked, and every text is redacted. Pass digests and row ids.
    """
    safe: dict[str, object] = {}
    for given, value in fields.items():
        key = f"{given}_" if given in RESERVED else given
        if sounds_secret(key):
            safe[key] = MASK
        else:
            safe[key] = value if isinstance(value, (bool, int, float)) or value is None else redact(str(value))
    text = " ".join([name, *(f"{key}={_value(value)}" for key, value in safe.items())])
    logger.log(level, _Redacted(text), extra={"netim_event": name, "netim_fields": safe}, stacklevel=2)


_is_installed = False


def install(*, production: bool, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Cleans all logging of this process from now on.

    It may be called again, for example in a worker after Granian has set up its own logging.

    Args:
        production: JSON lines instead of `key=value`.
        level: of the root logger. Debug lines of Engine.IO hold whole packets, so it stays at INFO in
            production.
        stream: where lines go; standard error by default.
    """
    global _is_installed
    if not _is_installed:
        original = logging.getLogRecordFactory()
        logging.setLogRecordFactory(lambda *args, **kwargs: clean(original(*args, **kwargs)))
        _is_installed = True
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
