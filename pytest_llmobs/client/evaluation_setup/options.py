"""The keywords of ``evaluate()``: what each means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from pytest_llmobs.client.base import ClientBase


class EvaluationOptions(TypedDict, total=False):
    """What an evaluation is told beside its data and its evaluators."""

    summary_evaluators: Any
    """Evaluators of the whole experiment."""
    metadata: dict[str, Any] | None
    """Kept with the experiment and with each run."""
    experiment_prefix: str | None
    """What the experiment's name begins with."""
    description: str | None
    """Kept with the experiment."""
    max_concurrency: int | None
    """Trials at once; 0 runs one after the other in this thread, None all at once."""
    num_repetitions: int
    """Trials an example."""
    blocking: bool
    """False returns at once, and goes on in the background."""
    experiment: Any
    """The name of an experiment that ended early, to go on where it stopped."""
    upload_results: bool
    """False keeps nothing in the store."""
    upload_runs: bool | None
    """The same, under the name that LangSmith's client has for it."""
    disable_evaluator_tracing: bool
    """True keeps no trace of what evaluators call."""
    error_handling: Literal["log", "ignore"]
    """``ignore`` leaves failed runs out of the rows; they stay in the denominator of every mean."""
    cassettes: Literal["off", "reuse", "refresh", "only"] | None
    """Recorded model replies, as ``--llm-cassettes`` of pytest has them; by default what its configuration states."""
    randomize_order: bool
    """Of a pair of experiments: False always shows the first one's output first."""
    load_nested: bool
    """LangSmith's; runs come with all that is below them."""


class CallOptions(EvaluationOptions, total=False):
    """The keywords of the function, which belongs to no client."""

    client: ClientBase | None
    """Whose workspace to use; by default the current folder's."""


DEFAULTS: Mapping[str, Any] = {
    "max_concurrency": 0,
    "num_repetitions": 1,
    "blocking": True,
    "upload_results": True,
    "disable_evaluator_tracing": False,
    "error_handling": "log",
    "randomize_order": True,
    "load_nested": False,
}
"""What holds where a keyword isn't given; None for all others."""
