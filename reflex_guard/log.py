"""How this package logs refusals: by a function of the application, or as a warning."""

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)

Log = Callable[..., None]
"""Takes a dotted name, and plain fields by keyword. No field is a secret."""


def warn(name: str, /, **fields: str) -> None:
    """Writes one line, whatever the fields contain."""
    logger.warning("%s %s", name, " ".join(f"{field}={value!r}" for field, value in fields.items()))
