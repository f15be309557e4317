"""cookie_header: what browsers send, and what a sibling subdomain makes them send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflex_guard.cookie_header import CookieGivenTwice, read_cookies

NAME, OTHER = b"__Host-netim_session", b"__Host-netim_browser"
OURS = NAME + b"=ours"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ((), {}),
        ((b"",), {}),
        ((OURS,), {NAME: b"ours"}),
        ((b"a=1; " + OURS + b"; b=2",), {NAME: b"ours"}),
        ((OURS + b"; " + OTHER + b"=d",), {NAME: b"ours", OTHER: b"d"}),
        ((OURS, OTHER + b"=d"), {NAME: b"ours", OTHER: b"d"}),  # HTTP/2 may send one line for each (RFC 9113, 8.2.3)
        ((b" \t" + NAME + b"\t = \t ours \t;",), {NAME: b"ours"}),
        ((NAME + b"=",), {NAME: b""}),
        ((NAME + b"=a=b",), {NAME: b"a=b"}),
        ((NAME + b'="ours"',), {NAME: b'"ours"'}),
        ((NAME + b"=\xa0ours\x85",), {NAME: b"\xa0ours\x85"}),
        ((b"$Version=1; " + OURS + b"; $Path=/",), {NAME: b"ours"}),
        ((OURS + b", " + OTHER + b"=d",), {NAME: b"ours, " + OTHER + b"=d"}),  # a comma parts no cookies
    ],
)
def test_cookies_of_ours(lines: tuple[bytes, ...], found: dict[bytes, bytes]) -> None:
    assert read_cookies(lines, (NAME, OTHER)) == found


@pytest.mark.parametrize(
    "byte", [0x00, 0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x1F, 0x7F, 0x85, 0xA0, 0xAD, 0xC2, 0xFF]
)
@pytest.mark.parametrize("pattern", [b"%b%b=evil", b"%b %b=evil", b" %b%b=evil", b"\t%b\t%b=evil"])
def test_cookie_toss_a_byte_before_the_name_makes_another_name(byte: int, pattern: bytes) -> None:
    tossed = pattern % (bytes([byte]), NAME)
    assert read_cookies([tossed], (NAME,)) == {}
    assert read_cookies([tossed + b"; " + OURS], (NAME,)) == {NAME: b"ours"}
    assert read_cookies([OURS + b"; " + tossed], (NAME,)) == {NAME: b"ours"}


@pytest.mark.parametrize(
    "tossed",
    [
        NAME + b"\xa0=evil", NAME + b"\x85=evil", b"\xc2\xa0" + NAME + b"=evil", b"\xe2\x80\x83" + NAME + b"=evil",
        NAME.lower() + b"=evil", NAME.upper() + b"=evil", b"__HOST-netim_session=evil",
        NAME[:-1] + b"=evil", NAME + b"s=evil", b"x" + NAME + b"=evil", b"__Secure-" + NAME + b"=evil",
        b"netim_session=evil", b"=" + NAME + b"=evil", b"==" + NAME + b"=evil", NAME, b" " + NAME + b" ", b"=", b"evil",
        b'"' + NAME + b'"=evil', b'"' + NAME + b'=evil"', b"$" + NAME + b"=evil", b"a=" + NAME + b"=evil",
        b"a," + NAME + b"=evil", NAME.replace(b"_", b"%5F") + b"=evil",
    ],
)  # fmt: skip
def test_cookie_toss_a_name_that_looks_alike_is_none(tossed: bytes) -> None:
    assert read_cookies([tossed], (NAME,)) == {}
    assert read_cookies([OURS, tossed], (NAME,)) == read_cookies([tossed + b";" + OURS], (NAME,)) == {NAME: b"ours"}


@pytest.mark.parametrize(
    "lines",
    [
        (OURS + b"; " + OURS,), (OURS, OURS), (OURS + b";" + NAME + b"=evil",), (NAME + b"=evil", b"a=1;" + OURS),
        (OURS + b"; \t" + NAME + b" =evil",), (OURS + b"; " + NAME + b"=",), (NAME + b"=; " + OURS,),
    ],
)  # fmt: skip
def test_cookie_toss_a_name_twice_is_refused(lines: tuple[bytes, ...]) -> None:
    with pytest.raises(CookieGivenTwice):
        read_cookies(lines, (NAME, OTHER))
    assert read_cookies(lines, (OTHER,)) == {}, "what others send twice is theirs"


@given(st.lists(st.binary(), max_size=5))
def test_no_header_raises_anything_else(lines: list[bytes]) -> None:
    try:
        found = read_cookies(lines, (b"a", b""))
    except CookieGivenTwice:
        return
    assert set(found) <= {b"a", b""}
