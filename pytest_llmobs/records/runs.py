"""A finished run, as it is read back from a trace or from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pytest_llmobs.records.models import Keywords, Model, made_by_scripts

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_llmobs.records.feedback import FeedbackStats

RunType = Literal["chain", "llm", "tool", "retriever", "embedding", "prompt", "parser"]
RUN_TYPES: tuple[str, ...] = ("chain", "llm", "tool", "retriever", "embedding", "prompt", "parser")
"""Every run type, LangSmith's set."""

PAID: tuple[RunType, ...] = ("llm", "embedding")
"""Run types of the calls that cost money."""

RunStatus = Literal["success", "error", "incomplete", "abandoned"]
"""``incomplete``: a stream ended without its stop reason; ``abandoned``: a stream nobody read to its end."""

THREAD_KEYS = ("session_id", "thread_id", "conversation_id")
"""Metadata keys that name the conversation a trace belongs to, LangSmith's set; the first that is there counts."""
NO_USAGE = "no_usage"
"""Metadata key of a model call that said nothing of its tokens; the value says why."""
COST_UNKNOWN = "cost_unknown"
"""Metadata key of a call with something billed whose price isn't known; the value says what."""
NOT_SENT = "not_sent"
"""Metadata key of a model call that was never sent, for lack of its recording; the value is the error's class."""
LATER = "its answer is fetched later"
"""The value of ``COST_UNKNOWN`` where another call brings the answer, with the same ``response_id``, and its usage."""
BATCH = "batch_id"
"""Metadata key of the answers of a batch: its id, the ``response_id`` of the call that made it."""
UNPRICED_MODEL = "unpriced_model"
"""Metadata key of a model call whose model no price list knows; the value is its name."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens and money of one model call, or a sum over calls. None means unknown, never zero."""

    input_tokens: int | None = None
    """All input tokens, cached ones included (OpenTelemetry's ``gen_ai.usage.input_tokens``)."""
    uncached_input_tokens: int | None = None
    """Input tokens neither read from nor written to a cache (Anthropic's own count)."""
    cache_read_tokens: int | None = None
    """Input tokens read from the prompt cache."""
    cache_write_tokens: int | None = None
    """Input tokens written to the prompt cache."""
    output_tokens: int | None = None
    """Output tokens, thinking included."""
    thinking_tokens: int | None = None
    """The share of the output tokens spent on thinking."""
    total_cost: float | None = None
    """USD; None where the model's price is unknown."""
    input_cost: float | None = None
    """USD of the input alone."""
    output_cost: float | None = None
    """USD of the output alone."""

    @property
    def total_tokens(self) -> int | None:
        """Input plus output tokens, or None where neither is known."""
        if self.input_tokens is None and self.output_tokens is None:
            return None
        return (self.input_tokens or 0) + (self.output_tokens or 0)


def _read_langsmiths(given: dict[str, Any]) -> None:
    extra = given.pop("extra", None) or {}
    if extra.get("metadata"):
        given.setdefault("metadata", extra["metadata"])
    example_id = given.pop("reference_example_id", None)
    if example_id is not None:
        given["columns"] = {**given.get("columns", {}), "example_id": str(example_id)}


_FIGURES = "Give usage=Usage(input_tokens=…, output_tokens=…, total_cost=…), from pytest_llmobs.records.runs."
_KEYWORDS = Keywords(
    renamed={"parent_run_id": "parent_id", "session_id": "project", "session_name": "project"},
    filled={"parent_id": None, "project": "default", "end_time": None},
    meaningless=(
        *("app_path", "attachments", "child_run_ids", "events", "execution_order", "in_dataset"),
        *("manifest_id", "parent_run_ids", "serialized"),
    ),
    refused=dict.fromkeys(
        (
            *("prompt_tokens", "completion_tokens", "total_tokens", "first_token_time"),
            *("prompt_cost", "completion_cost", "total_cost"),
        ),
        _FIGURES,
    ),
    rewrite=_read_langsmiths,
)


@made_by_scripts(_KEYWORDS)
@dataclass(frozen=True, kw_only=True)
class Run(Model):
    """One traced call."""

    id: str
    """UUID, lower-case with dashes; sorts by start time."""
    trace_id: str
    """The id of the trace's root run."""
    parent_id: str | None
    """The id of the run it was called in, or None for a root run."""
    name: str
    run_type: RunType
    project: str
    start_time: datetime
    """UTC."""
    end_time: datetime | None
    """UTC; None while the run is going on."""
    status: RunStatus = "success"
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] | None = None
    error: str | None = None
    """The traceback, or None."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    usage: Usage = Usage()
    model: str | None = None
    provider: str | None = None
    stop_reason: str | None = None
    request_id: str | None = None
    retries: int = 0
    time_to_first_token: float | None = None
    """Seconds from the request to the first streamed chunk."""
    child_runs: Sequence[Run] = ()
    """Direct children in the order they started, where the trace was read whole."""
    feedback_stats: Mapping[str, FeedbackStats] = field(default_factory=dict)
    """What its feedback says, by key; filled where the client reads it."""
    dotted_order: str | None = None
    """LangSmith's sort key within a trace: the start time and id of every ancestor, then its own; filled where the
    client reads it together with its ancestors."""
    columns: Mapping[str, Any] = field(default_factory=dict)
    """What else its row in the store holds: ``suite``, ``example_id``, ``scores``, ``params`` (nulls left out)."""

    @property
    def latency(self) -> float | None:
        """Seconds from start to end, or None while the run is going on.

        None of a replayed run, too: how long a recorded reply took says nothing of the model's.
        """
        if self.end_time is None or self.replayed:
            return None
        return (self.end_time - self.start_time) / timedelta(seconds=1)

    @property
    def replayed(self) -> bool:
        """True where a recorded reply came in place of a model's, here or in a run below."""
        return bool(self.columns.get("replayed"))

    @property
    def recording(self) -> str | None:
        """Digest of the cassette that a model call was recorded in, or replayed from; None where there is none."""
        return self.columns.get("recording")

    @property
    def saved_cost(self) -> float | None:
        """USD that a replayed call had cost when it was recorded; None where that isn't known."""
        return self.columns.get("saved_cost")

    @property
    def total_tokens(self) -> int | None:
        """Tokens of this run alone (see ``usage``)."""
        return self.usage.total_tokens

    @property
    def input_tokens(self) -> int | None:
        """Input tokens of this run alone, cached ones included."""
        return self.usage.input_tokens

    @property
    def output_tokens(self) -> int | None:
        """Output tokens of this run alone."""
        return self.usage.output_tokens

    @property
    def total_cost(self) -> Decimal | None:
        """USD of this run alone, or None where the price is unknown. ``usage`` has it as a float."""
        return decimal_cost(self.usage.total_cost)

    @property
    def input_cost(self) -> Decimal | None:
        """USD of the input alone, or None where the price is unknown."""
        return decimal_cost(self.usage.input_cost)

    @property
    def output_cost(self) -> Decimal | None:
        """USD of the output alone, or None where the price is unknown."""
        return decimal_cost(self.usage.output_cost)

    @property
    def is_root(self) -> bool:
        """True for the run that a trace begins with."""
        return self.parent_id is None

    @property
    def thread_id(self) -> str | None:
        """The conversation that it belongs to, as the metadata name it (see ``THREAD_KEYS``), or None."""
        for key in THREAD_KEYS:
            if self.metadata.get(key) is not None:
                return str(self.metadata[key])
        return None

    @property
    def first_token_time(self) -> datetime | None:
        """When the first chunk of a stream came (UTC), or None."""
        if self.time_to_first_token is None:
            return None
        return self.start_time + timedelta(seconds=self.time_to_first_token)

    @property
    def url(self) -> str:
        """The command that shows it. There is no page to open: a run is a row of a file."""
        return f"llmobs show {self.id}"

    # LangSmith's names

    @property
    def parent_run_id(self) -> str | None:
        """The same as ``parent_id``."""
        return self.parent_id

    @property
    def session_id(self) -> str:
        """The same as ``project``; the pytest session that wrote it is ``columns["session"]``."""
        return self.project

    @property
    def reference_example_id(self) -> str | None:
        """The example that it was run on, or None outside an experiment."""
        return self.columns.get("example_id")

    @property
    def extra(self) -> Mapping[str, Any]:
        """The metadata, where scripts look for it: ``{"metadata": …}``."""
        return {"metadata": self.metadata}

    @property
    def child_run_ids(self) -> list[str]:
        """The ids of ``child_runs``: empty where the trace wasn't read whole."""
        return [child.id for child in self.child_runs]

    @property
    def prompt_tokens(self) -> int | None:
        """The same as ``input_tokens``."""
        return self.input_tokens

    @property
    def completion_tokens(self) -> int | None:
        """The same as ``output_tokens``."""
        return self.output_tokens

    @property
    def prompt_cost(self) -> Decimal | None:
        """The same as ``input_cost``."""
        return self.input_cost

    @property
    def completion_cost(self) -> Decimal | None:
        """The same as ``output_cost``."""
        return self.output_cost


class Started(Protocol):
    """A run, be it going on or finished."""

    @property
    def id(self) -> str:
        """UUID."""

    @property
    def start_time(self) -> datetime:
        """UTC."""


def order_key(run: Started, id: str | None = None) -> str:
    """Return a run's own part of its ``dotted_order``: ``20260930T120000000000Z`` and its id, or another one's."""
    return f"{run.start_time.astimezone(UTC):%Y%m%dT%H%M%S%fZ}{id or run.id}"


def decimal_cost(cost: float | None) -> Decimal | None:
    """Return USD as a Decimal, for what scripts add up without rounding."""
    if cost is None:
        return None
    from decimal import Decimal  # 2 ms that an app which traces does without

    return Decimal(repr(cost))
