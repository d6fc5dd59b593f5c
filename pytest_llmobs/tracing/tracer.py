"""The tracer: where runs go, and whether they go anywhere."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.records.runs import RunType
from pytest_llmobs.tracing import capture, environment
from pytest_llmobs.tracing.line import write_line, write_payload
from pytest_llmobs.tracing.propagation import carry_into_threads, stop_carrying
from pytest_llmobs.tracing.redaction import Redaction
from pytest_llmobs.tracing.run_tree import RunTree, checked_run_type
from pytest_llmobs.tracing.sampling import Held, checked_rate, is_sampled, read_rules

Redactor = str | Callable[..., Any]
KeepMedia = Callable[[str, bytes], str | None]
"""Takes a file's name and content, keeps it, and returns where it is; None where that failed."""
_CACHED_NAMES = 4096
_log = logging.getLogger("pytest_llmobs")


class Sink(Protocol):
    """Where finished runs go."""

    def append(self, line: bytes) -> None:
        """Keep one spool line. Must never raise into the user's call."""


class Tracer:
    """Starts runs, and writes them once they have ended."""

    def __init__(
        self,
        *,
        project: str,
        sink: Sink | None,
        redact: tuple[Redactor, ...] = ("secrets",),
        session: str | None = None,
        sample_rate: float = 1.0,
        keep: tuple[str, ...] = (),
        max_payload: int = capture.MAX_PAYLOAD,
        enabled: bool = True,
        keep_media: KeepMedia | None = None,
    ) -> None:
        """Make a tracer.

        Args:
            project: The project of its traces, unless they name another.
            sink: Takes the lines; None keeps nothing but what a collecting root collects.
            redact: Redactors by name, or callables that take a text and return it redacted.
            session: The session's name, a column of every run.
            sample_rate: The share of traces that is kept, 0 to 1.
            keep: Traces kept whatever the rate: ``errors``, ``tag:NAME``, ``metadata:KEY=VALUE``.
            max_payload: Bytes an input or output may take before it is cut.
            enabled: False traces only where the code says ``enabled=True``.
            keep_media: Keeps the images and documents of model calls; None logs only their hash and size.

        Raises:
            SettingsError: A redactor or a rule is unknown, or the rate isn't between 0 and 1.
        """
        self.project = project
        self.sink = sink
        self.session = session
        self.sample_rate = checked_rate(sample_rate)
        self.keep = read_rules(keep)
        self.max_payload = max_payload
        self.enabled = enabled
        self.keep_media = keep_media
        self.redaction = Redaction(redact)
        self._suspects = self.redaction.suspects
        self._static: dict[tuple[str, str, str], str] = {}

    def start_root(
        self,
        name: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        run_type: RunType = "chain",
        metadata: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
        columns: Mapping[str, Any] | None = None,
        collect: bool = False,
    ) -> RunTree:
        """Start a trace. The caller activates and ends its root.

        Args:
            name: The root's name.
            inputs: What it is given.
            run_type: One of ``records.runs.RUN_TYPES``.
            metadata: Reaches every run of the trace.
            tags: Reach every run of the trace.
            columns: Further columns of the root's record (``suite``, ``example_id``, ``evaluates``).
            collect: Keep the finished runs in memory as well, for ``finished_runs`` and ``tree``.

        Raises:
            LlmobsError: ``run_type`` is unknown.
        """
        root = RunTree(self, name, checked_run_type(run_type))
        root.describe(inputs, metadata, tags)
        if columns:
            root.columns.update(columns)
        if collect:
            root.collected = []
        return root

    def sample(self, root: RunTree) -> None:
        """Decide whether the trace of ``root`` is kept."""
        if self.sample_rate < 1.0 and not is_sampled(root.trace_id, self.sample_rate):
            if self.keep:
                root.held = Held(self.keep)
            else:
                root.recording = False

    def write(self, run: RunTree) -> bytes:
        """Encode a finished run and hand it to the sink and to its collecting root; return the line."""
        line = self.encode(run)
        root = run.root
        if root.held is not None:
            if root.held.take(run, line, self._append):
                root.held = None
        elif self.sink is not None:
            self.sink.append(line)
        if root.collected is not None:
            root.collected.append((run.parent_id, run.run_type, line))
        return line

    def encode(self, run: RunTree) -> bytes:
        """Return the spool line of ``run``."""
        payload = write_payload(run)
        if self._suspects(payload):
            began = time.perf_counter_ns()
            self.redaction.clean(run)
            took = time.perf_counter_ns() - began
            if took > capture.SLOW:
                run.captured_for += took
            payload = write_payload(run)
        key = (run.name, run.run_type, run.project)
        return write_line(run, self._static.get(key) or self._describe(key), payload)

    def _append(self, line: bytes) -> None:
        if self.sink is not None:
            self.sink.append(line)

    def patch(self, run: RunTree, columns: Mapping[str, Any]) -> None:
        """Write the line that overrides ``columns`` of ``run``."""
        if self.sink is not None and run.recording:
            encoded = capture.encode_mapping(columns)
            if self.redaction.suspects(encoded):
                encoded = capture.encode(self.redaction.clean_columns(json.loads(encoded)))
            self.sink.append(b'{"patch":"%b",%b\t\t\n' % (run.id.encode(), encoded[1:]))

    def _describe(self, key: tuple[str, str, str]) -> str:
        if len(self._static) >= _CACHED_NAMES:
            self._static.clear()
        named = dict(zip(("name", "run_type", "project"), key, strict=True))
        if self.session is not None:
            named["session"] = self.session
        encoded = capture.encode(named)
        if self.redaction.suspects(encoded):  # every test has a name of its own: the long way would be felt
            encoded = capture.encode(self.redaction.clean_columns(named))
        self._static[key] = text = encoded[1:-1].decode()
        return text


installed: Tracer | None = None
"""The tracer of this process, or None: nothing is traced."""

_outer: list[Tracer | None] = []
_asked_environment = False
_make_sink: Callable[[], Sink] | None = None
_keep_media: KeepMedia | None = None
_started: Callable[[Tracer], None] | None = None


def install(tracer: Tracer) -> None:
    """Trace with ``tracer`` from now on, until ``uninstall``."""
    global installed
    _outer.append(installed)
    installed = tracer
    carry_into_threads()


def uninstall() -> None:
    """Undo the last ``install``: trace as before it."""
    global installed
    installed = _outer.pop() if _outer else None
    if installed is None:
        stop_carrying()


def set_sink_factory(
    make_sink: Callable[[], Sink] | None,
    started: Callable[[Tracer], None] | None = None,
    keep_media: KeepMedia | None = None,
) -> None:
    """Say where runs go that are traced outside a session, because the environment or the code says so.

    Args:
        make_sink: Called once, at the first traced call; None keeps nothing.
        started: Called with the tracer right after it was installed (to instrument providers).
        keep_media: Keeps images and documents, where the environment asks for that.
    """
    global _make_sink, _started, _keep_media, _asked_environment
    _make_sink, _started, _keep_media, _asked_environment = make_sink, started, keep_media, False


def find(enabled: bool | None) -> Tracer | None:
    """Return the installed tracer; where there is none, the one that environment or ``enabled=True`` asks for."""
    if installed is None and not _asked_environment:
        _ask_environment(os.environ)
    return require() if installed is None and enabled else installed


def require() -> Tracer:
    """Return the installed tracer; where there is none, install one that is off but for ``enabled=True``."""
    if installed is None:
        _begin(project=os.environ.get("LLMOBS_PROJECT") or "default", enabled=False)
    assert installed is not None
    return installed


def _ask_environment(environ: Mapping[str, str]) -> None:
    global _asked_environment
    _asked_environment = True
    try:
        if environment.is_on(environ):
            _begin(**environment.tracer_options(environ))
    except SettingsError as error:  # an app in production must not fall over its tracing
        _log.warning("pytest-llmobs traces nothing: %s", error)


def _begin(*, keep_media: bool = False, **options: Any) -> None:
    sink = None if _make_sink is None else _make_sink()
    install(Tracer(sink=sink, keep_media=_keep_media if keep_media else None, **options))
    if _started is not None and installed is not None:
        _started(installed)


OFF = Tracer(project="default", sink=None, enabled=False)
"""Owns the runs that ``trace`` hands out where tracing is off; they are never written."""
