"""A model call as a provider tells of it: what is asked, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.records.runs import RunStatus, RunType
from pytest_llmobs.tracing.open_run import OpenRun

BETA_FLAGS = "anthropic-beta"
"""The header of a request's beta flags, and the parameter of its run that holds them."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A model call that is about to be made."""

    name: str
    """The run's name (``anthropic.messages``)."""
    inputs: Mapping[str, Any]
    """The request's body; it is captured at once, images and documents by hash and size."""
    run_type: RunType = "llm"
    provider: str
    operation: str = "chat"
    """OpenTelemetry's ``gen_ai.operation.name``."""
    model: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    """Request parameters other than texts and tools."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came of a model call."""

    outputs: Any = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    """Columns of the run's record (usage, cost, ``stop_reason``, ``request_id``, ``retries``); None changes nothing."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    error: str | BaseException | None = None
    status: RunStatus | None = None
    run_type: RunType | None = None
    """Set where only the reply tells what kind of a call it was."""
    streamed: bool = False
    """True where the reply came in chunks, so that there is a time to the first one."""

    @property
    def known_columns(self) -> dict[str, Any]:
        """The columns that hold something."""
        return without_nones(self.columns)


def without_nones(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries that hold something."""
    return {key: value for key, value in values.items() if value is not None}


def cost_nothing(columns: dict[str, Any]) -> None:
    """Let a replayed call say what it saved, and that it cost nothing."""
    recorded = columns.get("total_cost")
    if recorded is not None:
        columns["saved_cost"] = recorded
    for name in ("total_cost", "input_cost", "output_cost"):
        columns[name] = 0.0


def mark_replayed(run: OpenRun | None, recording: str) -> None:
    """Note on a call's run, and on those around it, that its time and money are not this session's.

    Args:
        run: The call's; None where it isn't logged.
        recording: The digest of the recording that its reply came from.
    """
    if run is not None:
        run.columns["recording"] = recording
    while run is not None:
        run.columns["replayed"] = True
        run = run.parent
