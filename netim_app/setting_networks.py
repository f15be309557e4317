"""The reader of the setting that names trusted proxies."""

import re
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_PROXIES = "must be addresses or networks such as 127.0.0.1 or 10.0.0.0/8, with commas between them"
_MAPPED = 96
"""Bits of an IPv6 address before the IPv4 address that it contains."""


def read_proxies(text: str) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas or blanks. IPv4 inside IPv6 becomes IPv4.

    Raises:
        ValueError: one is invalid, is not written exactly, or includes every address.
    """
    return tuple(_network(part) for part in re.split(r"[\s,]+", text) if part)


def _network(text: str) -> Network:
    try:
        network = ip_network(text, strict=False)
        exact = "/" not in text or ip_address(text.partition("/")[0]) == network.network_address
    except ValueError:
        raise ValueError(f"{_PROXIES}; no names, no wildcards") from None
    if not exact:
        raise ValueError(f"{_PROXIES}; one has bits set behind its prefix: write 10.0.0.0/8, not 10.0.0.1/8")
    if (plain := _without_wrapping(network)).prefixlen == 0:
        raise ValueError(f"{_PROXIES}; one of them is everybody, so that all could choose their own address")
    return plain


def _without_wrapping(network: Network) -> Network:
    first = network.network_address
    if isinstance(first, IPv6Address) and first.ipv4_mapped and network.prefixlen >= _MAPPED:
        return IPv4Network((first.ipv4_mapped, network.prefixlen - _MAPPED))
    return network
