"""A receiver of spans that speaks OTLP over HTTP, as a collector does."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Received(NamedTuple):
    """A span as it came: whose it is, its name and kind, its place in its trace, what it says, and its status."""

    service: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    attributes: Mapping[str, Any]
    failed: str


class Collector:
    """What was received so far."""

    def __init__(self) -> None:
        self.url = ""
        self.spans: list[Received] = []

    def take(self, body: bytes) -> None:
        """Read what an exporter sent."""
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            [service] = [
                attribute.value.string_value
                for attribute in resource.resource.attributes
                if attribute.key == "service.name"
            ]
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                attributes = {
                    attribute.key: getattr(attribute.value, attribute.value.WhichOneof("value") or "")
                    for attribute in span.attributes
                }
                ids = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
                self.spans.append(Received(service, span.name, span.kind, *ids, attributes, span.status.message))

    def line_of(self, last: Received) -> list[Received]:
        """Return a span with those that it belongs to, the first of its trace first."""
        known = {span.span_id: span for span in self.spans}
        line = [last]
        while line[0].parent_id:
            assert line[0].parent_id in known, f"{line[0].name} has a parent that has not come"
            line.insert(0, known[line[0].parent_id])
        return line


@contextmanager
def collecting() -> Iterator[Collector]:
    """Receive spans for as long as the block lasts."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield collector
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
