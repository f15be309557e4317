"""Reads our cookies from the bytes of a request (RFC 6265, 5.4).

The parsers of frameworks repair what they read. Starlette's strips all Unicode whitespace, and of two equal names the
last one wins. A sibling subdomain may set a cookie whose name begins with the byte 0xA0. For a browser that name does
not begin with `__Host-`; for such a parser it does.
"""

from collections.abc import Collection, Iterable

_BLANKS = b" \t"


class CookieGivenTwice(ValueError):
    """A request has one of our names twice. No browser that knows the prefix `__Host-` sends that."""


def read_cookies(lines: Iterable[bytes], names: Collection[bytes]) -> dict[bytes, bytes]:
    """Returns the values of the cookies with exactly these names as sent: without surrounding blanks, with quotes.

    Args:
        lines: the values of all Cookie header lines of one request.
        names: whole names, case-sensitive.

    Raises:
        CookieGivenTwice: it is impossible to tell which of the two we set.
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
