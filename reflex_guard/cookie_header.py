"""Which cookies of ours a request carries, read from its bytes (RFC 6265, 5.4).

Readers of frameworks mend what they read. Starlette's strips all that Unicode calls blank, and the last of two equal
names wins. A sibling subdomain may set a cookie whose name begins with the byte 0xA0. For a browser that name does not
begin with `__Host-`; for such a reader it does.
"""

from collections.abc import Collection, Iterable

_BLANKS = b" \t"


class CookieGivenTwice(ValueError):
    """One of our names stands twice in a request. No browser that knows the prefix `__Host-` sends that."""


def read_cookies(lines: Iterable[bytes], names: Collection[bytes]) -> dict[bytes, bytes]:
    """The values of the cookies with exactly these names, as they were sent: without blanks around, with quotes.

    Args:
        lines: the values of all Cookie header lines of one request.
        names: whole names; case counts.

    Raises:
        CookieGivenTwice: nobody can tell which of the two was set by us.
    """
    found: dict[bytes, bytes] = {}
    for pair in (pair for line in lines for pair in line.split(b";")):
        name, equals, value = pair.partition(b"=")
        name = name.strip(_BLANKS)
        if not equals or name not in names:
            continue
        if name in found:
            raise CookieGivenTwice
        found[name] = value.strip(_BLANKS)
    return found
