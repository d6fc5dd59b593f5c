"""A suite under test in a few words: its examples, what they score, its baseline, the gate's decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from pytest_llmobs.baselines.records import Baseline, RecordedSession
from pytest_llmobs.baselines.update import updated_baseline
from pytest_llmobs.gate.decide import decide
from pytest_llmobs.records.decisions import Decision, ExampleRow, MetricRow
from pytest_llmobs.records.plans import ExpectedTrial, GateRule, SuitePlan
from pytest_llmobs.records.trials import ModelCall, Trial, TrialScore
from pytest_llmobs.settings import Settings

SUITE = "tests/test_support.py::test_support_agent"

Passing = bool | Callable[[str, int], bool | str]
"""Whether a trial passes, or its status; a constant or a function of example and repeat."""
Scoring = Mapping[str, Callable[[str, int], float | TrialScore | None]]


class World:
    """One suite; every method returns new records, so a test can tell any story with it."""

    def __init__(
        self,
        examples: int | Sequence[str] = 3,
        *,
        repeat: int = 1,
        metrics: Mapping[str, str] | None = None,
        gates: Sequence[GateRule] = (),
        metadata: Mapping[str, Mapping[str, Any]] | None = None,
        cluster_by: str | None = None,
        total: int | None = None,
        suite: str = SUITE,
    ) -> None:
        self.ids = [f"e{n:03}" for n in range(examples)] if isinstance(examples, int) else list(examples)
        expected = tuple(
            ExpectedTrial(
                example_id=example,
                example_hash=f"hash of {example}",
                repeat=number,
                nodeid=f"{suite}[{example}]",
                metadata=(metadata or {}).get(example, {}),
            )
            for example in self.ids
            for number in range(1, repeat + 1)
        )
        self.plan = SuitePlan(
            name=suite,
            path=suite.partition("::")[0],
            dataset="support_golden.jsonl",
            dataset_version="d1",
            metrics=dict(metrics or {}),
            gates=tuple(gates),
            cluster_by=cluster_by,
            repeat=repeat,
            expected=expected,
            total=len(self.ids) if total is None else total,
        )

    def trials(
        self,
        passes: Passing = True,
        *,
        scores: Scoring | None = None,
        repeat: int | None = None,
        start: int = 0,
        only: Sequence[str] | None = None,
        calls: Callable[[str], Sequence[ModelCall]] | None = None,
        inputs: Callable[[str], Mapping[str, Any]] | None = None,
        output: Callable[[str], str] | None = None,
        **more: Any,
    ) -> list[Trial]:
        """Return trials of every example (or of ``only``), numbered from ``start`` + 1."""
        found = []
        for example in self.ids if only is None else only:
            for number in range(1, (self.plan.repeat if repeat is None else repeat) + 1):
                said = passes(example, number) if callable(passes) else passes
                status: Any = said if isinstance(said, str) else "passed" if said else "failed"
                found.append(
                    Trial(
                        suite=self.plan.name,
                        example_id=example,
                        example_hash=f"hash of {example}",
                        repeat=start + number,
                        nodeid=f"{self.plan.name}[{example}]",
                        status=status,
                        message="assert 0.2 >= 0.7" if status == "failed" else None,
                        run_id=f"run-{example}-{start + number}",
                        scores={key: _score(score(example, number)) for key, score in (scores or {}).items()},
                        calls=tuple(calls(example)) if calls else (),
                        inputs=inputs(example) if inputs else {},
                        output=output(example) if output else "",
                        **more,
                    )
                )
        return found

    def baseline(self, passes: Passing = True, *, repeat: int = 5, **more: Any) -> Baseline:
        """Return a baseline of this suite's examples."""
        source = more.pop("source", None) or RecordedSession(metadata=more.pop("metadata", {}))
        trials = self.trials(passes, repeat=repeat, **more)
        return updated_baseline(None, self.plan, trials, source=source).baseline

    def decide(
        self,
        trials: Sequence[Trial],
        baseline: Any = None,
        *,
        confirmation: Sequence[Trial] = (),
        commit: str | None = None,
        **settings: Any,
    ) -> Decision:
        """Return the gate's decision on this suite alone."""
        baselines = {} if baseline is None else {self.plan.name: baseline}
        return decide([self.plan], trials, baselines, Settings(**settings), confirmation, commit=commit)

    def changed(self, **fields: Any) -> World:
        """Return the same suite with other fields of its plan."""
        copy = World.__new__(World)
        copy.ids, copy.plan = self.ids, replace(self.plan, **fields)
        return copy


def _score(value: float | TrialScore | None) -> TrialScore:
    if isinstance(value, TrialScore):
        return value
    return TrialScore(score=value, gating=True, error="it raised" if value is None else None)


@pytest.fixture
def world() -> type[World]:
    return World


@pytest.fixture
def row_of() -> Callable[..., MetricRow]:
    """Find the row of a metric."""

    def find(decision: Decision, metric: str = "pass") -> MetricRow:
        return next(row for row in decision.metrics if row.metric == metric)

    return find


@pytest.fixture
def states_of() -> Callable[..., dict[str, str]]:
    """Return example -> state, of a metric's rows."""

    def find(decision: Decision, metric: str = "pass") -> dict[str, str]:
        return {row.example_id: row.state for row in decision.examples if row.metric == metric}

    return find


@pytest.fixture
def example_of() -> Callable[..., ExampleRow]:
    """Find the row of an example."""

    def find(decision: Decision, example: str, metric: str = "pass") -> ExampleRow:
        return next(row for row in decision.examples if (row.example_id, row.metric) == (example, metric))

    return find


def first(count: int) -> Callable[[str, int], bool]:
    """Fail the first ``count`` examples."""
    return lambda example, _: int(example[1:]) >= count


def graded(low: float, high: float = 0.9, fails: int = 1000) -> Callable[[str, int], float]:
    """Score the first ``fails`` examples low and the others high."""
    return lambda example, _: low if int(example[1:]) < fails else high
