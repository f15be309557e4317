"""Removes secrets from any text. It cuts what it cannot parse (ASVS 16.2.5)."""

import re
import traceback
from collections.abc import Iterator

MASK = "[redacted]"
MAX_LENGTH = 8_000
"""Longer texts are cut before they are cleaned, so that a hostile packet cannot use up the server's time."""

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
    """Cuts what follows `start`, up to the last `end`, or to the end of the text when `end` is missing."""
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
    # Secrets that can be recognised by their shape anywhere: Reflex's client tokens, our tokens, password hashes,
    # seeds.
    # (Reflex joins names to its tokens with an underscore.)
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
    """`text` without the values of all keys that sound secret, cut at `MAX_LENGTH`. It never raises."""
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
    """The end of the value that starts at `start`: a quoted text, a bracketed structure, or a bare word.

    A value without an end extends to the end of the text. A bare value of a header extends to the end of its line.
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


def sounds_secret(name: str) -> bool:
    """Whether a value with this name must not be logged."""
    return bool(_KEY.search(f"{name}="))


def redacted_traceback(error: BaseException) -> str:
    """A traceback whose exception texts are redacted.

    Its source lines contain names, not values, so they stay.
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
