"""A suite under test in a few words: its examples, what they score, its baseline, the gate's decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from pytest_llmobs.baselines.records import Baseline, BaselineSession, RecordedSession
from pytest_llmobs.baselines.update import updated_baseline
from pytest_llmobs.gate.decide import decide
from pytest_llmobs.gate.suspects import settled
from pytest_llmobs.records.decisions import Decision, ExampleRow, MetricRow
from pytest_llmobs.records.looks import Look, LookRequest, Purpose, Rerun
from pytest_llmobs.records.plans import ExpectedTrial, GateRule, SuitePlan
from pytest_llmobs.records.trials import ModelCall, Trial, TrialScore
from pytest_llmobs.settings import Settings

SUITE = "tests/test_support.py::test_support_agent"

ACCEPTED = RecordedSession(
    key="5e551011",
    session=BaselineSession(recorded="2026-11-02T10:00:00+00:00", commit="1a2b3c4", clean=True),
)
"""A session of code that is known and can be run again."""

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
        look: Callable[[LookRequest], Look] | None = None,
        *,
        commit: str | None = None,
        unlooked: str = "",
        **settings: Any,
    ) -> Decision:
        """Return the gate's decision on this suite alone."""
        baselines = {} if baseline is None else {self.plan.name: baseline}
        return decide(
            [self.plan], trials, baselines, Settings(**settings), look, commit=commit, unlooked=unlooked
        )

    def again(self, passes: Passing = True, **more: Any) -> Again:
        """Return further sessions in which this suite does so; see ``Again``."""
        return Again(self, passes, **more)

    def changed(self, **fields: Any) -> World:
        """Return the same suite with other fields of its plan."""
        copy = World.__new__(World)
        copy.ids, copy.plan = self.ids, replace(self.plan, **fields)
        return copy


class Again:
    """Further sessions by a script: they run what the gate asks for, and keep what it was.

    Functions of the script get the example and the trial's number, counted on from the session's own trials; those of
    the accepted code count from 1.
    """

    def __init__(
        self,
        world: World,
        passes: Passing = True,
        *,
        scores: Scoring | None = None,
        accepted: Passing = True,
        accepted_scores: Scoring | None = None,
        accepted_metrics: Mapping[str, str] | None = None,
        errors: Mapping[Purpose, str] | None = None,
        **more: Any,
    ) -> None:
        self.requests: list[LookRequest] = []
        self.ran: list[list[Trial]] = []
        """The trials of each request."""
        self._world = world
        self._now = (passes, scores)
        self._accepted = (accepted, accepted_scores)
        self._metrics = world.plan.metrics if accepted_metrics is None else accepted_metrics
        self._errors = errors or {}
        self._more = more

    def __call__(self, request: LookRequest) -> Look:
        """Run what is asked of this script's suite."""
        self.requests.append(request)
        self.ran.append([])
        error = self._errors.get(request.purpose)
        if error is None:
            for rerun in request.reruns:
                if rerun.suite == self._world.plan.name:
                    self.ran[-1] += self._trials(rerun)
        metrics = {self._world.plan.name: self._metrics} if request.purpose == "control" else {}
        return Look(
            purpose=request.purpose,
            trials=tuple(self.ran[-1]),
            error=error,
            commit=request.commit,
            metrics=metrics,
        )

    @property
    def asked(self) -> list[str]:
        """What the gate asked for, in its order."""
        return [request.purpose for request in self.requests]

    def reruns(self, reason: str) -> list[Rerun]:
        """Return the reruns of one kind, in their order."""
        return [rerun for request in self.requests for rerun in request.reruns if rerun.reason == reason]

    def _trials(self, rerun: Rerun) -> list[Trial]:
        passes, scores = self._accepted if rerun.reason == "control" else self._now
        ran: list[Trial] = []
        for example, numbers in rerun.repeats.items():
            own: list[Trial] = []
            for number in numbers:
                if settled(rerun.suspicions, example, own):
                    break
                own += self._world.trials(
                    lambda name, _, number=number: _called(passes, name, number),
                    scores=_at(scores, number),
                    only=[example],
                    start=number - 1,
                    repeat=1,
                    **self._more,
                )
            ran += own
        return ran


def together(*scripts: Again) -> Callable[[LookRequest], Look]:
    """Return further sessions of several suites."""

    def look(request: LookRequest) -> Look:
        looks = [script(request) for script in scripts]
        trials = [trial for each in looks for trial in each.trials]
        metrics = {suite: versions for each in looks for suite, versions in each.metrics.items()}
        return replace(looks[0], trials=tuple(trials), metrics=metrics)

    return look


def _called(passes: Passing, example: str, number: int) -> bool | str:
    return passes(example, number) if callable(passes) else passes


def _at(scores: Scoring | None, number: int) -> Scoring:
    """Return the scores of one trial."""
    at: dict[str, Callable[[str, int], float | TrialScore | None]] = {}
    for key, score in (scores or {}).items():
        at[key] = lambda example, _, score=score: score(example, number)  # type: ignore[misc]
    return at


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


def but(*failing: str) -> Callable[[str, int], bool]:
    """Fail these examples and pass the others."""
    return lambda example, _: example not in failing


def graded(low: float, high: float = 0.9, fails: int = 1000) -> Callable[[str, int], float]:
    """Score the first ``fails`` examples low and the others high."""
    return lambda example, _: low if int(example[1:]) < fails else high
