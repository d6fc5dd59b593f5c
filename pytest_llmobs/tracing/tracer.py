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
from pytest_llmobs.settings import MAX_PAYLOAD
from pytest_llmobs.tracing import capture, environment
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.redaction.redactors import Redactor, choose
from pytest_llmobs.tracing.run_line import write_line, write_payload
from pytest_llmobs.tracing.run_tree import RunTree, checked_run_type
from pytest_llmobs.tracing.sampling import Held, Rule, checked_rate, is_sampled
from pytest_llmobs.tracing.threads import carry_into_threads, stop_carrying

KeepMedia = Callable[[str, bytes], str | None]
"""Takes a file's name and content, keeps it, and returns where it is; None where that failed."""
_CACHED_NAMES = 512
_log = logging.getLogger("pytest_llmobs")


class Sink(Protocol):
    """Where finished runs go."""

    def append(self, line: bytes) -> None:
        """Keep one spool line. Must never raise into the user's call."""


class Host(Protocol):
    """What a running app's tracer needs of the layers above it."""

    def redactors(self) -> Sequence[Redactor | Callable[[str], str]]:
        """Return what ``LLMOBS_REDACT`` may name, and what is at work unnamed."""

    def open_sink(self) -> Sink:
        """Return where the runs go."""

    def keep_media(self, name: str, data: bytes) -> str | None:
        """Keep an image or a document of a model call; return where it is."""

    def started(self) -> None:
        """Take note that tracing is on."""


class Tracer:
    """Starts runs, and writes them once they have ended."""

    def __init__(
        self,
        *,
        project: str,
        sink: Sink | None,
        redaction: Redaction | None = None,
        session: str | None = None,
        sample_rate: float = 1.0,
        keep: tuple[Rule, ...] = (),
        max_payload: int = MAX_PAYLOAD,
        enabled: bool = True,
        keep_media: KeepMedia | None = None,
    ) -> None:
        """Make a tracer.

        Args:
            project: The project of its traces, unless they name another.
            sink: Takes the lines; None keeps nothing but what a collecting root collects.
            redaction: The redactors at work; None for ``secrets`` alone.
            session: The session's name, a column of every run.
            sample_rate: The share of traces that is kept, 0 to 1.
            keep: Rules that keep a trace whatever the rate (see ``sampling.read_rules``).
            max_payload: Bytes an input or output may take before it is cut.
            enabled: False traces only where the code says ``enabled=True``.
            keep_media: Keeps the images and documents of model calls; None logs only their hash and size.

        Raises:
            SettingsError: The rate isn't between 0 and 1.
        """
        self.project = project
        self.sink = sink
        self.session = session
        self.sample_rate = checked_rate(sample_rate)
        self.keep = keep
        self.max_payload = max_payload
        self.enabled = enabled
        self.keep_media = keep_media
        self.redaction = redaction or Redaction()
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
        beside: RunTree | None = None,
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
            beside: The root whose trace this one judges: both are stored, or neither.

        Raises:
            LlmobsError: ``run_type`` is unknown.
        """
        root = RunTree(self, name, checked_run_type(run_type))
        root.describe(inputs, metadata, tags)
        if columns:
            root.columns.update(columns)
        if collect:
            root.collected, root.said = [], {}
        if beside is not None:
            root.held = beside.held
        elif self.sink is not None and self._drops(root):
            root.held = Held(self.keep, root)
        return root

    def sample(self, root: RunTree) -> None:
        """Decide whether the trace of ``root`` is kept, where nobody but the store wants it."""
        if self._drops(root):
            if self.keep:
                root.held = Held(self.keep, root)
            else:
                root.recording = False

    def _drops(self, root: RunTree) -> bool:
        return self.sample_rate < 1.0 and not is_sampled(root.trace_id, self.sample_rate)

    def write(self, run: RunTree) -> bytes:
        """Encode a finished run and hand it to the sink and to its collecting root; return the line."""
        root = run.root
        if root.collected is not None and (run is root or run.parent is root):
            root.said[run.id] = run.outputs_json
        line = self.encode(run)
        self._store(run, line)
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

    def _store(self, run: RunTree, line: bytes) -> None:
        if self.sink is None:
            return
        held = run.root.held
        if held is None:
            self.sink.append(line)
        else:
            held.take(run, line, self.sink.append)

    def patch(self, run: RunTree, columns: Mapping[str, Any]) -> None:
        """Write the line that overrides ``columns`` of ``run``."""
        if self.sink is not None and run.recording:
            encoded = capture.encode_mapping(columns)
            if self.redaction.suspects(encoded):
                encoded = capture.encode(self.redaction.clean_columns(json.loads(encoded)))
            self._store(run, b'{"patch":"%b",%b\t\t\n' % (run.id.encode(), encoded[1:]))

    def _describe(self, key: tuple[str, str, str]) -> str:
        if len(self._static) >= _CACHED_NAMES:
            self._static.clear()
        named = {"name": key[0], "run_type": key[1], "project": key[2]}
        if self.session is not None:
            named["session"] = self.session
        encoded = capture.encode(named)
        if self.redaction.suspects(encoded):  # every test has a name of its own: the long way would be felt
            cleaned = self.redaction.clean_columns(named)
            if key[2] == self.project:  # that of an experiment, by which it is found
                cleaned["project"] = self.project
            encoded = capture.encode(cleaned)
        self._static[key] = text = encoded[1:-1].decode()
        return text


installed: Tracer | None = None
"""The tracer of this process, or None: nothing is traced."""

_outer: list[Tracer | None] = []
_asked_environment = False
_host: Host | None = None
_NOTHING = "pytest-llmobs traces nothing: %s"


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


def set_host(new: Host | None) -> None:
    """Say where runs go that are traced outside a session, because the environment or the code says so.

    Args:
        new: Asked at the first traced call; None keeps nothing.
    """
    global _host, _asked_environment
    _host, _asked_environment = new, False


def find(enabled: bool | None) -> Tracer | None:
    """Return the installed tracer; where there is none, the one that environment or ``enabled=True`` asks for."""
    if installed is None and not _asked_environment:
        _ask_environment(os.environ)
    if installed is None and enabled:
        return require()
    return installed


def require() -> Tracer:
    """Return the installed tracer; where there is none, install one that is off but for ``enabled=True``."""
    if installed is None and not _begin(enabled=False):
        install(Tracer(project="default", sink=None, enabled=False))
    assert installed is not None
    return installed


def _ask_environment(environ: Mapping[str, str]) -> None:
    global _asked_environment
    _asked_environment = True
    try:
        if environment.is_on(environ):
            _begin(enabled=True)
    except SettingsError as error:
        _log.warning(_NOTHING, error)


def _begin(*, enabled: bool) -> bool:
    """Install a tracer as the environment describes it; return False where that makes no sense."""
    try:
        names, options = environment.tracer_options(os.environ)
        if options.pop("keep_media") and _host is not None:
            options["keep_media"] = _host.keep_media
        offered = () if _host is None else _host.redactors()
        redaction = Redaction(choose(names, offered, environment.REDACT))
        sink = None if _host is None else _host.open_sink()
        install(Tracer(sink=sink, redaction=redaction, enabled=enabled, **options))
    except Exception as error:  # an app in production must not fall over its tracing
        _log.warning(_NOTHING, error)
        return False
    if _host is not None:
        _host.started()
    return True


OFF = Tracer(project="default", sink=None, enabled=False)
"""Owns the runs that ``trace`` hands out where tracing is off; they are never written."""
