"""What an entry of the list means, and which entry lets an address in.

One form: each entry becomes a span of addresses of one family, and a span has exactly one text. IPv4 inside
IPv6 (`::ffff:192.0.2.1`) is IPv4, as it is for the client's own address. What could be meant in two ways is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network, summarize_address_range

from netim_app.core.errors import DomainError

Address = IPv4Address | IPv6Address

MAX_RULES = 200
MAX_ENTRY = 120
"""Characters: two IPv6 addresses and what stands between them."""
FIELD = "address"
BITS = {4: 32, 6: 128}
_ADDRESS: dict[int, type[Address]] = {4: IPv4Address, 6: IPv6Address}
_MAPPED_BITS = 96
"""`::ffff:0:0/96` holds all of IPv4 (RFC 4291, 2.5.5.2)."""
_DASHES = re.compile(r"\s*[-\u2010-\u2015\u2212]\s*")
"""A hyphen, or what an office program has made of it."""
_PREFIX = re.compile(r"0|[1-9][0-9]{0,2}")
_LEADING_ZERO = re.compile(r"(?:^|[:.])0[0-9]+(?:\.|$)")


@dataclass(frozen=True)
class Span:
    """All addresses of a family from `first` to `last`, both included, as numbers."""

    family: int
    first: int
    last: int

    @property
    def text(self) -> str:
        """The one way it is written: an address, a network where it is one, else `from - to`."""
        first, last = _ADDRESS[self.family](self.first), _ADDRESS[self.family](self.last)
        if first == last:
            return str(first)
        networks = list(summarize_address_range(first, last))
        return str(networks[0]) if len(networks) == 1 else f"{first} - {last}"

    def covers(self, other: "Span") -> bool:
        """Whether everything in `other` is in this one too."""
        return self.family == other.family and self.first <= other.first and other.last <= self.last


def parse(entry: str) -> Span:
    """What a customer typed as one address, a network or a range.

    Raises:
        DomainError: at the field `address`, with the reason.
    """
    entry = entry.strip()
    if not entry:
        raise _refused("form.required")
    first, *others = _DASHES.split(entry, maxsplit=1)
    if "/" in entry:
        if others:
            raise _refused("ip_restriction.range_of_networks")
        span = _network(entry)
    else:
        span = _range(_parse_one(first), *(_parse_one(other) for other in others))
    if span.first == 0 and span.last == 2 ** BITS[span.family] - 1:
        raise _refused("ip_restriction.everybody")
    return span


def parse_address(entry: str) -> Span:
    """What a customer typed as one address.

    Raises:
        DomainError: at the field `address`, with the reason.
    """
    entry = entry.strip()
    if not entry:
        raise _refused("form.required")
    return _one(_parse_one(entry))


def of_client(address: str) -> Span | None:
    """The caller's address as `client_address` has established it; None when it is unknown or no address."""
    try:
        return None if "%" in address else _one(_plain(ip_address(address)))
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


def _refused(key: str, **params: object) -> DomainError:
    return DomainError(key, field=FIELD, **params)


def _plain(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _one(address: Address) -> Span:
    return Span(address.version, int(address), int(address))


def _parse_one(text: str) -> Address:
    if "%" in text:
        raise _refused("ip_restriction.zone")
    if "." in text and _LEADING_ZERO.search(text):
        raise _refused("ip_restriction.leading_zero")
    try:
        return _plain(ip_address(text))
    except ValueError as error:
        raise _refused("ip_restriction.invalid") from error


def _range(first: Address, last: Address | None = None) -> Span:
    if last is None:
        return _one(first)
    if first.version != last.version:
        raise _refused("ip_restriction.mixed")
    if int(first) > int(last):
        raise _refused("ip_restriction.reversed", range=f"{last} - {first}")
    return Span(first.version, int(first), int(last))


def _network(entry: str) -> Span:
    start, _, prefix = (part.strip() for part in entry.partition("/"))
    address = _parse_one(start)
    if not _PREFIX.fullmatch(prefix):
        raise _refused("ip_restriction.prefix", limit=BITS[address.version])
    length = int(prefix)
    if isinstance(address, IPv4Address) and ":" in start:  # the prefix counts the bits of IPv6
        length -= _MAPPED_BITS
    if not 0 <= length <= BITS[address.version]:
        raise _refused("ip_restriction.prefix", limit=BITS[address.version])
    network = ip_network((address, length), strict=False)
    if network.network_address != address:
        raise _refused("ip_restriction.host_bits", network=str(network), address=str(address))
    return Span(network.version, int(network.network_address), int(network.broadcast_address))
