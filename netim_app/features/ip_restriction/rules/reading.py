"""Parses one rule.

The input becomes a span. Unambiguous forms are accepted: stars at the end, masks, only the last number at the end of a
range, brackets, a port. Ambiguous forms are refused, and the message proposes a probable meaning.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from netim_app.core.errors import DomainError
from netim_app.features.ip_restriction.rules.spans import BITS, Address, Span, one, plain

MAX_ENTRY = 120
"""Characters: two IPv6 addresses and a separator."""
FIELD = "address"
INVALID = "ip_restriction.invalid"
_MAPPED_BITS = 96
"""`::ffff:0:0/96` holds all of IPv4 (RFC 4291, 2.5.5.2)."""
RANGE_WORDS = ("to", "through", "until", "à", "au", "jusqu'à", "jusqu’à", "bis")
MASK_WORDS = ("mask", "netmask")
_BETWEEN = re.compile(rf"\s*[-\u2010-\u2015\u2212]\s*|\s+(?:{'|'.join(RANGE_WORDS)})\s+", re.IGNORECASE)
"""The separator of a range: a word, a hyphen, or a dash that an office program has made of it."""
_PREFIX = re.compile(r"0|[1-9][0-9]{0,2}")
_NUMBER = re.compile(r"[0-9]{1,3}")
_QUAD = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_NUMBERS = 4
"""How many numbers an IPv4 address has."""
_LEADING_ZERO = re.compile(r"(?:^|[:.])0[0-9]+(?:\.|$)")
_BRACKETS = re.compile(r"\[([^\[\]]+)\](?::([0-9]{1,5}))?")
_PORT = re.compile(r"([^:]+):([0-9]{1,5})")
_MAX_PORT = 65_535
_MASK_BEHIND_A_BLANK = re.compile(
    rf"([0-9.]+)\s+(?:(?:{'|'.join(MASK_WORDS)})\s+)?(255(?:\.[0-9]{{1,3}}){{3}})", re.IGNORECASE
)


def parse(entry: str) -> Span:
    """Parses an address, a network or a range that a customer typed.

    Raises:
        DomainError: at the field `address`, with the reason.
    """
    entry = entry.strip()
    if not entry:
        raise _refused("form.required")
    try:
        span = _read(entry)
    except DomainError as error:
        raise _explained(entry, error) from error
    if span.is_everybody():
        raise _refused("ip_restriction.everybody")
    return span


def could_be(entry: str) -> Span | None:
    """The span of this text if it is a rule, otherwise None."""
    try:
        span = _read(entry)
    except DomainError:
        return None
    return None if span.is_everybody() else span


def parse_address(entry: str) -> Span:
    """Parses one address that a customer typed.

    Raises:
        DomainError: at the field `address`, with the reason.
    """
    entry = entry.strip()
    if not entry:
        raise _refused("form.required")
    return one(_address(entry))


def _refused(key: str, **params: object) -> DomainError:
    return DomainError(key, field=FIELD, **params)


def _read(entry: str) -> Span:
    entry = _MASK_BEHIND_A_BLANK.sub(r"\1/\2", entry)
    first, *others = _BETWEEN.split(entry, maxsplit=1)
    if "/" in entry:
        if others:
            raise _refused("ip_restriction.range_of_networks")
        return _network(entry)
    if "*" in entry:
        return _stars(entry)
    return _range(first, *others)


def _address(text: str) -> Address:
    text = _bare(text)
    if "%" in text:
        raise _refused("ip_restriction.zone")
    if "." in text and _LEADING_ZERO.search(text):
        raise _refused("ip_restriction.leading_zero")
    try:
        return plain(ip_address(text))
    except ValueError as error:
        raise _refused(INVALID) from error


def _bare(text: str) -> str:
    """Removes brackets and a port: a rule covers all ports."""
    found = _BRACKETS.fullmatch(text) or _PORT.fullmatch(text)
    return found[1] if found and int(found[2] or 0) <= _MAX_PORT else text


def _range(first: str, last: str | None = None) -> Span:
    begin = _address(first)
    if last is None:
        return one(begin)
    if isinstance(begin, IPv4Address) and _NUMBER.fullmatch(last):
        last = f"{str(begin).rpartition('.')[0]}.{last}"
    end = _address(last)
    if begin.version != end.version:
        raise _refused("ip_restriction.mixed")
    if int(begin) > int(end):
        raise _refused("ip_restriction.reversed", range=f"{end} - {begin}")
    return Span(begin.version, int(begin), int(end))


def _stars(entry: str) -> Span:
    parts = entry.split(".")
    known = parts[: parts.index("*")] if "*" in parts else parts
    if len(parts) != _NUMBERS or set(parts[len(known) :]) != {"*"}:
        raise _refused("ip_restriction.star")
    return _network(f"{'.'.join([*known, *['0'] * (_NUMBERS - len(known))])}/{8 * len(known)}")


def _network(entry: str) -> Span:
    start, _, suffix = (part.strip() for part in entry.partition("/"))
    address = _address(start)
    if isinstance(address, IPv4Address) and _QUAD.fullmatch(suffix):
        length = _length_of_mask(address, suffix)
    elif not _PREFIX.fullmatch(suffix):
        raise _refused("ip_restriction.prefix", limit=BITS[address.version])
    else:
        length = int(suffix)
        if isinstance(address, IPv4Address) and ":" in _bare(start):  # the prefix counts the bits of IPv6
            length -= _MAPPED_BITS
    if not 0 <= length <= BITS[address.version]:
        raise _refused("ip_restriction.prefix", limit=BITS[address.version])
    network = ip_network((address, length), strict=False)
    if network.network_address != address:
        raise _refused("ip_restriction.host_bits", network=str(network), address=str(address))
    return Span(network.version, int(network.network_address), int(network.broadcast_address))


def _length_of_mask(address: IPv4Address, mask: str) -> int:
    number = int(_address(mask))
    rest = number ^ (2**32 - 1)
    if rest & (rest + 1) == 0:
        return 32 - rest.bit_length()
    if number & (number + 1) == 0:  # as routers write it in access lists
        network = ip_network((address, 32 - number.bit_length()), strict=False)
        raise _refused("ip_restriction.meant", rule=str(network))
    raise _refused("ip_restriction.mask", mask=mask)


def _explained(entry: str, error: DomainError) -> DomainError:
    """The refusal, with the probable meaning when nothing could be parsed."""
    if error.key not in (INVALID, "ip_restriction.star"):
        return error
    words = [word for word in re.split(r"[\s,;]+", entry) if word]
    if len(words) > 1 and all(could_be(word) for word in words):
        return _refused("ip_restriction.several")
    for guess in _guesses(entry):
        if found := could_be(guess):
            return _refused("ip_restriction.meant", rule=found.text)
    return error


def _guesses(entry: str) -> list[str]:
    """Other spellings that may be meant."""
    guesses = []
    if url := re.match(r"https?://(\[[^\]]+\]|[^/:]+)", entry, re.IGNORECASE):
        guesses.append(url[1])
    if re.fullmatch(r"[0-9.]+\.[x*.]+", entry, re.IGNORECASE):  # `192.168.1.x`, `192.168.*`
        known = [part for part in entry.split(".") if part.isdecimal()]
        guesses.append(".".join([*known, *["*"] * (_NUMBERS - len(known))]))
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,3}){2}\.?", entry):
        guesses.append(f"{entry.rstrip('.')}.0/24")
    guesses.append(re.sub(r"^[^\W\d_]+:?\s+", "", entry))  # `from 8.8.8.8 to 8.8.8.20`, `Office: 8.8.8.8`
    first, *others = _BETWEEN.split(entry, maxsplit=1)
    if others and (end := _completed(first, others[0])):
        guesses.append(f"{first} - {end}")
    return guesses


def _completed(first: str, last: str) -> str:
    """The completed end of an abbreviated range: `198.51.100.1-101.20`, `2001:db8::1-ff`; empty if it is not one."""
    try:
        begin = _address(first)
    except DomainError:
        return ""
    if isinstance(begin, IPv6Address):
        return f"{begin.exploded.rpartition(':')[0]}:{last}" if re.fullmatch(r"[0-9a-fA-F]{1,4}", last) else ""
    if not re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,3}){1,2}", last):
        return ""
    kept = str(begin).split(".")[: _NUMBERS - len(last.split("."))]
    return ".".join([*kept, last])
