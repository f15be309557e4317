import base64
import hmac
import struct
from datetime import UTC, datetime
from hashlib import sha1

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netim_app.features.totp import rules

RFC_SECRET = b"12345678901234567890"


def code_at(secret: bytes, step: int, digits: int = 6) -> str:
    """RFC 4226, section 5.3, written from the text of the standard with Python's own `hmac` alone.

    The second opinion, where other projects ask `oathtool`: that is not installed everywhere.
    """
    digest = hmac.new(secret, struct.pack(">Q", step), sha1).digest()
    offset = digest[19] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"


def library(secret: bytes, digits: int = 6) -> pyotp.TOTP:
    return pyotp.TOTP(base64.b32encode(secret).decode(), digits=digits)


@pytest.mark.parametrize(
    ("counter", "expected"),
    list(enumerate("755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split())),  # noqa: SIM905
)
def test_rfc_vectors_4226_appendix_d(counter: int, expected: str) -> None:
    assert library(RFC_SECRET).generate_otp(counter) == code_at(RFC_SECRET, counter) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_rfc_vectors_6238_appendix_b(seconds: int, expected: str) -> None:
    step = rules.step_at(datetime.fromtimestamp(seconds, UTC))

    assert library(RFC_SECRET, 8).generate_otp(step) == code_at(RFC_SECRET, step, 8) == expected


@given(secret=st.binary(min_size=20, max_size=20), step=st.integers(0, 2**33))
def test_rfc_vectors_the_library_agrees(secret: bytes, step: int) -> None:
    assert library(secret).generate_otp(step) == code_at(secret, step)


def numbered(step: int) -> str:
    return f"{step % 10**6:06d}"


@given(now=st.integers(100, 10**8), distance=st.integers(-60, 60), reach=st.integers(0, 25))
def test_only_steps_within_reach_match(now: int, distance: int, reach: int) -> None:
    step = now + distance
    found = rules.matching_step(numbered(step), numbered, now=now, reach=reach)

    assert found == (step if abs(distance) <= reach else None)


@given(now=st.integers(100, 10**8), distance=st.integers(-1, 1), after=st.integers(-3, 3))
def test_only_later_steps_than_the_last_match(now: int, distance: int, after: int) -> None:
    found = rules.matching_step(numbered(now + distance), numbered, now=now, reach=1, after=now + after)

    assert (found is not None) == (distance > after)


def test_of_equal_codes_the_nearest_counts() -> None:
    assert rules.matching_step("000000", lambda _: "000000", now=50, reach=20) == 50


@pytest.mark.parametrize(
    ("steps", "minutes"), [(2, 1), (3, 2), (4, 2), (5, 3), (20, 10), (-2, -1), (-7, -4), (-20, -10)]
)
def test_drift_in_minutes(steps: int, minutes: int) -> None:
    assert rules.drift_minutes(1000 + steps, 1000) == minutes


def test_a_key_in_groups() -> None:
    assert rules.in_groups("ABCDEFGHIJ") == "ABCD EFGH IJ"
