"""A run while it is going on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from operator import attrgetter
from typing import Any, Unpack

from pytest_llmobs.clocks import microseconds_of, real
from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.records.copies import copied
from pytest_llmobs.records.runs import RUN_TYPES, Run, RunType
from pytest_llmobs.tracing import active, capture, failure, headers
from pytest_llmobs.tracing.binding import process_safely
from pytest_llmobs.tracing.context import Activation, live
from pytest_llmobs.tracing.ids import new_id, read_id
from pytest_llmobs.tracing.open_run import OpenRun
from pytest_llmobs.tracing.run_line import nest, read_line, record_of
from pytest_llmobs.tracing.sampling import is_sampled
from pytest_llmobs.tracing.told_run import RunDetails, ToldRun
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.wording import known, nearest


class RunTree(ToldRun):
    """One run, from its start to its end. Made by ``traceable``, ``trace``, ``create_child`` or ``start_root``."""

    parent: RunTree | None

    def __init__(
        self,
        tracer: Tracer,
        name: str,
        run_type: RunType,
        parent: RunTree | None = None,
        project: str | None = None,
    ) -> None:
        """Start a run now.

        Args:
            tracer: Where it is written.
            name: What the run is called.
            run_type: One of ``records.runs.RUN_TYPES``.
            parent: The run it belongs under; None starts a trace.
            project: The trace's project; a child is always in its parent's.
        """
        now = real.time_ns()
        self.tracer, self.name, self.run_type = tracer, name, run_type
        self.id = new_id(now)
        self.parent = parent
        if parent is None:
            self.trace_id = self.id
            self.parent_id: str | None = None
            self.project = project or tracer.project
        else:
            self._root = parent._root or parent
            parent.runs_below += 1
            self.trace_id = parent.trace_id
            self.parent_id = parent.id or None
            self.project = parent.project
            if parent.own_metadata:
                self.own_metadata = parent.own_metadata.copy()
            if parent.own_tags:
                self.own_tags = tuple(parent.own_tags)
            if not parent.recording:
                self.recording = False
        self.started = now // 1000
        self.clock = real.seconds_ns()

    def create_child(
        self,
        name: str,
        run_type: RunType = "chain",
        *,
        inputs: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
        run_id: Any = None,
        **details: Unpack[RunDetails],
    ) -> RunTree:
        """Start a run under this one, or under its nearest ancestor if this one has ended. ``end`` it yourself.

        Raises:
            LlmobsError: ``run_type`` or a keyword is unknown, or ``run_id`` is no UUID.
        """
        kind = checked_run_type(run_type)
        child = making(run_id)(self.tracer, capture.as_text(name), kind, live(self), self.project)
        child.describe(inputs, metadata, tags or ())
        child.tell(details)
        return child

    def activate(self) -> Activation[RunTree]:
        """Make this the current run inside the ``with`` block; doesn't end it."""
        return Activation(self)

    def end(
        self,
        outputs: Mapping[str, Any] | None = None,
        error: str | BaseException | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
        end_time: datetime | None = None,
        events: Any = (),
    ) -> None:
        """Say that the run is over, and write it. A second call changes nothing.

        Args:
            outputs: Merged into the outputs logged so far.
            error: An exception, or what went wrong in words.
            metadata: Merged into the run's.
            end_time: When it was over; without a time zone it is local; now by default.
            events: See ``add_event``.
        """
        if self.ended:
            return
        if metadata is not None:
            self.add_metadata(metadata)
        self.add_event(events or ())
        if outputs is not None:
            self.add_outputs(outputs)
        if error is not None:
            self.error = failure.describe(error)
        self.stop()
        if end_time is not None:
            self.finished = microseconds_of(end_time)
        if not self.managed:
            self.write()

    def patch(self, *, exclude_inputs: bool | None = None, **columns: Any) -> None:
        """Override columns of the run that was already written (``attempt="consumed"``)."""
        if not columns:  # LangSmith's, after end(): it is written already
            return
        self.columns.update(columns)
        if self.line is not None:
            self.tracer.patch(self, columns)

    @property
    def dotted_order(self) -> str:
        """LangSmith's name of the run: start time and id of every run of the path from the trace's root on."""
        return headers.dotted_order(self)

    @property
    def parent_run(self) -> RunTree | None:
        """The same as ``parent``, under LangSmith's name."""
        return self.parent

    # Across processes

    def to_headers(self) -> dict[str, str]:
        """Return the HTTP headers that carry this run to a service: W3C ``traceparent``, our own, and LangSmith's.

        Empty where it isn't traced, so that the service decides for itself.
        """
        if not self.id or not (self.recording or self.tracer.enabled):
            return {}
        # A held trace may still be dropped; the other process could not know, so it keeps nothing of it.
        held = self.root.held
        sampled = self.recording and (held is None or bool(held.kept))
        carried = headers.write(self.trace_id, self.id, self.project, sampled=sampled)
        described = {"metadata": self.own_metadata or {}, "tags": list(self.own_tags)}
        plain = capture.decode(capture.encode(described))
        carried |= headers.write_baggage(self.tracer.redaction.clean_value(plain), self.id, self.project)
        if sampled:  # LangSmith's header can't say that nothing is kept
            carried |= headers.write_langsmiths(self)
        return carried

    def __reduce__(self) -> tuple[Callable[..., RunTree | None], tuple[dict[str, str]]]:
        # What pools of processes pickle: there, the run is one of another process.
        return RunTree.from_headers, (self.to_headers(),)

    @classmethod
    def from_headers(cls, carried: Mapping[str, str]) -> RunTree | None:
        """Return a stand-in for the run that a request's headers carry, for ``parent=``; None without one."""
        remote = headers.read(carried)
        if remote is None:
            return None
        tracer = active.collector_of(remote.trace_id) or active.find(None) or active.OFF
        stand_in = RunTree(tracer, "remote", "chain", None, remote.project)
        stand_in.trace_id, stand_in.id = remote.trace_id, remote.run_id
        stand_in.line = b""  # the other process writes it
        stand_in.remote_path = remote.path
        # unless that is this one, and a trial is going on
        stand_in._root = tracer.collecting.get(remote.trace_id)
        stand_in.describe(None, remote.metadata, remote.tags)
        if not remote.run_id:  # a stranger's sampling isn't ours
            stand_in.recording = is_sampled(remote.trace_id, tracer.sample_rate)
        elif remote.sampled is not None:
            stand_in.recording = remote.sampled
        return stand_in

    # For the decorators

    def finish(self, outputs: bytes | None, error: str | BaseException | None = None) -> None:
        """End a managed run and write it.

        Args:
            outputs: A JSON object; merged into what ``add_outputs`` got.
            error: What the function raised.
        """
        try:
            if outputs is not None:
                self.outputs_json = capture.merge(self.outputs_json, outputs, self.tracer.max_payload)
            if error is not None:
                self.error = failure.describe(error)
        except Exception as failed:
            self._give_up(failed)
        self.stop()
        self.write()
        if self.on_end is not None:
            self._announce_end(self.on_end)

    def finish_with(self, result: Any, process: Callable[[Any], Any] | None = None) -> None:
        """End a managed run with what the function returned.

        Args:
            result: A dict or a model is the outputs, anything else becomes ``{"output": result}``.
            process: Returns what is logged in place of ``result``.
        """
        # finish(), stop() and write() in one: this path runs at the end of every call.
        now = real.seconds_ns()
        if not self.ended:
            self.finished = self.started + (now - self.clock) // 1000
            self.ended = True
        try:
            if process is not None:
                result = process_safely(process, result)
            outputs = capture.encode_outputs(result, self.tracer.max_payload)
            if real.seconds_ns() - now > capture.SLOW:
                self.captured_for += real.seconds_ns() - now
            if self.outputs_json is not None:
                outputs = capture.merge(self.outputs_json, outputs, self.tracer.max_payload)
            self.outputs_json = outputs
            if self.recording and self.line is None:
                self.line = self.tracer.write(self)
        except Exception as error:
            self._give_up(error)
            self.write()
        if self.on_end is not None:
            self._announce_end(self.on_end)

    def stop(self) -> None:
        """Take the end time, once."""
        if not self.ended:
            self.finished = self.started + (real.seconds_ns() - self.clock) // 1000
            self.ended = True

    def write(self) -> None:
        """Hand the finished run to the tracer, once. Never raises: what can't be written costs the run its payload."""
        try:
            if self.recording and self.line is None:
                self.line = self.tracer.write(self)
        except Exception as error:
            self._give_up(error)
            with suppress(Exception):
                self.line = self.tracer.write(self)

    def _announce_end(self, announce: Callable[[RunTree], Any]) -> None:
        try:
            announce(self)
        except Exception as error:  # the call has succeeded, or failed for another reason
            failure.report_callback(self.name, error)

    def _give_up(self, error: Exception) -> None:
        failure.report(self.name, error)
        self.drop_payload(type(error).__name__)

    # For roots

    def abandon_unfinished(self) -> None:
        """End the streams of this trace that nobody read to the end, as ``abandoned``."""
        for stream in tuple(self.root._unfinished or ()):
            stream.abandon()

    def finished_runs(self, *run_types: RunType) -> list[Run]:
        """Return the finished runs of a trace started with ``collect=True``, in the order they started.

        Each is read back once, and whoever asks gets the same record: see ``records.copies`` for code of the user's.

        Args:
            *run_types: Only those of these types, where any is given: to read a run back costs more than to write it.
        """
        records: list[Run] = []
        for finished in self.root.collected or ():
            is_wanted = not run_types or finished.run_type in run_types
            if is_wanted and finished.line is not self.line:
                records.append(record_of(finished))
        records.sort(key=attrgetter("start_time", "id"))
        return records

    def captured_outputs(self) -> bytes | None:
        """Return the outputs of this root, started with ``collect=True``, as they were captured: JSON, not redacted.

        None where it put out nothing, or hasn't ended.
        """
        runs = self.collected or ()
        return next((finished.captured_outputs for finished in runs if finished.id == self.id), None)

    def captured_outputs_below(self) -> list[bytes | None]:
        """Return the same of each finished run right under this root."""
        runs = self.collected or ()
        return [finished.captured_outputs for finished in runs if finished.parent_id == self.id]

    def record(self) -> Run:
        """Return this root as a record without what is below it: the caller's own copy."""
        return copied(self._record())

    def tree(self) -> Run:
        """Return this root as a record, with its finished descendants nested below it: the caller's own copy."""
        descendants = list(map(copied, self.finished_runs()))
        return nest(copied(self._record()), descendants)

    def _record(self) -> Run:
        if self.line is None:
            return read_line(self.tracer.encode(self))
        for finished in self.collected or ():
            if finished.line is self.line:
                return record_of(finished)
        return read_line(self.line)


def start_root(
    tracer: Tracer,
    name: str,
    *,
    inputs: Mapping[str, Any] | None = None,
    run_type: RunType = "chain",
    metadata: Mapping[str, Any] | None = None,
    tags: Sequence[str] = (),
    columns: Mapping[str, Any] | None = None,
    collect: bool = False,
    beside: OpenRun | None = None,
) -> RunTree:
    """Start a trace. The caller activates and ends its root.

    Args:
        tracer: Writes its runs.
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
    root = RunTree(tracer, name, checked_run_type(run_type))
    root.describe(inputs, metadata, tags)
    root.columns.update(columns or {})
    root.repeat = root.columns.get("repeat", 1)
    if collect:
        root.collected = []
        tracer.collecting[root.id] = root
    if beside is not None:
        root.held, root.repeat, root.judged = beside.held, beside.repeat, beside
    else:
        tracer.sample_stored(root)
    return root


def making(run_id: Any) -> Callable[..., RunTree]:
    """Return what makes a run with this id, called like ``RunTree``; None stands for a new id.

    Raises:
        LlmobsError: ``run_id`` is no UUID.
    """
    if run_id is None:
        return RunTree
    id = read_id(run_id)
    if id is None:
        raise LlmobsError(f"run_id={run_id!r} is no UUID. uuid.uuid4() makes one.")

    def make(*arguments: Any) -> RunTree:
        run = RunTree(*arguments)
        run.id = id
        if run.parent is None:
            run.trace_id = id
        return run

    return make


def checked_run_type(run_type: str) -> RunType:
    """Return ``run_type``.

    Raises:
        LlmobsError: It is none of ``RUN_TYPES``.
    """
    if run_type not in RUN_TYPES:
        raise LlmobsError(
            f"Unknown run type {run_type!r}.{nearest(str(run_type), RUN_TYPES)} {known(RUN_TYPES)} "
            f"To name a run, write name={run_type!r}."
        )
    return run_type  # type: ignore[return-value]
