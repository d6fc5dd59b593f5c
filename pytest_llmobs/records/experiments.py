"""Experiments: one ``--llm-experiment`` session (or one merge of shards, or one ``evaluate()`` call), finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.looks import Look
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial, TrialScore

DIRTY = "+dirty"
"""What a commit ends with where the work tree had changes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SuiteScore:
    """What a summary evaluator says of a whole suite."""

    suite: str
    metric: str
    evaluator: str
    """Key of the summary evaluator, the metric's own where it names no other."""
    score: float | None = None
    """None for a label, and where the evaluator failed."""
    value: str | None = None
    """The label."""
    comment: str | None = None
    error: str | None = None
    """Why there is no score."""
    n: int = 0
    """Trials that ran and raised no error."""
    expected: int = 0
    """Trials there should be; the evaluator saw each of them."""
    matrix: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Expected label -> predicted label -> trials, of a confusion matrix."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlierScore:
    """What a trial's score was before it was scored again."""

    example_id: str
    repeat: int
    score: TrialScore


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlierScores:
    """What a metric's scores were before it was scored again."""

    suite: str
    metric: str
    version: str
    """Of the evaluator that made them."""
    replaced: str
    """When they were; ISO 8601, UTC."""
    trials: Sequence[EarlierScore] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionEnd:
    """How pytest ended beside the gate: what fails the session whatever the verdict."""

    exit_status: int = 0
    """Pytest's, before the gate has its say; 0 where nothing but the gate can fail the session."""
    failed: int = 0
    """Tests that failed and belong to no suite."""
    errors: int = 0
    """Tests of no suite whose setup or teardown failed."""
    uncollected: int = 0
    """Errors of collection."""
    teardowns: int = 0
    """Trials whose teardown failed."""
    unexpected: int = 0
    """Trials that pytest reports as failed though their assertions held, such as a strict xfail that passed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Experiment:
    """One ``--llm-experiment`` session, or one ``evaluate()`` call, finished."""

    name: str
    """Also the project's name in the store; a shard's ends in ``.shard-I-of-N``, which its project's doesn't."""
    started: str
    """ISO 8601, UTC."""
    duration: float
    """Seconds."""
    suites: Sequence[SuitePlan] = ()
    trials: Sequence[Trial] = ()
    looks: Sequence[Look] = ()
    """The further sessions that the gate asked for, in their order."""
    suite_scores: Sequence[SuiteScore] = ()
    """What summary evaluators say; a shard has none, the merge works them out."""
    decision: Decision = field(default_factory=Decision)
    commit: str | None = None
    """The code's git commit, with ``+dirty`` where the work tree had changes."""
    clean: bool = False
    """True where no tracked file but baselines differed from that commit: then the commit says which code ran."""
    interrupted: bool = False
    """True where the session ended early (Ctrl-C, ``-x``, a crash): it never passes for a whole one."""
    end: SessionEnd = field(default_factory=SessionEnd)
    """How pytest itself ended; as if all were well where no pytest ran."""
    description: str = ""
    """What the caller of ``evaluate()`` says of it."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """The same; every root run has it too."""
    earlier_scores: Sequence[EarlierScores] = ()
    """What was scored again since, the oldest first; the new scores stand in the trials."""
    conditions: Mapping[str, str] = field(default_factory=dict)
    """What latencies depend on beside the code: ``concurrency`` (``llm_concurrency``) and ``machine``."""
    prompts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Suite -> prompt -> the commits that its trials used; see ``records.prompt_uses``."""
    notes: Sequence[str] = ()
    commands: Mapping[str, str] = field(default_factory=dict)
    """The session's own commands, its arguments included, by ``accept``, ``accept_some``, ``rerun`` and ``record``;
    see ``reports.context``. Outside pytest also ``accept_failing``: how to record failures as a baseline."""
    shard: str = ""
    """``I/N`` where it is one part of an experiment, which isn't gated; empty for a whole one."""

    def plan_of(self, suite: str) -> SuitePlan | None:
        """Return the plan of a suite, or None where it has no such suite."""
        for plan in self.suites:
            if plan.name == suite:
                return plan
        return None

    def trials_of(self, suite: str) -> list[Trial]:
        """Return the trials of a suite, without those of further looks."""
        return [trial for trial in self.trials if trial.suite == suite]

    @property
    def further_trials(self) -> list[Trial]:
        """The trials of all further looks, the accepted code's included."""
        trials: list[Trial] = []
        for look in self.looks:
            trials += look.trials
        return trials

    @property
    def all_trials(self) -> list[Trial]:
        """Its own trials, then those of all further looks."""
        return [*self.trials, *self.further_trials]

    @property
    def suite_names(self) -> list[str]:
        """The suites that there is a plan of, in its order."""
        return [plan.name for plan in self.suites]

    @property
    def red(self) -> bool:
        """True where the build fails, by the gate or by pytest itself."""
        return self.decision.red or self.end.exit_status != 0

    @property
    def partial(self) -> bool:
        """True where the user left examples or whole suites out on purpose."""
        return any(map(attrgetter("partial"), self.suites))
