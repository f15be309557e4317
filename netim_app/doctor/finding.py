"""The lines of `netim doctor`."""

from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

PATIENCE_SECONDS = 10
"""How long a check waits for an answer."""


@dataclass(frozen=True)
class Finding:
    """The result of one check, in one line."""

    what: str
    said: str
    fine: bool = True

    def __str__(self) -> str:
        return f"{'ok   ' if self.fine else 'fault'}  {self.what}: {self.said}"


def reason(error: Exception) -> str:
    """One line about an error, in its original words."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} ({error.filename})" if error.filename else error.strerror
    origin = error.orig if isinstance(error, DBAPIError) and error.orig else error
    lines = str(origin).strip().splitlines()
    return lines[0] if lines else type(origin).__name__
