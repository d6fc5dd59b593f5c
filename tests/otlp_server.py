"""An OTLP/HTTP collector on loopback that keeps what it was sent. No pytest."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.loopback import LoopbackServer, running


class Collector:
    """Every request that came, decoded."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        """What is answered."""
        self.http = LoopbackServer(_Handler, self)
        self.url = self.http.url

    @property
    def spans(self) -> list[Any]:
        """All spans, in the order they came."""
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def span(self, name: str) -> Any:
        """The only span called ``name``."""
        (found,) = [span for span in self.spans if span.name == name]
        return found

    @property
    def environment(self) -> dict[str, str]:
        """What points an exporter here."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, "OTEL_EXPORTER_OTLP_TIMEOUT": "5"}


def attributes(owner: Any) -> dict[str, Any]:
    """Return the attributes of a decoded span, event or resource as plain values."""
    return {pair.key: _plain(pair.value) for pair in owner.attributes}


def _plain(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(item) for item in value.array_value.values]
    return getattr(value, kind)


@contextmanager
def collect() -> Iterator[Collector]:
    """Run a collector."""
    collector = Collector()
    with running(collector.http):
        yield collector


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LoopbackServer

    def do_POST(self) -> None:
        owner: Collector = self.server.owner
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if owner.status == 200 and self.path == "/v1/traces":
            owner.headers.append({key.lower(): value for key, value in self.headers.items()})
            owner.requests.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(owner.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return None
