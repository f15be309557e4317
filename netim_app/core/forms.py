"""Reads a form that a browser sent. It trusts neither type nor length nor presence of a value."""

import unicodedata
from collections.abc import Callable, Collection, Mapping

from netim_app.core import readers
from netim_app.core.errors import DomainError, InvalidForm

MAX_SECRET_LENGTH = 128
"""Longer passwords are refused before they are processed."""
_MOST_PARTS = 4
"""The most characters that compose into one (U+1F82 and others)."""
MAX_CODE_LENGTH = 64
"""The length of a code as typed: six digits and whatever may surround them."""
NO_CODE = "form.code"


class Form:
    """Collects the fields of one form and all faults in them.

    Read every field, then call `finish`: the customer sees all faults at once, each at its field.
    """

    def __init__(self, data: object) -> None:
        self._data: Mapping[object, object] = data if isinstance(data, Mapping) else {}
        self._errors: list[DomainError] = []

    def text(self, name: str, *, limit: int, required: bool = True, clean: Callable[[str], str] = readers.line) -> str:
        """One line of visible text, composed (NFC); empty when absent or refused.

        Args:
            name: name of the field.
            limit: in characters, as stored.
            required: whether it must not be empty.
            clean: the reader that turns the typed text into the form that the field expects.
        """
        value = self._data.get(name, "")
        if not isinstance(value, str):
            return self.refuse(name, "form.invalid")
        if len(value) > limit * 2:
            return self.refuse(name, "form.too_long", limit=limit)
        value = unicodedata.normalize("NFC", clean(value))
        if len(value) > limit:
            return self.refuse(name, "form.too_long", limit=limit)
        if position := readers.hidden_at(value):
            return self.refuse(name, "form.invisible", position=position)
        if required and not value:
            return self.refuse(name, "form.required")
        return value

    def lines(self, name: str, *, limit: int, too_long: str = "form.too_long") -> str:
        """Several lines of text as typed; empty when absent or refused. The caller validates each line.

        Args:
            name: name of the field.
            limit: in characters.
            too_long: text key of the refusal of a longer text.
        """
        value = self._data.get(name, "")
        if not isinstance(value, str):
            return self.refuse(name, "form.invalid")
        if len(value) > limit:
            return self.refuse(name, too_long, limit=limit)
        return value if value.strip() else self.refuse(name, "form.required")

    def code(self, name: str = "code", *, required: bool = True) -> str:
        """The six digits of a one-time code, however they were typed. Anything else is refused, and is no attempt."""
        value = self._data.get(name, "")
        if not isinstance(value, str):
            return self.refuse(name, "form.invalid")
        if len(value) > MAX_CODE_LENGTH:
            return self.refuse(name, NO_CODE)
        if not readers.line(value):
            return self.refuse(name, "form.required") if required else ""
        return readers.six_digits(value) or self.refuse(name, NO_CODE)

    def secret(self, name: str, *, required: bool = True) -> str:
        """A password exactly as typed: not trimmed, not normalised here (ASVS 6.2.8). Empty when absent or refused.

        The limit applies to the composed form or to the typed text, whichever is shorter.
        """
        value = self._data.get(name, "")
        if not isinstance(value, str):
            return self.refuse(name, "form.invalid")
        if not value:
            return self.refuse(name, "form.required") if required else ""
        if _is_too_long(value):
            return self.refuse(name, "form.too_long", limit=MAX_SECRET_LENGTH)
        if any(unicodedata.category(character) == "Cs" or character == "\0" for character in value):
            return self.refuse(name, "form.invalid")
        return value

    def choice(self, name: str, options: Collection[str]) -> str:
        """One of `options`; anything else is refused."""
        value = self._data.get(name, "")
        return value if isinstance(value, str) and value in options else self.refuse(name, "form.choice")

    def flag(self, name: str) -> bool:
        """Whether a checkbox was ticked."""
        value = self._data.get(name)
        return value is True or value == "on"

    def refuse(self, name: str, key: str, **params: object) -> str:
        """Records a fault at a field. Returns the empty text, so that reading can continue."""
        self._errors.append(DomainError(key, field=name, **params))
        return ""

    def finish(self) -> None:
        """Call after the last field.

        Raises:
            InvalidForm: with every fault found.
        """
        if self._errors:
            raise InvalidForm(self._errors)


def _is_too_long(secret: str) -> bool:
    if len(secret) <= MAX_SECRET_LENGTH:
        return False
    if len(secret) > MAX_SECRET_LENGTH * _MOST_PARTS:
        return True
    return len(unicodedata.normalize("NFC", secret)) > MAX_SECRET_LENGTH
