"""Row ids that a page sends."""

MAX_ID = 2**31 - 1


def may_be_id(value: object) -> bool:
    """Whether this may be a row id: a client can send any value, and a database raises an error for some of them."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_ID
