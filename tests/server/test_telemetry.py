"""Metrics and traces as a collector gets them, of a server that knows a customer: nothing there tells of her."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.kit.fakes import until
from tests.kit.harness import PASSWORD, Client, running
from tests.kit.login import attempt

WORKER = "tests-browser-name"


@dataclass
class Collector:
    """A receiver of OTLP over HTTP."""

    url: str = ""
    bodies: list[tuple[str, bytes]] = field(default_factory=list)

    def metrics(self) -> dict[str, list[tuple[dict[str, str], float]]]:
        """The last value of each series, by the name of its metric."""
        found: dict[str, dict[str, tuple[dict[str, str], float]]] = {}
        for path, body in self.bodies:
            if path != "/v1/metrics":
                continue
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                    for point in (*metric.sum.data_points, *metric.gauge.data_points):
                        labels = {each.key: each.value.string_value for each in point.attributes}
                        value = point.as_double or float(point.as_int)
                        found.setdefault(metric.name, {})[str(labels)] = (labels, value)
        return {name: list(series.values()) for name, series in found.items()}

    def count(self, name: str, **labels: str) -> float:
        return sum(value for found, value in self.metrics().get(name, []) if labels.items() <= found.items())

    def spans(self) -> list[str]:
        requests = [ExportTraceServiceRequest.FromString(body) for path, body in self.bodies if path == "/v1/traces"]
        scopes = [scope for request in requests for each in request.resource_spans for scope in each.scope_spans]
        return [span.name for scope in scopes for span in scope.spans]


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.bodies.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    made.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


async def test_a_collector_hears_what_happens_and_of_nobody(
    tmp_path: Path, collector: Collector, new_email: Callable[[], str]
) -> None:
    env = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        "OTEL_METRIC_EXPORT_INTERVAL": "300",
        "OTEL_BSP_SCHEDULE_DELAY": "300",
    }
    with running(tmp_path, env=env) as server:
        email = server.create_account(new_email())
        async with Client(server, headers={"User-Agent": f"Mozilla/5.0 {WORKER}"}) as client:
            await client.load("/login")
            assert not await attempt(client, email, "not the password of her")
            await until(lambda: collector.count("netim.logins", result="wrong password") == 1)
            await client.redeem(await attempt(client, email, PASSWORD))
            await until(lambda: collector.count("netim.logins", result="logged in") == 1)
            await client.load("/account/personal-information")
            await until(lambda: collector.count("netim.sessions.live") == 1)
            await until(lambda: collector.count("netim.pages.open") >= 1)
            token, address = client.token, client.local_address
        await until(lambda: any("submit" in name for name in collector.spans()))
    names = collector.metrics().keys()
    assert {"netim.outbox.age", "netim.outbox.queued", "netim.outbox.dead", "netim.hashes.waiting"} <= names
    everything = b"".join(body for _, body in collector.bodies)
    for secret in (email, PASSWORD, "not the password", WORKER, token, address, "Anna"):
        assert secret.encode() not in everything, secret
