"""The address of a client, as a value."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from netim_app.core.facts import UNKNOWN_ADDRESS

Address = IPv4Address | IPv6Address

MAX_LENGTH = 45
"""The longest IPv6 address in text."""
_UNREAD = re.compile(rf"{UNKNOWN_ADDRESS}[0-9a-f]{{16}}")


def client_address(peer: str | None) -> Address | None:
    """Parses an address; None when the text is none.

    An IPv4 address inside IPv6 (`::ffff:192.0.2.1`) becomes IPv4, so that nobody bypasses a rule by writing it so.
    Zone ids (`fe80::1%eth0`), ports, brackets, blanks and leading zeros are refused.
    """
    if not peer or "%" in peer or len(peer) > MAX_LENGTH:
        return None
    try:
        parsed = ip_address(peer)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed


def is_unread(address: str) -> bool:
    """Whether this is the placeholder for a client whose proxy did not name its address."""
    return _UNREAD.fullmatch(address) is not None
