"""Evaluators of operation: latency, first token, cost, tokens, retries. Each holds a bound, so higher is better.

Latency is the root run's; the rest is added up over the model calls in the trace. What is unknown (the price of an
unknown model) is unscored, never zero. Replayed calls count with the tokens and the cost that they were recorded with,
and no bound of time applies to a run with any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pytest_llmobs.errors import UnscoredError
from pytest_llmobs.evaluators.binding.subject import NotTimed, Subject
from pytest_llmobs.evaluators.rules.outputs import required
from pytest_llmobs.evaluators.rules.rule import Rule
from pytest_llmobs.evaluators.rules.trace_tree import runs_of_type, walk
from pytest_llmobs.measures.model_calls import spending
from pytest_llmobs.records.runs import COST_UNKNOWN, LATER, Run
from pytest_llmobs.records.scores import Score


@dataclass(frozen=True)
class _Bounded(Rule):
    unit: ClassVar[str]
    bound: float | None = None
    """The most that is right, where the example doesn't say."""
    field: str = ""
    """The reference output that gives the bound."""
    key: str = ""

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        bound = required(subject, self.bound, self.field)
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise UnscoredError(f"outputs.{self.field} is {bound!r}; write a number.")
        value = self._measure(subject)
        comment = f"{value:g} {self.unit}, at most {bound:g} wanted"
        return Score(self.key, score=value <= bound, comment=comment, metadata={"measured": value})

    def _measure(self, subject: Subject) -> float:
        raise NotImplementedError


@dataclass(frozen=True)
class MaxLatency(_Bounded):
    """True where the run took at most so many seconds."""

    unit: ClassVar[str] = "s"
    sample_reference: ClassVar[Mapping[str, Any]] = {"max_latency": 10}
    field: str = "max_latency"
    key: str = "max_latency"

    def _measure(self, subject: Subject) -> float:
        _check_live(subject)
        if subject.run.latency is None:
            raise UnscoredError("The run has no latency: it has not ended.")
        return subject.run.latency


@dataclass(frozen=True)
class MaxTimeToFirstToken(_Bounded):
    """True where the first model call that streamed sent its first token within so many seconds."""

    unit: ClassVar[str] = "s"
    sample_reference: ClassVar[Mapping[str, Any]] = {"max_time_to_first_token": 1}
    field: str = "max_time_to_first_token"
    key: str = "max_time_to_first_token"

    def _measure(self, subject: Subject) -> float:
        _check_live(subject)
        for call in _model_calls(subject):
            if call.time_to_first_token is not None:
                return call.time_to_first_token
        raise UnscoredError("No model call in the trace was streamed, so there is no time to first token.")


@dataclass(frozen=True)
class MaxCost(_Bounded):
    """True where the trace's model calls cost at most so many USD."""

    unit: ClassVar[str] = "USD"
    sample_reference: ClassVar[Mapping[str, Any]] = {"max_cost": 0.01}
    field: str = "max_cost"
    key: str = "max_cost"

    def _measure(self, subject: Subject) -> float:
        calls = _model_calls(subject)
        cost = whole_cost(subject.run)
        if cost is None:
            unpriced = spending(walk(subject.run)).unpriced or {str(call.model) for call in calls}
            raise UnscoredError(f"No price is known for {', '.join(sorted(unpriced))}.")
        return cost


def whole_cost(run: Run) -> float | None:
    """Return what the model calls of a trace cost, in USD, replayed ones when they were recorded.

    None where that of one isn't known.
    """
    spent = spending(walk(run))
    for call in runs_of_type(run, "llm"):
        # an app's own call that says nothing of money
        if _cost(call) is None and call.metadata.get(COST_UNKNOWN) != LATER:
            return None
    if spent.unpriced:
        return None
    return (spent.cost or 0.0) + (spent.saved or 0.0)


def _cost(call: Run) -> float | None:
    if call.replayed:
        return call.saved_cost
    return call.usage.total_cost


@dataclass(frozen=True)
class MaxTokens(_Bounded):
    """True where the trace's model calls used at most so many tokens, input and output together."""

    unit: ClassVar[str] = "tokens"
    sample_reference: ClassVar[Mapping[str, Any]] = {"max_tokens": 1000}
    field: str = "max_tokens"
    key: str = "max_tokens"

    def _measure(self, subject: Subject) -> float:
        tokens = 0
        for call in _model_calls(subject):
            if call.total_tokens is None:
                raise UnscoredError("A model call in the trace says nothing of its tokens.")
            tokens += call.total_tokens
        return tokens


@dataclass(frozen=True)
class MaxRetries(_Bounded):
    """True where the trace's model calls were retried at most so often."""

    unit: ClassVar[str] = "retries"
    bound: float | None = 0
    """The most that is right; None reads it from the example."""
    field: str = "max_retries"
    key: str = "max_retries"

    def _measure(self, subject: Subject) -> float:
        return sum(call.retries for call in _model_calls(subject))


def _check_live(subject: Subject) -> None:
    """Raise where recorded replies came in place of a model's: their time is no model's."""
    if subject.run.replayed:
        raise NotTimed("the run was replayed: how long recorded replies take says nothing")


def _model_calls(subject: Subject) -> list[Run]:
    calls = runs_of_type(subject.run, "llm")
    if not calls:
        raise UnscoredError("The trace has no model call to measure.")
    return calls


max_latency = MaxLatency()
"""True where the run took at most ``outputs.max_latency`` seconds."""
max_time_to_first_token = MaxTimeToFirstToken()
"""True where the first token came within ``outputs.max_time_to_first_token`` seconds."""
max_cost = MaxCost()
"""True where the model calls cost at most ``outputs.max_cost`` USD."""
max_tokens = MaxTokens()
"""True where the model calls used at most ``outputs.max_tokens`` tokens."""
max_retries = MaxRetries()
"""True where no model call was retried."""
