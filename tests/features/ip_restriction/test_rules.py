from ipaddress import IPv4Address, IPv6Address, collapse_addresses, ip_address, ip_network, summarize_address_range
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netim_app.core.errors import DomainError
from netim_app.features.ip_restriction.rules.reading import parse, parse_address
from netim_app.features.ip_restriction.rules.spans import (
    BITS,
    Span,
    containers,
    family_missing,
    find,
    line_of,
    of_client,
    special,
)

V4: Any = st.ip_addresses(v=4)
V6: Any = st.ip_addresses(v=6).filter(lambda a: a.ipv4_mapped is None)
ADDRESSES = st.one_of(V4, V6)
NETWORKS = st.one_of(
    st.builds(lambda a, p: ip_network((a, p), strict=False), V4, st.integers(1, 32)),
    st.builds(lambda a, p: ip_network((a, p), strict=False), V6, st.integers(1, 128)),
).filter(lambda n: n.version == 4 or n.network_address.ipv4_mapped is None)
FAMILY = {4: IPv4Address, 6: IPv6Address}


def span(first: str, last: str = "") -> Span:
    one, other = ip_address(first), ip_address(last or first)
    return Span(one.version, int(one), int(other))


def spans(family: int) -> st.SearchStrategy[Span]:
    """Small numbers, so that spans meet."""
    return st.builds(lambda a, b: Span(family, min(a, b), max(a, b)), st.integers(0, 40), st.integers(0, 40))


SPANS = st.one_of(spans(4), spans(6))


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("  203.0.113.7\t", "203.0.113.7"),
        ("203.0.113.7/32", "203.0.113.7"),
        ("203.0.113.6/31", "203.0.113.6/31"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("203.0.113.0 / 24", "203.0.113.0/24"),
        ("128.0.0.0/1", "128.0.0.0/1"),
        ("0.0.0.0", "0.0.0.0"),  # noqa: S104
        ("255.255.255.255", "255.255.255.255"),
        ("203.0.113.1 - 203.0.113.9", "203.0.113.1 - 203.0.113.9"),
        ("203.0.113.1-203.0.113.9", "203.0.113.1 - 203.0.113.9"),
        ("203.0.113.1 – 203.0.113.9", "203.0.113.1 - 203.0.113.9"),
        ("203.0.113.1\u2014203.0.113.9", "203.0.113.1 - 203.0.113.9"),
        ("203.0.113.0 - 203.0.113.255", "203.0.113.0/24"),
        ("203.0.113.4 - 203.0.113.4", "203.0.113.4"),
        ("2001:DB8:0:0:0::1", "2001:db8::1"),
        ("2001:0db8::0001", "2001:db8::1"),
        ("2001:db8::/48", "2001:db8::/48"),
        ("2001:db8::2/127", "2001:db8::2/127"),
        ("2001:db8::2/128", "2001:db8::2"),
        ("2001:db8::1 - 2001:db8::9", "2001:db8::1 - 2001:db8::9"),
        ("2001:db8:: - 2001:db8::ffff", "2001:db8::/112"),
        ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"),
        ("::1", "::1"),
        # IPv4 inside IPv6 is IPv4, in every place
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::FFFF:cb00:7107", "203.0.113.7"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ("::ffff:203.0.113.1 - 203.0.113.9", "203.0.113.1 - 203.0.113.9"),
        # as people have them
        ("192.168.1.*", "192.168.1.0/24"),
        ("192.168.*.*", "192.168.0.0/16"),
        ("10.*.*.*", "10.0.0.0/8"),
        ("198.51.100.0/255.255.255.0", "198.51.100.0/24"),
        ("198.51.100.0 / 255.255.255.128", "198.51.100.0/25"),
        ("198.51.100.0 255.255.255.0", "198.51.100.0/24"),
        ("198.51.100.7/255.255.255.255", "198.51.100.7"),
        ("198.51.100.1-20", "198.51.100.1 - 198.51.100.20"),
        ("198.51.100.1 - 20", "198.51.100.1 - 198.51.100.20"),
        ("198.51.100.0-255", "198.51.100.0/24"),
        ("198.51.100.7-7", "198.51.100.7"),
        ("198.51.100.1 to 198.51.100.20", "198.51.100.1 - 198.51.100.20"),
        ("198.51.100.1 TO 20", "198.51.100.1 - 198.51.100.20"),
        ("198.51.100.1 à 198.51.100.20", "198.51.100.1 - 198.51.100.20"),
        ("198.51.100.1 bis 198.51.100.20", "198.51.100.1 - 198.51.100.20"),
        ("2001:db8::1 to 2001:db8::9", "2001:db8::1 - 2001:db8::9"),
        ("203.0.113.5:443", "203.0.113.5"),
        ("203.0.113.5:65535", "203.0.113.5"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::]/64", "2001:db8::/64"),
        ("[2001:db8::1] - [2001:db8::9]", "2001:db8::1 - 2001:db8::9"),
        ("[203.0.113.5]:80", "203.0.113.5"),
        ("[::ffff:203.0.113.0]/120", "203.0.113.0/24"),
        ("2001:db8::1:443", "2001:db8::1:443"),
    ],
)
def test_an_entry_has_one_form(entry: str, text: str) -> None:
    assert parse(entry).text == text


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("", "form.required"),
        ("   ", "form.required"),
        ("198.51.100.7/255.255.255.0", "ip_restriction.host_bits"),
        ("198.51.100.0/255.255.0.255", "ip_restriction.mask"),
        ("198.51.100.0/255.255.255.256", "ip_restriction.invalid"),
        ("198.51.100.0/0.0.0.0", "ip_restriction.host_bits"),
        ("0.0.0.0/0.0.0.0", "ip_restriction.everybody"),
        ("2001:db8::/255.255.255.0", "ip_restriction.prefix"),
        ("*.*.*.*", "ip_restriction.everybody"),
        ("*", "ip_restriction.star"),
        ("192.*.1.*", "ip_restriction.star"),
        ("192.168.1.1*", "ip_restriction.star"),
        ("2001:db8::*", "ip_restriction.star"),
        ("192.168.010.*", "ip_restriction.leading_zero"),
        ("300.168.1.*", "ip_restriction.invalid"),
        ("198.51.100.50-20", "ip_restriction.reversed"),
        ("198.51.100.1-020", "ip_restriction.leading_zero"),
        ("198.51.100.1-256", "ip_restriction.invalid"),
        ("198.51.100.1 to", "ip_restriction.invalid"),
        ("203.0.113.5:65536", "ip_restriction.invalid"),
        ("203.0.113.5:", "ip_restriction.invalid"),
        ("[2001:db8::1", "ip_restriction.invalid"),
        ("[]:443", "ip_restriction.invalid"),
        ("203.0.113.7, 203.0.113.8", "ip_restriction.several"),
        ("203.0.113.7 203.0.113.0/24", "ip_restriction.several"),
        ("203.0.113.7/24", "ip_restriction.host_bits"),
        ("2001:db8::1/64", "ip_restriction.host_bits"),
        ("::ffff:203.0.113.7/120", "ip_restriction.host_bits"),
        ("203.0.113.9 - 203.0.113.1", "ip_restriction.reversed"),
        ("203.0.113.9 - 2001:db8::1", "ip_restriction.mixed"),
        ("2001:db8::1 - 203.0.113.9", "ip_restriction.mixed"),
        ("::ffff:203.0.113.9 - 2001:db8::1", "ip_restriction.mixed"),
        ("203.0.113.0/24 - 203.0.114.0/24", "ip_restriction.range_of_networks"),
        ("203.0.113.0/-1", "ip_restriction.range_of_networks"),
        ("010.0.0.1", "ip_restriction.leading_zero"),
        ("10.0.0.01", "ip_restriction.leading_zero"),
        ("10.0.00.1", "ip_restriction.leading_zero"),
        ("010.0.0.0/8", "ip_restriction.leading_zero"),
        ("::ffff:010.0.0.1", "ip_restriction.leading_zero"),
        ("10.0.0.1 - 10.0.0.09", "ip_restriction.leading_zero"),
        ("fe80::1%eth0", "ip_restriction.zone"),
        ("fe80::1%25eth0/64", "ip_restriction.zone"),
        ("fe80::1%en-0", "ip_restriction.zone"),
        ("203.0.113.0/33", "ip_restriction.prefix"),
        ("203.0.113.0/024", "ip_restriction.prefix"),
        ("203.0.113.0/", "ip_restriction.prefix"),
        ("203.0.113.0/ +24", "ip_restriction.prefix"),
        ("203.0.113.0/٢٤", "ip_restriction.prefix"),
        ("203.0.113.0/24/24", "ip_restriction.prefix"),
        ("2001:db8::/129", "ip_restriction.prefix"),
        ("::ffff:0.0.0.0/95", "ip_restriction.prefix"),
        ("0.0.0.0/0", "ip_restriction.everybody"),
        ("::/0", "ip_restriction.everybody"),
        ("::ffff:0:0/96", "ip_restriction.everybody"),
        ("0.0.0.0 - 255.255.255.255", "ip_restriction.everybody"),
        ("203.0.113.1 - ", "ip_restriction.invalid"),
        ("- 203.0.113.1", "ip_restriction.invalid"),
        ("203.0.113.1 - 203.0.113.2 - 203.0.113.3", "ip_restriction.invalid"),
        ("203.0.113.256", "ip_restriction.invalid"),
        ("3405803783", "ip_restriction.invalid"),
        ("0xcb.0.113.7", "ip_restriction.invalid"),
        ("127.1", "ip_restriction.invalid"),
        ("２０３.0.113.7", "ip_restriction.invalid"),
        ("example.com", "ip_restriction.invalid"),
        ("2001:db8::1::2", "ip_restriction.invalid"),
        ("\0", "ip_restriction.invalid"),
        ("-" * 120, "ip_restriction.invalid"),
    ],
)
def test_what_has_no_one_meaning_is_refused_with_the_reason(entry: str, reason: str) -> None:
    with pytest.raises(DomainError) as refused:
        parse(entry)

    assert (refused.value.key, refused.value.field) == (reason, "address")


@pytest.mark.parametrize(
    ("entry", "params"),
    [
        ("203.0.113.7/24", {"network": "203.0.113.0/24", "address": "203.0.113.7"}),
        ("203.0.113.9-203.0.113.1", {"range": "203.0.113.1 - 203.0.113.9"}),
        ("2001:db8::/129", {"limit": 128}),
    ],
)
def test_a_refusal_says_what_would_do(entry: str, params: dict[str, Any]) -> None:
    with pytest.raises(DomainError) as refused:
        parse(entry)

    assert refused.value.params == params


@pytest.mark.parametrize(
    ("entry", "meant"),
    [
        ("203.0.113", "203.0.113.0/24"),
        ("203.0.113.", "203.0.113.0/24"),
        ("192.168.*", "192.168.0.0/16"),
        ("192.168.1.x", "192.168.1.0/24"),
        ("192.168.X.X", "192.168.0.0/16"),
        ("198.51.100.0/0.0.0.255", "198.51.100.0/24"),
        ("198.51.100.1-101.20", "198.51.100.1 - 198.51.101.20"),
        ("198.51.100.1 to 51.101.20", "198.51.100.1 - 198.51.101.20"),
        ("2001:db8::1-ff", "2001:db8::1 - 2001:db8::ff"),
        ("2001:db8::1-20", "2001:db8::1 - 2001:db8::20"),
        ("https://203.0.113.5:8443/login", "203.0.113.5"),
        ("http://[2001:db8::1]/", "2001:db8::1"),
    ],
)
def test_what_is_probably_meant_is_proposed_and_can_be_typed(entry: str, meant: str) -> None:
    with pytest.raises(DomainError) as refused:
        parse(entry)

    assert (refused.value.key, refused.value.params) == ("ip_restriction.meant", {"rule": meant})
    assert parse(meant).text == meant


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ("192.168.1.10", "private"), ("10.0.0.0/8", "private"), ("172.16.0.0/12", "private"), ("172.32.0.1", ""),
        ("172.15.255.255", ""), ("100.64.0.1", "private"), ("169.254.1.1", "private"), ("fd00::1", "private"),
        ("fe80::/64", "private"), ("127.0.0.1", "reserved"), ("203.0.113.9", "reserved"), ("240.0.0.1", "reserved"),
        ("224.0.0.1", "reserved"), ("2001:db8::1", "reserved"), ("::1", "reserved"), ("ff02::1", "reserved"),
        ("4000::1", "reserved"), ("1fff::1", "reserved"), ("2001:4860:4860::8888", ""), ("8.8.8.0/24", ""),
        ("9.0.0.0 - 11.255.255.255", ""), ("223.255.255.255", ""), ("3fff:1000::1", ""), ("3fff:fff::1", "reserved"),
        ("192.167.255.255 - 192.168.0.5", ""),
    ],
)  # fmt: skip
def test_where_nobody_comes_from_over_the_internet(entry: str, kind: str) -> None:
    assert special(parse(entry)) == kind


@given(ADDRESSES)
def test_what_python_calls_global_is_not_called_private(address: Any) -> None:
    odd = address in ip_network("192.0.0.0/24") or address.is_multicast  # some of it is global in Python
    if address.is_global and not odd and (address.version == 4 or address in ip_network("2000::/3")):
        assert special(span(str(address))) == ""


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ("2001:4860:1:2:3:4:5:6", "2001:4860:1:2::/64"), ("2001:4860:1:2::", "2001:4860:1:2::/64"), ("8.8.8.8", ""),
        ("2001:4860::/48", ""), ("fe80::1", ""), ("::1", ""),
    ],
)  # fmt: skip
def test_the_network_of_a_connection_is_proposed_for_ipv6_alone(entry: str, line: str) -> None:
    found = line_of(parse(entry))

    assert (found.text if found else "") == line


@pytest.mark.parametrize(
    ("listed", "missing"),
    [(["8.8.8.8", "9.9.9.9"], 6), (["2001:4860::1"], 4), (["8.8.8.8", "2001:4860::1"], 0), ([], 0)],
)
def test_a_list_of_one_family_lacks_the_other(listed: list[str], missing: int) -> None:
    assert family_missing([parse(rule) for rule in listed]) == missing


@pytest.mark.parametrize("entry", ["203.0.113.0/24", "203.0.113.1 - 203.0.113.2", "1.2.3.4/32", "x", "", "fe80::1%1"])
def test_one_address_is_one_address(entry: str) -> None:
    with pytest.raises(DomainError):
        parse_address(entry)


@pytest.mark.parametrize("address", ["", "unknown", "::1%lo", "203.0.113.7:80", "203.0.113.07", "203.0.113.0/24", " "])
def test_a_caller_without_an_address_is_nobody(address: str) -> None:
    assert of_client(address) is None


@pytest.mark.parametrize("address", ["203.0.113.7", "::ffff:203.0.113.7"])
def test_the_caller_is_seen_in_the_same_form(address: str) -> None:
    assert of_client(address) == parse("203.0.113.7")


@pytest.mark.parametrize(
    ("entry", "inside", "outside"),
    [
        ("203.0.113.0/24", ("203.0.113.0", "203.0.113.255"), ("203.0.112.255", "203.0.114.0", "::cb00:7100")),
        ("203.0.113.6/31", ("203.0.113.6", "203.0.113.7"), ("203.0.113.5", "203.0.113.8")),
        ("203.0.113.10-203.0.113.20", ("203.0.113.10", "203.0.113.20"), ("203.0.113.9", "203.0.113.21")),
        ("2001:db8::/127", ("2001:db8::", "2001:db8::1"), ("2001:db8::2", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff")),
        ("0.0.0.1", ("0.0.0.1",), ("::1", "0.0.0.0", "0.0.0.2")),  # noqa: S104
        ("::1", ("::1",), ("0.0.0.1", "::", "::2")),
    ],
)
def test_both_ends_are_in_and_the_neighbours_are_not(
    entry: str, inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    rule = parse(entry)

    assert [a for a in inside if not rule.covers(parse_address(a))] == []
    assert [a for a in outside if rule.covers(parse_address(a))] == []


@given(ADDRESSES)
def test_an_address_is_itself(address: Any) -> None:
    for text in (str(address), address.exploded):
        assert parse(text) == parse_address(text) == of_client(text) == span(str(address))
    assert parse(str(address)).text == str(address)


@given(NETWORKS)
def test_a_network_is_that_of_ipaddress(network: Any) -> None:
    found = parse(str(network))

    assert (found.first, found.last) == (int(network.network_address), int(network.broadcast_address))
    assert found.text == (str(network) if network.num_addresses > 1 else str(network.network_address))


@given(NETWORKS, ADDRESSES)
def test_membership_is_that_of_ipaddress(network: Any, address: Any) -> None:
    inside = network[address._ip % network.num_addresses]

    assert parse(str(network)).covers(parse_address(str(address))) == (address in network)
    assert parse(str(network)).covers(span(str(inside)))


@given(st.one_of(st.tuples(V4, V4), st.tuples(V6, V6)), st.sampled_from(["-", " - ", " – "]))
def test_a_range_reads_and_writes_itself(ends: tuple[Any, Any], dash: str) -> None:
    first, last = sorted(ends)
    if int(first) == 0 and int(last) == 2 ** BITS[first.version] - 1:
        return

    found = parse(f"{first}{dash}{last}")

    assert (found.first, found.last) == (int(first), int(last))
    assert parse(found.text) == found
    assert found.covers(span(str(first)))
    assert found.covers(span(str(last)))
    if first < last:
        with pytest.raises(DomainError):
            parse(f"{last}{dash}{first}")


@given(NETWORKS, NETWORKS)
def test_covering_is_being_a_supernet(one: Any, other: Any) -> None:
    expected = one.version == other.version and other.subnet_of(one)

    assert parse(str(one)).covers(parse(str(other))) == expected


@given(st.integers(0, 2**16), st.integers(0, 2**16))
def test_a_span_that_is_a_network_is_shown_as_one(a: int, b: int) -> None:
    found = Span(4, min(a, b), max(a, b))
    summary = list(summarize_address_range(IPv4Address(found.first), IPv4Address(found.last)))

    assert (" - " in found.text) == (len(summary) > 1)
    assert list(collapse_addresses(summary)) == summary


@given(st.lists(SPANS, max_size=12))
def test_each_rule_inside_another_is_found(listed: list[Span]) -> None:
    for place, container in enumerate(containers(listed)):
        others = [n for n in range(len(listed)) if n != place and listed[n].covers(listed[place])]
        if container is None:  # what is there twice may hold itself: then the first one stays
            assert all(listed[n] == listed[place] and n > place for n in others)
        else:
            assert container in others


@given(st.lists(SPANS, max_size=12), SPANS)
def test_finding_is_looking_at_each(listed: list[Span], wanted: Span) -> None:
    assert (find(listed, wanted) is not None) == any(one.covers(wanted) for one in listed)


@given(st.text(alphabet="0123456789abcdefx*[].:/-% ", max_size=60))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        found = parse(text)
    except DomainError as refused:
        found = parse("::1") if refused.field == "address" else None
    assert found is not None
    assert parse(found.text) == found
