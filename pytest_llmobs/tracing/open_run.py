"""What is known of a run while it is going on: its fields, without what can be done with it.

``RunTree`` adds the rest. Whatever writes, cleans or samples a run needs no more than this.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pytest_llmobs.clocks import moment, real
from pytest_llmobs.records.prompt_uses import PROMPT_KEY, read_uses, write_uses
from pytest_llmobs.records.runs import Run, RunStatus, RunType
from pytest_llmobs.tracing.sampling import HeldLines


class OpenRun:
    """The fields of one run."""

    id: str
    trace_id: str
    parent_id: str | None
    name: str
    run_type: RunType
    project: str
    parent: OpenRun | None
    started: int
    """Start time in microseconds since the epoch."""
    clock: int
    """``clocks.real.seconds_ns`` at the start."""

    # Defaults on the class: a run sets only what it needs, which halves the cost of making one.
    error: str | None = None
    """The traceback, or None."""
    ended: bool = False
    """True once the run is over; from then on it is nobody's parent."""
    recording: bool = True
    """False for a run that sampling left out, for one of another process, and where tracing is off."""
    managed: bool = False
    """True where a decorator or a ``with`` block writes the run; ``end`` then only says how it ended."""
    awaited: object = None
    """On the root of a trial: what starts the runs of its target, whose first call is this run; see ``decorated``."""
    own_tags: Sequence[str] = ()
    """The tags; a list once somebody has asked for them."""
    status: RunStatus | None = None
    """Set to ``incomplete`` or ``abandoned`` before ``end``; else the error decides."""
    collected: list[FinishedRun] | None = None
    """On a root started with ``collect=True``: its finished descendants, and itself once it has ended."""
    settled: bool = False
    """True on the root of a trial once it is accounted for: a call that ends later belongs to no trial."""
    held: HeldLines | None = None
    """On a root whose trace sampling may leave out of the store: the lines until that is clear."""
    _unfinished: set[Any] | None = None
    _root: OpenRun | None = None
    finished: int | None = None
    """End time in microseconds since the epoch."""
    inputs_json: bytes = b"{}"
    """The inputs as they were captured: a JSON object."""
    outputs_json: bytes | None = None
    own_metadata: dict[str, Any] | None = None
    """The metadata, or None where nobody asked for any yet."""
    own_columns: dict[str, Any] | None = None
    own_stamps: dict[tuple[str, str], None] | None = None
    """Keys and values, each once, of metadata that runs below don't inherit; see ``stamps``."""
    filled: deque[Any] | None = None
    """On a root: the prompts that were filled last in its trace, so that a text which holds one is known."""
    runs_below: int = 0
    """Runs that were started right below it."""
    entry_point: str | None = None
    """On a root: the function that it is of, as ``module:name``, where that can be imported."""
    rewriting: object = None
    """On a root: what changes the requests of its trace, see ``tracing.calls.rewriting``; None where nothing does."""
    repeat: int = 1
    """On a root: which of the trials of its example it is of, from 1 on."""
    broken: Exception | None = None
    """On a root: what fails its trial, even where the app has caught it."""
    judged: OpenRun | None = None
    """On the root of an evaluator: the root of the trace that it judges."""
    has_model_calls: bool = False
    """True once a provider started a run somewhere below it."""
    captured_for: int = 0
    """Nanoseconds that capturing took, where it was long."""
    line: bytes | None = None
    """The spool line, once written."""
    on_end: Callable[[Any], Any] | None = None
    """Gets the run once it has ended and is written."""
    remote_path: str | None = None
    """Of a stand-in for another process's run: LangSmith's header, where it came along."""

    @property
    def root(self) -> OpenRun:
        """The trace's first run."""
        # Not kept in the root itself: it would wait for the garbage collector, with all it holds.
        return self._root or self

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata; may be changed in place until the run has ended."""
        if self.own_metadata is None:
            self.own_metadata = {}
        return self.own_metadata

    @property
    def tags(self) -> Sequence[str]:
        """The tags."""
        return self.own_tags

    @property
    def columns(self) -> dict[str, Any]:
        """Further columns of the record: ``model``, ``input_tokens``, ``suite``."""
        if self.own_columns is None:
            self.own_columns = {}
        return self.own_columns

    @property
    def stamps(self) -> dict[str, str]:
        """Metadata that runs below don't inherit: the prompts that were used, the arms of A/B splits.

        Several values of a key stand beside each other. No redactor sees them: they are hashes, and names and arms that
        stand in the code.
        """
        stamps: dict[str, str] = {}
        for key, value in tuple(self.own_stamps or ()):
            stamps[key] = f"{stamps[key]}, {value}" if key in stamps else value
        for key, value in stamps.items():
            if key.startswith(PROMPT_KEY):
                stamps[key] = write_uses(read_uses(value))
        return stamps

    @property
    def all_metadata(self) -> dict[str, Any]:
        """The metadata as it is written: the run's own, what it has inherited, and its stamps."""
        return {**(self.own_metadata or {}), **self.stamps}

    def add_stamps(self, entries: Mapping[str, str]) -> None:
        """Note what isn't inherited. Threads of one run may do so at once, so each step is a single one."""
        own = vars(self).setdefault("own_stamps", {})
        for entry in entries.items():
            own[entry] = None

    @property
    def start_time(self) -> datetime:
        """UTC."""
        return moment(self.started)

    @property
    def end_time(self) -> datetime | None:
        """UTC; None while the run is going on."""
        if self.finished is None:
            return None
        return moment(self.finished)

    @property
    def latency(self) -> float | None:
        """Seconds from start to end, or None while the run is going on."""
        if self.finished is None:
            return None
        return (self.finished - self.started) / 1e6

    @property
    def elapsed(self) -> float:
        """Seconds from start to end, or to now."""
        if self.latency is not None:
            return self.latency
        return (real.seconds_ns() - self.clock) / 1e9

    @property
    def written(self) -> bool:
        """True once the run was handed to the tracer."""
        return self.line is not None

    @property
    def unfinished(self) -> set[Any]:
        """On a root: streams below it that are still being read; each has ``abandon()``."""
        if self._unfinished is None:
            self._unfinished = set()
        return self._unfinished

    def drop_payload(self, reason: str) -> None:
        """Keep that there was a call, where the stack or memory ends before it is written.

        Args:
            reason: The name of an exception's class.
        """
        dropped = b'{"<dropped>":"%b while it was logged"}' % reason.encode("ascii", "replace")
        self.inputs_json = dropped
        if self.outputs_json is not None:
            self.outputs_json = dropped
        if self.error is not None:
            self.error = f"{reason} while the error was logged"
        self.own_metadata, self.own_tags = None, ()


class FinishedRun:
    """A finished run as its collecting root keeps it: at hand until the trial is over, and released with the root."""

    __slots__ = ("captured_outputs", "id", "line", "parent_id", "record", "run_type")

    def __init__(self, run: OpenRun, line: bytes, captured_outputs: bytes | None) -> None:
        self.id = run.id
        self.parent_id = run.parent_id
        self.run_type = run.run_type
        self.line = line
        """Its spool line."""
        self.captured_outputs = captured_outputs
        """Of the root and its children: the outputs as they were; what is written is redacted."""
        self.record: Run | None = None
        """What ``line`` holds, once somebody has read it."""
