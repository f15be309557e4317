"""How the parts log what they refuse: by a function of the application, or as a warning."""

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)

Log = Callable[..., None]
"""Gets a dotted name, and by keyword plain fields, none of which is a secret."""


def warn(name: str, /, **fields: str) -> None:
    """Writes a line that no field can break into two."""
    logger.warning("%s %s", name, " ".join(f"{field}={value!r}" for field, value in fields.items()))
