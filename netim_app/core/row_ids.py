"""Ids of rows, as a page sends them."""

MAX_ID = 2**31 - 1


def may_be_id(value: object) -> bool:
    """Whether this may be the id of a row: anybody can send anything, and a database raises at some of it."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_ID
