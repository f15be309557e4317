"""log: what the parts say when the application names no function of its own."""

import logging

import pytest

from reflex_guard.log import warn


def test_no_field_breaks_a_line_into_two(caplog: pytest.LogCaptureFixture) -> None:
    warn("socket.refused", ip="192.0.2.7", reason="a\nWARNING forged")

    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == "socket.refused ip='192.0.2.7' reason='a\\nWARNING forged'"
