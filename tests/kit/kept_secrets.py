"""The secrets of a server under test, and the look at all that it has kept (attack `log_secrets`).

Every client of a test notes what it types, holds or is shown that opens something. When a server is closed, its log,
its database, its mails and its Redis are searched for all of that, after every test.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

LOG, DATABASE, STORE, MAILS = "log", "database", "state store", "mails"
WHERE = {
    "password": (LOG, DATABASE, STORE, MAILS),
    "cookie": (LOG, DATABASE, STORE, MAILS),
    "ticket": (LOG, DATABASE, STORE, MAILS),
    "seed": (LOG, DATABASE, STORE, MAILS),
    "server key": (LOG, DATABASE, STORE, MAILS),
    "link": (LOG, DATABASE, STORE),  # in its mail it belongs
    "phrase": (LOG, DATABASE, STORE),  # the same
    "tab": (LOG,),  # the client token: Reflex keys a tab's states by it
    # Any file of numbers contains six digits. tests/server/test_two_factor.py looks for codes in the database.
    "code": (LOG, STORE, MAILS),
}
"""The kinds of secrets, and the places where none of them may be."""
TYPED = {
    "password": "password", "current": "password", "code": "code", "token": "link", "ticket": "ticket",
    "phrase": "phrase",
}  # fmt: skip
"""Fields and arguments in which something secret is typed."""
SHOWN = {"ticket": "ticket", "pending": "ticket", "key_text": "seed", "codes": "code", "phrase": "phrase"}
"""Vars in which something secret comes over the socket."""
LONG_ENOUGH = 10
"""A shorter password is one that some form has refused, and may well be a word of ours."""
TOKEN = re.compile(r"(?=.*\d)(?=.*[A-Z])(?=.*[a-z])[\w-]{43}", re.ASCII)
"""Made by chance, and not by a test that plays with the form."""

_SIX_DIGITS = re.compile(r"(?<![\w.#:=+-])\d{6}(?![\w-])|(?<=code=)\d{6}", re.ASCII)
"""A code by itself, not a part of a colour, a moment or a longer number."""


@dataclass
class Secrets:
    """The secrets of one server. `plain` is what was typed in other fields, too: no password but a name, say."""

    known: dict[str, str] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)

    def note(self, kind: str, value: str) -> None:
        """Remembers a secret, if it has the shape of one."""
        fits = {
            "password": LONG_ENOUGH <= len(value) <= 200,
            "phrase": len(value) >= LONG_ENOUGH,
            "code": bool(re.fullmatch(r"\d{6}", value, re.ASCII)),
            "seed": bool(value),
            "tab": bool(value),
            "server key": bool(value),
        }
        if fits.get(kind, bool(TOKEN.fullmatch(value))):
            self.known[value] = kind
            if kind == "seed":
                self.known[value.replace(" ", "")] = kind

    def note_typed(self, payload: object) -> None:
        """Looks through the arguments of an event, and the form among them."""
        if isinstance(payload, Mapping):
            for name, value in payload.items():
                if not isinstance(value, str):
                    self.note_typed(value)
                elif name in TYPED:
                    self.note(TYPED[name], value)
                else:
                    self.plain.add(value)

    def note_shown(self, var: str, value: Any) -> None:
        """Looks at a var that has come over the socket."""
        if var in SHOWN:
            for each in [value] if isinstance(value, str) else value:
                self.note(SHOWN[var], each)

    def note_cookies(self, headers: Iterable[str]) -> None:
        """Looks at `Set-Cookie` headers."""
        for header in headers:
            self.note("cookie", header.partition("=")[2].partition(";")[0])

    def found_in(self, place: str, text: str) -> list[str]:
        """A line for each secret that is where it must not be."""
        wanted = {value for value, kind in self.known.items() if place in WHERE[kind] and value not in self.plain}
        codes = {value for value in wanted if self.known[value] == "code"}
        places = [(each[0], each.start()) for each in _SIX_DIGITS.finditer(text) if each[0] in codes]
        places += [(value, text.find(value)) for value in _shortest(wanted - codes)]
        return [
            f"a {self.known[value]} in the {place}: {value!r}, in {text[max(0, at - 100) : at + 100]!r}"
            for value, at in places
            if at >= 0
        ]


def _shortest(values: Iterable[str]) -> list[str]:
    """Without those that hold another one: a thousand guesses `wrong <password> <number>` are one search."""
    kept: list[str] = []
    for value in sorted(values, key=len):
        if not any(shorter in value for shorter in kept):
            kept.append(value)
    return kept


def text_of(mails: Iterable[EmailMessage]) -> str:
    """All that can be read in mails, as a mailbox shows it."""
    return "\n".join(
        f"{mail['to']} {mail['subject']}\n"
        + "\n".join(part.get_content() for part in mail.walk() if part.get_content_maintype() == "text")
        for mail in mails
    )


def links_in(mails: str) -> set[str]:
    """The secrets of the links in mails."""
    return set(re.findall(r"#([\w-]{43})(?![\w-])", mails))
