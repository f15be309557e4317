"""What an entry of the list means, and which entry lets an address in.

A span is all that a rule lets in: addresses of one family, one after the other. A span has exactly one text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network, summarize_address_range
from typing import Literal

Address = IPv4Address | IPv6Address
Special = Literal["", "private", "reserved"]
Remark = Literal["", "private", "reserved", "line"]
"""`line`: better its /64."""

MAX_RULES = 200
V4, V6 = 4, 6
BITS = {V4: 32, V6: 128}
LINE_BITS = 64
"""How much of an IPv6 address belongs to one connection; its devices choose the rest (RFC 4291, 2.5.1)."""
_ADDRESS: dict[int, type[Address]] = {V4: IPv4Address, V6: IPv6Address}


@dataclass(frozen=True)
class Span:
    """All addresses of a family from `first` to `last`, both included, as numbers."""

    family: int
    first: int
    last: int

    @property
    def text(self) -> str:
        """The one way it is written: an address, a network where it is one, else `from - to`."""
        first, last = (_ADDRESS[self.family](number) for number in (self.first, self.last))
        if first == last:
            return str(first)
        networks = list(summarize_address_range(first, last))
        return str(networks[0]) if len(networks) == 1 else f"{first} - {last}"

    @property
    def ends(self) -> tuple[str, str]:
        """Its first and its last address."""
        address = _ADDRESS[self.family]
        return str(address(self.first)), str(address(self.last))

    def covers(self, other: "Span") -> bool:
        """Whether everything in `other` is in this one too."""
        return self.family == other.family and self.first <= other.first and other.last <= self.last

    def is_everybody(self) -> bool:
        """Whether it is all addresses of its family."""
        return self.first == 0 and self.last == 2 ** BITS[self.family] - 1


def one(address: Address) -> Span:
    """The span of one address. IPv4 inside IPv6 (`::ffff:192.0.2.1`) is IPv4."""
    address = plain(address)
    return Span(address.version, int(address), int(address))


def plain(address: Address) -> Address:
    """The address itself, where it is written as IPv4 inside IPv6."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def of_client(address: str) -> Span | None:
    """The caller's address as `client_address` has established it; None when it is unknown or no address."""
    try:
        return None if "%" in address else one(ip_address(address))
    except ValueError:
        return None


def find(spans: Sequence[Span], wanted: Span) -> int | None:
    """The place of the first span that covers the wanted one, or None."""
    return next((place for place, span in enumerate(spans) if span.covers(wanted)), None)


def containers(spans: Sequence[Span]) -> list[int | None]:
    """For each span, the place of another that covers it, or None. Of equal spans the first covers the others."""
    found: list[int | None] = [None] * len(spans)
    widest: int | None = None
    for place in sorted(range(len(spans)), key=lambda n: (spans[n].family, spans[n].first, -spans[n].last, n)):
        if widest is not None and spans[widest].covers(spans[place]):
            found[place] = widest
        else:
            widest = place
    return found


def line_of(span: Span) -> Span | None:
    """The /64 of a single IPv6 address that may be seen on the internet; None for all else."""
    if span.family == V4 or span.first != span.last or special(span):
        return None
    rest = 2 ** (BITS[V6] - LINE_BITS) - 1
    return Span(V6, span.first & ~rest, span.first | rest)


def special(span: Span) -> Special:
    """Whether all of it is private or reserved: nobody comes from there over the internet (IANA's registries)."""
    if find(_PRIVATE, span) is not None:
        return "private"
    return "" if find(_RESERVED, span) is None else "reserved"


def remark(span: Span, here: Span | None) -> Remark:
    """What a customer at this address should know before such a rule is relied on; empty for nothing."""
    if here is not None and span.covers(here):
        return "line" if line_of(span) else ""
    return special(span) or ("line" if line_of(span) else "")


def family_missing(spans: Sequence[Span]) -> int:
    """The family that a list of one family lacks; 0 for none. Many connections use both, now one and now the other."""
    families = {span.family for span in spans}
    if len(families) != 1:
        return 0
    return V4 if V6 in families else V6


def _network(text: str) -> Span:
    network = ip_network(text)
    return Span(network.version, int(network.network_address), int(network.broadcast_address))


_PRIVATE = tuple(
    map(_network, ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
                   "fc00::/7", "fe80::/10"))
)  # fmt: skip
_RESERVED = tuple(
    map(_network, ("0.0.0.0/8", "127.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24",
                   "203.0.113.0/24", "224.0.0.0/3", "::/3", "2001:db8::/32", "3fff::/20", "4000::/2", "8000::/1"))
)  # fmt: skip
"""What is reserved, is for tests and examples, or is not given out yet: of IPv6 all but 2000::/3."""
