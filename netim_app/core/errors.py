"""The exceptions by which a service refuses."""

from collections.abc import Sequence


class DomainError(Exception):
    """A refusal that the customer can read and act on.

    Args:
        key: text key of the message.
        field: name of the form field; empty when the refusal concerns the whole form.
        params: values for the placeholders of the text.
    """

    def __init__(self, key: str, *, field: str = "", **params: object) -> None:
        super().__init__(key)
        self.key = key
        self.field = field
        self.params = params

    @property
    def all(self) -> Sequence["DomainError"]:
        """All single faults: only this one, unless it is a collection."""
        return (self,)


class RecordedRefusal(DomainError):
    """A refusal that keeps what its unit wrote, such as a counted attempt: `Units.write` commits, then raises it."""


class InvalidForm(DomainError):
    """Several fields are wrong at once."""

    def __init__(self, errors: Sequence[DomainError]) -> None:
        super().__init__("form.invalid")
        self._errors = tuple(errors)

    @property
    def all(self) -> Sequence[DomainError]:
        return self._errors
