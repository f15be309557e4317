"""OpenTelemetry metrics and traces, if `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector. Needs the extra `otel`.

Exports contain no data about customers: labels are words of ours. Spans contain neither texts of exceptions nor the
origin of a request.
"""

import logging
import re
from collections.abc import Callable, Iterable, Sequence

import opentelemetry.exporter.otlp.proto.http.metric_exporter as otlp_metrics
import opentelemetry.exporter.otlp.proto.http.trace_exporter as otlp_traces
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from reflex_otel import ReflexInstrumentor

from netim_app.brand.brand import get_brand
from netim_app.identity import sessions
from netim_app.identity.password_queues import hash_queue
from netim_app.infra import incidents, outbox_upkeep
from netim_app.infra.unit_of_work import units
from netim_app.reflex_port.sockets import ConnectedTabs
from netim_app.settings import Settings

STOP_SECONDS = 1
"""For the last export: an unreachable collector must not block the stop of a server."""
SERVICE = get_brand().file_prefix
KEPT_ATTRIBUTES = ("reflex.event.name", "reflex.event.background", "error.type")
"""Attributes that a span keeps. Others name the tab, the address or the browser."""
LOGINS = {
    "logged_in": "logged in",
    "login_failed": "wrong password",
    "login_blocked": "blocked",
    "code_refused": "wrong code",
    "second_factor_not_completed": "no code",
}
"""Log events that are the result of a login."""
REFUSED = re.compile(r".*(?:[._]refused|[._]failed|\.closed|\.packet_dropped)")
_WORDS = re.compile(r"[A-Za-z][A-Za-z_. -]{0,39}")


def label(value: object) -> str:
    """A plain word unchanged; `other` for anything else, which may not be ours; `none` for an empty text."""
    text = str(value)
    return text if _WORDS.fullmatch(text) else "other" if text else "none"


class CleanedSpans(SpanExporter):
    """Exports spans without data about customers: it drops events, which quote exceptions, and other attributes."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([cleaned(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()


def cleaned(span: ReadableSpan) -> ReadableSpan:
    """The same span with only `KEPT_ATTRIBUTES`, and without texts."""
    attributes = span.attributes or {}
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={name: attributes[name] for name in KEPT_ATTRIBUTES if name in attributes},
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


class EventCounter(logging.Handler):
    """Counts log events: logins, refusals, reached limits and mails. It also counts incidents."""

    def __init__(self, provider: MeterProvider) -> None:
        super().__init__(logging.INFO)
        meter = provider.get_meter("netim_app")
        self._logins = meter.create_counter("netim.logins", description="Logins by result and factor")
        self._refused = meter.create_counter("netim.refused", description="Refused events, requests and codes")
        self._limits = meter.create_counter("netim.limits.reached", description="Limits that were reached")
        self._mails = meter.create_counter("netim.mails", description="Mails by what became of them")
        self._incidents = meter.create_counter("netim.incidents", description="Unexpected exceptions")

    def emit(self, record: logging.LogRecord) -> None:
        name, fields = getattr(record, "netim_event", ""), getattr(record, "netim_fields", {})
        if name in LOGINS:
            self._logins.add(1, {"result": LOGINS[name], "factor": label(fields.get("factor", ""))})
        if REFUSED.fullmatch(name):
            self._refused.add(1, {"what": label(name), "reason": label(fields.get("reason", ""))})
        elif name == "limit_reached":
            self._limits.add(1, {"limit": label(fields.get("limit", ""))})
        elif name.startswith("mail."):
            self._mails.add(1, {"what": label(name)})
        elif record.name == incidents.__name__:
            self._incidents.add(1)


def observe(provider: MeterProvider, settings: Settings, tabs: ConnectedTabs) -> None:
    """Registers the gauges, which are read once per export."""
    meter = provider.get_meter("netim_app")

    def gauge(name: str, read: Callable[[], float], unit: str) -> None:
        def look(_options: CallbackOptions) -> Iterable[Observation]:
            yield Observation(read())

        meter.create_observable_gauge(name, [look], unit=unit)

    gauge("netim.outbox.age", lambda: _backlog().oldest_age_seconds, "s")
    gauge("netim.outbox.queued", lambda: _backlog().queued, "{mail}")
    gauge("netim.outbox.dead", lambda: _backlog().dead, "{mail}")
    gauge("netim.sessions.live", _live_sessions, "{session}")
    gauge("netim.hashes.waiting", hash_queue(settings.bcrypt_cost).waiting, "{hash}")
    gauge("netim.pages.open", lambda: len(tabs.sockets()), "{page}")


def _backlog() -> outbox_upkeep.Backlog:
    with units().read() as unit:
        return outbox_upkeep.backlog(unit)


def _live_sessions() -> int:
    with units().read() as unit:
        return sessions.count_live(unit)


class Telemetry:
    """All telemetry of a worker, from its start to its end."""

    def __init__(self, settings: Settings, tabs: ConnectedTabs) -> None:
        resource = Resource.create({"service.name": SERVICE}).merge(Resource.create())
        self._tracers = TracerProvider(resource=resource)
        self._tracers.add_span_processor(BatchSpanProcessor(CleanedSpans(otlp_traces.OTLPSpanExporter())))
        reader = PeriodicExportingMetricReader(otlp_metrics.OTLPMetricExporter())
        self._meters = MeterProvider([reader], resource=resource)
        self._counter = EventCounter(self._meters)
        observe(self._meters, settings, tabs)

    def begin(self) -> None:
        """Starts counting. Requests get no spans, because these would name the client."""
        logging.getLogger().addHandler(self._counter)
        ReflexInstrumentor().instrument(tracer_provider=self._tracers, meter_provider=self._meters, excluded_urls=".*")

    def end(self) -> None:
        """Exports what is left, and stops."""
        logging.getLogger().removeHandler(self._counter)
        ReflexInstrumentor().uninstrument()
        self._meters.shutdown(STOP_SECONDS * 1000)
        self._tracers.force_flush(STOP_SECONDS * 1000)
        self._tracers.shutdown()
