"""An evaluation under test in a few words: its examples, what they answer and score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pytest_llmobs.experiments.evaluation.results_data import Evaluation, EvaluationRow, Interruption
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.experiments import Experiment, SuiteScore
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.scores import Score
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.settings import Settings
from pytest_llmobs.workspace import Workspace

SUITE = "evaluate/golden"
BEGAN = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def workspace_in(folder: Path, **settings: Any) -> Workspace:
    """Return a workspace with settings of its own."""
    return Workspace(folder, Settings(experiment=True, **settings), folder / ".llmobs")


def plan_of(
    ids: Sequence[str],
    *,
    repeat: int = 1,
    metrics: Sequence[str] = ("tone",),
    metadata: Mapping[str, Mapping[str, Any]] | None = None,
    suite: str = SUITE,
) -> SuitePlan:
    """Return what was promised."""
    expected = []
    for number in range(1, repeat + 1):
        for id in ids:
            expected.append(
                ExpectedTrial(
                    example_id=id,
                    example_hash=f"hash of {id}",
                    repeat=number,
                    nodeid="",
                    metadata=(metadata or {}).get(id, {}),
                )
            )
    return SuitePlan(
        name=suite,
        path="",
        dataset="golden",
        metrics=dict.fromkeys(metrics, "v1"),
        repeat=repeat,
        expected=tuple(expected),
        total=len(ids),
    )


def row(
    id: str,
    *,
    tone: float | bool | str | None = 0.5,
    error: str | None = None,
    repeat: int = 1,
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    reference: Mapping[str, Any] | None = None,
    seconds: float = 2.0,
    key: str = "tone",
    suite: str = SUITE,
) -> EvaluationRow:
    """Return one finished trial."""
    scores = {}
    if error is None:
        value = tone if isinstance(tone, str) else None
        number = None if isinstance(tone, str) else tone
        why = "ValueError: no tone" if tone is None else None
        scores[key] = Score(key, number, value, comment="because", error=why)
    run = Run(
        id=f"run-{id}-{repeat}",
        trace_id=f"run-{id}-{repeat}",
        parent_id=None,
        name="app",
        run_type="chain",
        project="calm-river",
        start_time=BEGAN,
        end_time=BEGAN + timedelta(seconds=seconds),
        status="error" if error else "success",
        inputs=inputs or {"question": f"Why {id}?"},
        outputs=None if error else (outputs or {"output": f"Because {id}."}),
        error=error,
    )
    trial = Trial(
        suite=suite,
        example_id=id,
        example_hash=f"hash of {id}",
        repeat=repeat,
        nodeid="",
        status="error" if error else "unscored" if tone is None else "passed",
        scores={name: _kept(score) for name, score in scores.items()},
        run_id=run.id,
        latency=seconds,
        message=error,
    )
    return EvaluationRow(run, Example(id, run.inputs, reference or {}), trial, scores)


def _kept(score: Score) -> TrialScore:
    number = None if score.score is None else float(score.score)
    return TrialScore(score=number, value=score.value, comment=score.comment, error=score.error, gating=True)


def under_way(plan: SuitePlan, name: str = "calm-river") -> Evaluation:
    """Return an evaluation without a row."""
    return Evaluation(Experiment(name=name, started=BEGAN.isoformat(), duration=0.0, suites=(plan,)))


def ended(
    plan: SuitePlan,
    rows: Sequence[EvaluationRow],
    *,
    name: str = "calm-river",
    suite_scores: Sequence[SuiteScore] = (),
    interruption: Interruption | None = None,
    stored: bool = True,
    ignored: Sequence[EvaluationRow] = (),
    other: SuitePlan | None = None,
) -> Evaluation:
    """Return an evaluation that has come to its end; of ``ignored`` rows there is the trial alone."""
    evaluation = under_way(plan, name)
    suites = (plan,) if other is None else (plan, other)
    evaluation.stored = stored
    for each in rows:
        evaluation.add(each)
    experiment = Experiment(
        name=name,
        started=BEGAN.isoformat(),
        duration=4.0,
        suites=suites,
        trials=tuple(each.trial for each in (*rows, *ignored)),
        suite_scores=tuple(suite_scores),
        interrupted=interruption is not None,
    )
    if interruption is not None:
        evaluation.interrupt(interruption)
    evaluation.conclude(replace(experiment))
    evaluation.finish()
    return evaluation
