"""Runs leave for an OTLP endpoint: read back from the spool, off the path of the calls that made them.

A long-lived process sends what its spool has got since the last look, about once a second; the rest goes once the file
is sealed, so a session's spans carry their trial's scores, and what a killed process left is sent by whoever recovers
it. ``OTEL_EXPORTER_OTLP_*`` say where to and how, ``OTEL_SERVICE_NAME`` and ``OTEL_RESOURCE_ATTRIBUTES`` who.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.spans import INSTALL
from pytest_llmobs.storage import notices
from pytest_llmobs.storage.spool.lines import UNREADABLE, Patches, read_patches, read_records
from pytest_llmobs.tracing import first_use

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

    from pytest_llmobs.storage.spool.segment import Segment

_CHUNK = 1 << 18
"""Bytes of lines in one request, unless one line alone is longer."""
_PROTOCOL = "http/protobuf"
_EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


def checked_exporter(setting: str) -> OtlpExporter:
    """Return the exporter.

    Args:
        setting: What asked for it, for the message.

    Raises:
        SettingsError: The extra ``otel`` isn't installed.
    """
    check(setting)
    return OtlpExporter()


def check(switch: str) -> None:
    """Refuse what can't work before there is anything to export.

    Args:
        switch: What asked for the export, for the message.

    Raises:
        SettingsError: The extra isn't installed, or the environment asks for another protocol than OTLP/HTTP.
    """
    if not _is_installed():
        raise SettingsError(f"{switch} needs OpenTelemetry's OTLP exporter. {INSTALL}")
    name = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
    if not os.environ.get(name):
        name = "OTEL_EXPORTER_OTLP_PROTOCOL"
    protocol = os.environ.get(name)
    if protocol and protocol != _PROTOCOL:
        raise SettingsError(
            f"{name} is {protocol!r}; {switch} exports with {_PROTOCOL!r} alone. Set "
            f"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL={_PROTOCOL} and OTEL_EXPORTER_OTLP_TRACES_ENDPOINT to the "
            "collector's HTTP port (4318, path /v1/traces)."
        )


def _is_installed() -> bool:
    try:
        return find_spec(_EXPORTER) is not None
    except ImportError:  # of a package above it
        return False


class OtlpExporter:
    """Sends what is in spool files. Raises nothing; an endpoint that fails is told of once."""

    def __init__(self, warn: Callable[[str], None] = notices.warn) -> None:
        """Make an exporter; it imports OpenTelemetry when it has something to send.

        Args:
            warn: Takes the message where spans can't be sent; must not raise.
        """
        self._warn = warn
        self._warned = False
        self._start()

    def _start(self) -> None:
        # A forked child must share neither its parent's connection nor its lock.
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._failing = False
        self._exporter: SpanExporter | None = None

    def send(self, segment: Segment) -> None:
        """Send what was added to a spool file since the last time; while the endpoint fails, wait for ``finish``."""
        if not self._failing:
            self._try(segment, Patches)

    def finish(self, segment: Segment) -> None:
        """Send the rest of a spool file, with what its patches say."""
        self._try(segment, lambda: read_patches(segment.reader()))

    def _try(self, segment: Segment, patches: Callable[[], Patches]) -> None:
        if self._process != os.getpid():
            self._start()
        with self._lock:
            try:
                self._send(segment, patches())
            except Exception as error:
                if segment.file.closed:  # sealed by another thread meanwhile, which sent the rest
                    return
                self._fail(f"{type(error).__qualname__}: {error}")

    def _send(self, segment: Segment, patches: Patches) -> None:
        with first_use.alone():
            from pytest_llmobs.spans.writing import describe_process

        resource = describe_process()
        reader = segment.reader(segment.exported)
        while lines := reader.readlines(_CHUNK):
            is_whole = lines[-1].endswith(b"\n")
            if not is_whole:  # in the middle of its write
                lines.pop()
            spans = _spans_of(lines, patches, resource)
            if spans and not self._deliver(spans):
                return
            segment.exported += sum(map(len, lines))
            if not is_whole:
                return

    def _deliver(self, spans: Sequence[ReadableSpan]) -> bool:
        from opentelemetry.sdk.trace.export import SpanExportResult

        with _quietly() as reasons:
            delivered = self._opened().export(spans) is SpanExportResult.SUCCESS
        self._failing = not delivered
        if not delivered:
            self._fail(next(iter(reasons), "no reason given"))
        return delivered

    def _opened(self) -> SpanExporter:
        if self._exporter is None:
            with first_use.alone():
                from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            self._exporter = OTLPSpanExporter()
        return self._exporter

    def _fail(self, reason: str) -> None:
        self._failing = True
        if not self._warned:
            self._warned = True
            self._warn(
                f"Runs can't be exported to {_endpoint()}: {reason}. They are stored as ever; calls and tests go on. "
                "OTEL_EXPORTER_OTLP_ENDPOINT says where to."
            )


def _spans_of(lines: Sequence[bytes], patches: Patches, resource: Resource) -> list[ReadableSpan]:
    from pytest_llmobs.spans.writing import to_span

    spans = []
    for record in read_records(lines, patches, lambda line: None):
        with suppress(*UNREADABLE):  # sealing tells of those
            spans.append(to_span(record, resource))
    return spans


def _endpoint() -> str:
    environ = os.environ
    base = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or "http://localhost:4318"
    return repr(environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or f"{base.rstrip('/')}/v1/traces")


@contextmanager
def _quietly() -> Iterator[list[str]]:
    """Keep what the exporter logs in this thread, which we tell in our own words, and hide it from instrumentations."""
    from opentelemetry import context

    messages: list[str] = []
    thread = threading.get_ident()

    def take(record: logging.LogRecord) -> bool:
        if record.thread != thread:
            return True
        messages.append(record.getMessage().partition(" encountered while")[0].rstrip("."))
        return False

    logger = logging.getLogger(_EXPORTER)
    logger.addFilter(take)
    token = context.attach(context.set_value(context._SUPPRESS_INSTRUMENTATION_KEY, True))
    try:
        yield messages
    finally:
        context.detach(token)
        logger.removeFilter(take)
