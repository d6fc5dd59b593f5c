"""Runs under the names of LangSmith's newer client."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Literal, Self

from pytest_llmobs.records.runs import Run
from pytest_llmobs.wording import error_line

_PREVIEW = 100
"""Characters of a preview."""


class Here:
    """Something that is there already: awaiting it waits for nothing."""

    def __await__(self) -> Generator[None, None, Self]:
        """Return itself."""
        return self
        yield


@dataclass(frozen=True)
class Url(Here):
    """Where something is shown."""

    url: str
    """The command that shows it."""

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True)
class RunView(Here):
    """A run; what isn't named here is the run's own: ``id``, ``name``, ``inputs``, and so on."""

    run: Run
    """The run itself."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "run":  # copying and pickling ask before there is a run
            raise AttributeError(name)
        return getattr(self.run, name)

    @property
    def status(self) -> Literal["SUCCESS", "ERROR", "PENDING"]:
        """``ERROR`` where something was raised; a stream that ended early is a ``SUCCESS``, see ``run.status``."""
        if self.run.error is not None or self.run.status == "error":
            return "ERROR"
        if self.run.end_time is None:
            return "PENDING"
        return "SUCCESS"

    @property
    def run_type(self) -> str:
        """In capitals, as in LangSmith's newer client: ``LLM``; ``run.run_type`` has it as it is stored."""
        return self.run.run_type.upper()

    @property
    def latency_seconds(self) -> float | None:
        """Seconds from start to end."""
        return self.run.latency

    @property
    def project_id(self) -> str:
        """The project's name."""
        return self.run.project

    @property
    def reference_dataset_id(self) -> str | None:
        """Name of the dataset of its example, or None outside an experiment."""
        return self.run.columns.get("dataset")

    @property
    def error_preview(self) -> str | None:
        """What was raised: the last line of the traceback."""
        if self.run.error is None:
            return None
        return error_line(self.run.error)

    @property
    def inputs_preview(self) -> str:
        """The beginning of the inputs, as JSON."""
        return _preview(self.run.inputs)

    @property
    def outputs_preview(self) -> str | None:
        """The beginning of the outputs, as JSON."""
        if self.run.outputs is None:
            return None
        return _preview(self.run.outputs)

    @property
    def total_cost(self) -> float | None:
        """USD; a float, as in LangSmith's newer client."""
        return self.run.usage.total_cost

    @property
    def prompt_cost(self) -> float | None:
        """USD of the input alone."""
        return self.run.usage.input_cost

    @property
    def completion_cost(self) -> float | None:
        """USD of the output alone."""
        return self.run.usage.output_cost


def _preview(payload: Any) -> str:
    text = json.dumps(payload, ensure_ascii=False, default=str)
    if len(text) <= _PREVIEW:
        return text
    return f"{text[: _PREVIEW - 1]}…"
