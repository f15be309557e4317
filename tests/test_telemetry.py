"""Metrics and spans carry words of ours out of the server, and nothing of a customer."""

import logging

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from netim_app.infra import incidents
from netim_app.infra.log import log_event
from netim_app.telemetry import CleanedSpans, EventCounter, label


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("busy", "busy"),
        ("not logged in", "not logged in"),
        ("event.refused", "event.refused"),
        ("", "none"),
        ("anna@example.com", "other"),
        ("192.0.2.7", "other"),
        ("2001:db8::7", "other"),
        ("7", "other"),
        ("x" * 41, "other"),
        ("Mozilla/5.0", "other"),
    ],
)
def test_a_label_is_a_word_of_ours(given: str, shown: str) -> None:
    assert label(given) == shown


def test_a_span_keeps_neither_texts_nor_the_client() -> None:
    kept = InMemorySpanExporter()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(CleanedSpans(kept)))
    attributes = {"reflex.event.name": "login.submit", "client.address": "192.0.2.7", "session.id": "abc"}
    with (
        pytest.raises(ValueError, match="anna"),
        tracers.get_tracer("x").start_as_current_span("login.submit", attributes=attributes),
    ):
        raise ValueError("anna@example.com is wrong")
    (span,) = kept.get_finished_spans()
    assert span.name == "login.submit"
    assert dict(span.attributes or {}) == {"reflex.event.name": "login.submit"}
    assert not span.events
    assert not span.status.is_ok
    assert "anna" not in span.to_json()


def counted(*lines: tuple[str, dict[str, object]], incident: bool = False) -> dict[str, list[dict[str, object]]]:
    """The labels of each series, by the name of its metric, after these lines of the log."""
    reader = InMemoryMetricReader()
    logger = logging.getLogger("tests.telemetry")
    logger.setLevel(logging.INFO)
    handler = EventCounter(MeterProvider([reader]))
    logger.addHandler(handler)
    incidents.logger.addHandler(handler)
    for name, fields in lines:
        log_event(logger, name, **fields)
    if incident:
        incidents.logger.error("incident %s", "0a1b2c3d")
    incidents.logger.removeHandler(handler)
    logger.removeHandler(handler)
    data = reader.get_metrics_data()
    found = [m for each in (data.resource_metrics if data else ()) for s in each.scope_metrics for m in s.metrics]
    return {metric.name: [dict(point.attributes or {}) for point in metric.data.data_points] for metric in found}


def test_lines_of_the_log_are_counted() -> None:
    found = counted(
        ("logged_in", {"factor": "totp", "account_id": 7}),
        ("code_refused", {"reason": "wrong", "account_id": 7}),
        ("event.refused", {"event": "x" * 200, "reason": "not logged in", "ip": "192.0.2.7"}),
        ("limit_reached", {"limit": "login_per_address", "ip": "192.0.2.7"}),
        ("mail.sent", {"mail": "abc", "kind": "reset"}),
        ("password_changed", {"account_id": 7}),
        incident=True,
    )
    assert found == {
        "netim.logins": [
            {"result": "logged in", "factor": "totp"},
            {"result": "wrong code", "factor": "none"},
        ],
        "netim.refused": [
            {"what": "code_refused", "reason": "wrong"},
            {"what": "event.refused", "reason": "not logged in"},
        ],
        "netim.limits.reached": [{"limit": "login_per_address"}],
        "netim.mails": [{"what": "mail.sent"}],
        "netim.incidents": [{}],
    }
