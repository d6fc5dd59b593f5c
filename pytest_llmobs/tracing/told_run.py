"""What a run logs of a call, as the code inside may read and change it; LangSmith's names beside ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict

from pytest_llmobs.clocks import microseconds_of, real
from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.tracing import capture, failure
from pytest_llmobs.tracing.open_run import OpenRun
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.wording import known, nearest


class RunDetails(TypedDict, total=False):
    """What LangSmith's ways of making a run take besides."""

    outputs: Mapping[str, Any] | None
    error: str | None
    extra: Mapping[str, Any] | None
    """``{"metadata": {…}}``."""
    reference_example_id: Any
    """The example that the run is made of."""
    start_time: datetime | None
    """Without a time zone it is local; now by default."""


class ToldRun(OpenRun):
    """A run's inputs, outputs, metadata and tags."""

    tracer: Tracer

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs as they were when they were logged. Set, they replace what was logged."""
        return capture.decode(self.inputs_json)  # type: ignore[no-any-return]

    @inputs.setter
    def inputs(self, inputs: Mapping[str, Any]) -> None:
        self.inputs_json = self.captured(inputs)

    @property
    def outputs(self) -> dict[str, Any] | None:
        """The outputs as they were when they were logged, or None. Set, they replace what was logged."""
        if self.outputs_json is None:
            return None
        return capture.decode(self.outputs_json)  # type: ignore[no-any-return]

    @outputs.setter
    def outputs(self, outputs: Any) -> None:
        self.outputs_json = None
        if outputs is not None:
            self.outputs_json = self.captured(outputs, capture.encode_outputs)

    @property
    def tags(self) -> list[str]:
        """The tags; may be changed in place until the run has ended. Set, they replace what was there."""
        if type(self.own_tags) is not list:
            self.own_tags = list(self.own_tags)
        return self.own_tags

    @tags.setter
    def tags(self, tags: Any) -> None:
        self.own_tags = capture.as_tags(tags)

    def add_inputs(self, inputs: Mapping[str, Any]) -> None:
        """Merge ``inputs`` into what is logged, as they are now."""
        self.inputs_json = capture.merge(self.inputs_json, self.captured(inputs), self.tracer.max_payload)

    def add_outputs(self, outputs: Mapping[str, Any]) -> None:
        """Merge ``outputs`` into what is logged, as they are now."""
        self.outputs_json = capture.merge(self.outputs_json, self.captured(outputs), self.tracer.max_payload)

    def add_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Merge ``metadata`` into the run's, at most 64 KB; runs that start under it later get it too."""
        self.metadata.update(capture.decode(self.captured(metadata, limit=capture.MAX_METADATA)))

    def add_tags(self, tags: Sequence[str] | str) -> None:
        """Add tags, each once; runs that start under this one later get them too."""
        self.own_tags = tuple(dict.fromkeys((*self.own_tags, *capture.as_tags(tags))))

    def describe(
        self, inputs: Mapping[str, Any] | None, metadata: Mapping[str, Any] | None, tags: Sequence[str]
    ) -> None:
        """Set what a run starts with."""
        if inputs is not None:
            self.inputs_json = self.captured(inputs)
        if metadata is not None:
            self.metadata.update(capture.as_metadata(metadata))
        if tags:
            self.add_tags(tags)

    def tell(self, details: RunDetails) -> None:
        """Set what LangSmith's ways of making a run take besides.

        Raises:
            LlmobsError: Something is unknown.
        """
        for name, value in details.items():
            if name not in _DETAILS:
                raise LlmobsError(f"A run has no {name!r}.{nearest(name, _DETAILS)} {known(_DETAILS)}")
            if value is not None:
                _DETAILS[name](self, value)

    def captured(
        self,
        values: Any,
        encode: Callable[[Any, int], bytes] = capture.encode_mapping,
        limit: int | None = None,
    ) -> bytes:
        """Return ``values`` as JSON; the run says how long that took, where it was long.

        Args:
            values: What is logged.
            encode: ``capture.encode_mapping`` or a sibling.
            limit: Bytes; the tracer's limit by default.
        """
        began = real.seconds_ns()
        written = encode(values, limit or self.tracer.max_payload)
        self.took(real.seconds_ns() - began)
        return written

    def took(self, nanoseconds: int) -> None:
        """Note what capturing cost the caller."""
        if nanoseconds > capture.SLOW:
            self.captured_for += nanoseconds

    # LangSmith's names

    def set(self, **told: Any) -> None:
        """Replace inputs, outputs or tags, and add metadata, or ``usage_metadata`` of a model call.

        Args:
            **told: ``inputs``, ``outputs``, ``tags``, ``metadata``, ``usage_metadata``; what isn't given stays.

        Raises:
            LlmobsError: A keyword is unknown.
        """
        for name, value in told.items():
            if name not in _SETTERS:
                raise LlmobsError(f"run.set() has no {name!r}.{nearest(name, _SETTERS)} {known(_SETTERS)}")
            _SETTERS[name](self, value)

    def post(self, exclude_child_runs: bool = True) -> None:
        """Do nothing: a run is written when it has ended."""

    def wait(self) -> None:
        """Do nothing: nothing is pending."""

    def get_url(self) -> str:
        """Return the command that shows the run: there is no page to open."""
        return f"llmobs show {self.id}"

    def add_event(self, events: Any) -> None:
        """Take the time of a stream's first ``new_token``; other events aren't kept.

        Args:
            events: LangSmith's: ``{"name": …}``, several of them, or a name.
        """
        for event in [events] if isinstance(events, str | Mapping) else events:
            name = event.get("name") if isinstance(event, Mapping) else event
            if name == "new_token" and "time_to_first_token" not in self.columns:
                self.columns["time_to_first_token"] = self.elapsed

    @property
    def session_id(self) -> str:
        """The same as ``project``: a project is its name."""
        return self.project

    @property
    def reference_example_id(self) -> str | None:
        """The example that the run is made of, or None."""
        return (self.own_columns or {}).get("example_id")

    @property
    def extra(self) -> dict[str, Any]:
        """The metadata, where scripts look for it: ``extra["metadata"]`` may be changed in place."""
        return {"metadata": self.metadata}

    @property
    def session_name(self) -> str:
        """The same as ``project``."""
        return self.project

    @property
    def parent_run_id(self) -> str | None:
        """The same as ``parent_id``."""
        return self.parent_id


def _set_start(run: ToldRun, time: datetime) -> None:
    started = microseconds_of(time)
    run.clock -= (run.started - started) * 1000  # the end is measured from there
    run.started = started


_SETTERS: Mapping[str, Callable[[ToldRun, Any], None]] = {
    "inputs": lambda run, inputs: setattr(run, "inputs", inputs),
    "outputs": lambda run, outputs: setattr(run, "outputs", outputs),
    "tags": lambda run, tags: setattr(run, "tags", tags),
    "metadata": lambda run, metadata: run.add_metadata(metadata or {}),
    "usage_metadata": lambda run, usage: run.add_metadata({"usage_metadata": usage}),
}
"""What ``set`` takes, and what becomes of it."""
_DETAILS: Mapping[str, Callable[[ToldRun, Any], None]] = {
    "outputs": lambda run, outputs: run.add_outputs(outputs),
    "error": lambda run, error: setattr(run, "error", failure.describe(error)),
    "extra": lambda run, extra: run.add_metadata(extra.get("metadata") or {}),
    "reference_example_id": lambda run, id: run.columns.update(example_id=str(id)),
    "start_time": _set_start,
    "serialized": lambda run, _: None,
    "events": lambda run, events: run.add_event(events),
}
"""What ``tell`` takes, and what becomes of it."""
