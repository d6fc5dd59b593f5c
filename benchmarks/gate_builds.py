"""Simulated builds: a world goes through the gate's own ``decide``, further sessions included."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gate_worlds import CLUSTER, GRADES, Scenario, World

from pytest_llmobs.baselines.records import Baseline, BaselineRow, BaselineSession
from pytest_llmobs.gate.decide import decide
from pytest_llmobs.gate.suspects import settled
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.looks import Look, LookRequest, Rerun, Suspicion
from pytest_llmobs.records.plans import ExpectedTrial, GateRule, SuitePlan
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.settings import Settings

SUITE = "tests/test_app.py::test_app"
VERSION = "v1"
COMMIT = "1a2b3c4d5e6f"

Decide = Callable[..., Decision]
Settled = Callable[[Mapping[str, Sequence[Suspicion]], str, Sequence[Trial]], bool]


@dataclass(frozen=True)
class Build:
    """What came of one build."""

    red: bool
    guard1: bool
    """A metric is red."""
    guard2: bool
    """An example is red."""
    verdicts: frozenset[str]
    pass_verdict: str
    calls: Mapping[str, int]
    """Purpose -> trials of further sessions."""
    passes: int
    """Further passes of the suite."""
    session: int
    """Trials of the session itself."""
    examples: int
    low: float | None
    """Lower end of the interval of ``pass``."""
    delta: float | None
    """Mean difference of ``pass``, as its row says it."""
    fall: float
    """By how much the mean chance really fell."""

    @property
    def extra(self) -> int:
        """Trials beyond the session's, without the control's."""
        return sum(self.calls.values()) - self.calls.get("control", 0)

    @property
    def overstated(self) -> float | None:
        """Points by which ``pass``, where it is called regressed, is said to have fallen more than it did."""
        if self.pass_verdict != "REGRESSED" or self.delta is None:
            return None
        return 100 * (-self.delta - self.fall)

    @property
    def false_bound(self) -> bool:
        """True where ``pass`` is called neutral, with a bound that the true drop exceeds."""
        return self.pass_verdict == "NEUTRAL" and self.low is not None and self.fall > -self.low


@dataclass
class App:
    """A world as the gate meets it: a plan, a baseline, a session's trials, and further sessions on request."""

    world: World
    settled: Settled = settled
    calls: Counter[str] = field(default_factory=Counter)
    passes: int = 0

    def __post_init__(self) -> None:
        scenario = self.world.scenario
        self.keys = [f"score{number}" for number in range(1, len(scenario.scores) + 1)]
        self.ids = [f"e{number:04}" for number in range(scenario.examples)]
        self.numbers = dict(zip(self.ids, range(scenario.examples), strict=True))
        self.base = self.recorded()
        self.today = self.world.new_day()

    def recorded(self) -> Baseline:
        """Record the accepted code, each session on its own day."""
        world, scenario = self.world, self.world.scenario
        per_session = scenario.baseline // scenario.sessions
        days = [world.new_day() for _ in range(scenario.sessions)]
        sessions = [f"session{number}" for number in range(scenario.sessions)]
        rows = {}
        for number, example in enumerate(self.ids):
            columns: list[list[float | None]] = [[] for _ in range(1 + len(self.keys))]
            for day in days:
                for repeat in range(1, per_session + 1):
                    values = world.values(day, number, repeat, accepted=True)
                    for column, value in zip(columns, values or [None] * len(columns), strict=True):
                        column.append(value)
            rows[example] = BaselineRow(
                hash=example,
                passes=columns[0],
                scores=dict(zip(self.keys, columns[1:], strict=True)),
                sessions=dict.fromkeys(sessions, per_session),
            )
        return Baseline(
            suite=SUITE,
            repeat=scenario.baseline,
            metrics=dict.fromkeys(self.keys, VERSION),
            rows=rows,
            sessions=dict.fromkeys(sessions, BaselineSession(commit=COMMIT, clean=True)),
        )

    def plan(self) -> SuitePlan:
        """Return what collection would promise."""
        scenario = self.world.scenario
        gates = []
        for key, kind in zip(self.keys, scenario.scores, strict=True):
            if kind == "grade":
                gates.append(GateRule(metric=key, scale=(1, GRADES)))
        return SuitePlan(
            name=SUITE,
            path="tests/test_app.py",
            metrics=dict.fromkeys(self.keys, VERSION),
            gates=gates,
            cluster_by="topic" if scenario.clusters_told else None,
            repeat=scenario.repeat,
            expected=list(self._expected()),
            total=scenario.examples,
        )

    def _expected(self) -> Iterator[ExpectedTrial]:
        for number, example in enumerate(self.ids):
            for repeat in range(1, self.world.scenario.repeat + 1):
                yield ExpectedTrial(
                    example_id=example,
                    example_hash=example,
                    repeat=repeat,
                    nodeid=f"{SUITE}[{example}-r{repeat}]",
                    metadata={"topic": cluster_name(number)},
                )

    def first_session(self) -> list[Trial]:
        """Run the session that collection promised."""
        repeats = range(1, self.world.scenario.repeat + 1)
        return [self.trial(example, repeat) for example in self.ids for repeat in repeats]

    def trial(self, example: str, repeat: int, accepted: bool = False) -> Trial:
        """Run an example once, today."""
        number = self.numbers[example]
        # the accepted code's passes are passes of their own
        values = self.world.values(self.today, number, -repeat if accepted else repeat, accepted)
        cluster = cluster_name(number) if self.world.scenario.clusters_told else None
        status, scores = "error", {}
        if values is not None:
            status = "passed" if values[0] else "failed"
            for key, value in zip(self.keys, values[1:], strict=True):
                error = "no verdict in the judge's reply" if value is None else None
                scores[key] = TrialScore(score=value, error=error, gating=True)
        return Trial(
            suite=SUITE,
            example_id=example,
            example_hash=example,
            repeat=repeat,
            nodeid=f"{SUITE}[{example}-r{repeat}]",
            status=status,
            scores=scores,
            cluster=cluster,
        )

    def look(self, request: LookRequest) -> Look:
        """Run what the gate asks for, as a further session does."""
        trials: list[Trial] = []
        for rerun in request.reruns:
            trials += self._rerun(rerun)
            self.passes += rerun.reason == "pass"
        self.calls[request.purpose] += len(trials)
        metrics = {SUITE: dict.fromkeys(self.keys, VERSION)}
        return Look(purpose=request.purpose, trials=trials, commit=request.commit, metrics=metrics)

    def _rerun(self, rerun: Rerun) -> Iterator[Trial]:
        for example, repeats in rerun.repeats.items():
            trials: list[Trial] = []
            for repeat in repeats:
                if rerun.reason == "suspect" and self.settled(rerun.suspicions, example, trials):
                    break
                trials.append(self.trial(example, repeat, accepted=rerun.reason == "control"))
            yield from trials


def cluster_name(number: int) -> str:
    """Return the cluster that an example belongs to."""
    return f"topic{number // CLUSTER}"


def run_build(scenario: Scenario, chance: random.Random, confirm: int = 3, decide: Decide = decide) -> Build:
    """Take one build through the gate.

    Args:
        scenario: Its kind.
        chance: All of it.
        confirm: ``--llm-confirm``.
        decide: The gate.
    """
    app = App(World(scenario, chance))
    control = "auto" if scenario.control else "off"
    settings = Settings(repeat=scenario.repeat, control=control, confirm=confirm)
    trials = app.first_session()
    decision = decide([app.plan()], trials, {SUITE: app.base}, settings, app.look)
    return outcome(decision, app, len(trials))


def outcome(decision: Decision, app: App, session: int) -> Build:
    """Return what came of a build that was decided.

    Raises:
        ValueError: The gate complains of something else than what it was asked.
    """
    if decision.errors:
        raise ValueError(f"{app.world.scenario}: {decision.errors}")
    passed = next(row for row in decision.metrics if row.metric == PASS)
    before, after = app.world.before, app.world.after
    return Build(
        red=decision.red,
        guard1=any(row.red for row in decision.metrics),
        guard2=any(row.red for row in decision.examples),
        verdicts=frozenset(row.verdict for row in decision.metrics),
        pass_verdict=passed.verdict,
        calls=dict(app.calls),
        passes=app.passes,
        session=session,
        examples=len(before),
        low=passed.low,
        delta=passed.delta,
        fall=(sum(before) - sum(after)) / len(before),
    )
