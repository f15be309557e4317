"""Reads the secret of a mailed link from a page's form."""

from netim_app.core import readers
from netim_app.core.errors import DomainError

MAX_LINK_LENGTH = 500
"""Characters after the `#` of a mailed link, including any that a mail program may have added."""


def read_token(data: object) -> str:
    """Reads the secret of a mailed link, which the page has put into a hidden field.

    Raises:
        DomainError: the secret is missing or damaged; the error is at no field.
    """
    value = data.get("token") if isinstance(data, dict) else None
    if not isinstance(value, str) or not value:
        raise DomainError("link.missing")
    token = readers.token(value) if len(value) <= MAX_LINK_LENGTH else ""
    if not token:
        raise DomainError("link.damaged")
    return token
