"""The secret of a mailed link, as a page sends it."""

from netim_app.core import readers
from netim_app.core.errors import DomainError

MAX_LINK_LENGTH = 500
"""Of what stands behind the `#` of a mailed link, with all that a mail program may have added."""


def read_token(data: object) -> str:
    """The secret of a mailed link, which the page has put into a hidden field.

    Raises:
        DomainError: it is missing, or not whole. No field of the page belongs to it.
    """
    value = data.get("token") if isinstance(data, dict) else None
    if not isinstance(value, str) or not value:
        raise DomainError("link.missing")
    token = readers.token(value) if len(value) <= MAX_LINK_LENGTH else ""
    if not token:
        raise DomainError("link.damaged")
    return token
