"""An experiment as the JSON document that is kept of it, and back.

Trials are rows of a table, since there may be ten thousand. What a trial sent and answered is not repeated here:
its run, found by ``run_id``, has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, asdict, fields
from typing import Any, TypeVar

from pytest_llmobs.records.decisions import Decision, ExampleRow, MetricRow, Rerun
from pytest_llmobs.records.experiments import Experiment, SuiteScore
from pytest_llmobs.records.plans import ExpectedTrial, GateRule, SuitePlan
from pytest_llmobs.records.trials import Trial, TrialScore

_R = TypeVar("_R")

_LEFT_OUT = ("calls", "inputs", "output")
"""Fields of a trial that only its run has."""
_TRIAL_DEFAULTS = {
    field.name: field.default if field.default_factory is MISSING else field.default_factory()
    for field in fields(Trial)
    if field.name not in _LEFT_OUT
}
_EXPECTED = tuple(field.name for field in fields(ExpectedTrial))
_SCORE_DEFAULTS = {field.name: field.default for field in fields(TrialScore)}
_TUPLES = ("baseline", "candidate", "changes", "examples")


def experiment_to_dict(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment as a document of JSON types."""
    decision = experiment.decision
    return {
        "name": experiment.name,
        "started": experiment.started,
        "duration": experiment.duration,
        "commit": experiment.commit,
        "interrupted": experiment.interrupted,
        "shard": experiment.shard,
        "notes": list(experiment.notes),
        "decision": {
            "red": decision.red,
            "metrics": [_sparse(row) for row in decision.metrics],
            "examples": [_sparse(row) for row in decision.examples],
            "reruns": [_sparse(row) for row in decision.reruns],
            "errors": list(decision.errors),
            "notes": list(decision.notes),
            "ungated": decision.ungated,
        },
        "suites": [_suite(plan) for plan in experiment.suites],
        "suite_scores": [_sparse(score) for score in experiment.suite_scores],
        "trials": _table(experiment.trials),
        "confirmation": _table(experiment.confirmation),
    }


def experiment_from_dict(document: Mapping[str, Any]) -> Experiment:
    """Rebuild an experiment from ``experiment_to_dict``'s document; keys it doesn't know are ignored.

    Raises:
        KeyError: The document lacks what every experiment has.
    """
    decision = document.get("decision", {})
    return Experiment(
        name=document["name"],
        started=document["started"],
        duration=document["duration"],
        commit=document.get("commit"),
        interrupted=document.get("interrupted", False),
        shard=document.get("shard", ""),
        notes=tuple(document.get("notes", ())),
        decision=Decision(
            metrics=_records(MetricRow, decision.get("metrics", ())),
            examples=_records(ExampleRow, decision.get("examples", ())),
            reruns=_records(Rerun, decision.get("reruns", ())),
            errors=tuple(decision.get("errors", ())),
            notes=tuple(decision.get("notes", ())),
            ungated=decision.get("ungated", 0),
        ),
        suites=tuple(_plan(suite) for suite in document.get("suites", ())),
        suite_scores=_records(SuiteScore, document.get("suite_scores", ())),
        trials=_trials(document.get("trials", {})),
        confirmation=_trials(document.get("confirmation", {})),
    )


def _sparse(record: Any) -> dict[str, Any]:
    """Return the fields that differ from their defaults; tuples become lists."""
    found = {field.name: getattr(record, field.name) for field in fields(record)}
    defaults = {field.name: field.default for field in fields(record)}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in found.items()
        if value is not defaults[name] and value not in ((), "", {})
    }


def _records(kind: Callable[..., _R], wires: Sequence[Mapping[str, Any]]) -> tuple[_R, ...]:
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return tuple(
        kind(
            **{
                name: tuple(value) if name in _TUPLES and isinstance(value, list) else value
                for name, value in wire.items()
                if name in known
            }
        )
        for wire in wires
    )


def _suite(plan: SuitePlan) -> dict[str, Any]:
    wire = {
        name: value for name, value in _sparse(plan).items() if name not in ("expected", "gates", "metrics")
    }
    return {
        **wire,
        "metrics": dict(plan.metrics),
        "gates": [asdict(gate) for gate in plan.gates],
        "expected": {
            "columns": list(_EXPECTED),
            "rows": [
                [t.example_id, t.example_hash, t.repeat, t.nodeid, dict(t.metadata)] for t in plan.expected
            ],
        },
    }


def _plan(wire: Mapping[str, Any]) -> SuitePlan:
    columns = wire["expected"]["columns"]
    expected = tuple(
        ExpectedTrial(**dict(zip(columns, row, strict=True))) for row in wire["expected"]["rows"]
    )
    known = {field.name for field in fields(SuitePlan)}
    rest = {name: value for name, value in wire.items() if name in known - {"expected", "gates"}}
    return SuitePlan(**rest, gates=_records(GateRule, wire.get("gates", ())), expected=expected)


def _table(trials: Sequence[Trial]) -> dict[str, Any]:
    """Return trials as rows; columns in which every trial has the default are left out."""
    columns: dict[str, Sequence[Any]] = {}
    # Column by column, since most are left out, and most others hold plain values.
    for name, default in _TRIAL_DEFAULTS.items():
        values = [getattr(trial, name) for trial in trials]
        if values.count(default) < len(values):
            columns[name] = [_CELLS[name](value) for value in values] if name in _CELLS else values
    return {"columns": list(columns), "rows": [list(row) for row in zip(*columns.values(), strict=True)]}


def _scores(scores: Mapping[str, TrialScore]) -> dict[str, Any]:
    return {key: _score(score) for key, score in scores.items()}


def _score(score: TrialScore) -> dict[str, Any]:
    wire: dict[str, Any] = {}
    for name, default in _SCORE_DEFAULTS.items():
        value = getattr(score, name)
        if value is not default:
            wire[name] = value
    return wire


_CELLS: Mapping[str, Callable[[Any], Any]] = {"scores": _scores, "unpriced": list}
"""Columns whose values are no JSON types yet."""


def _trials(table: Mapping[str, Any]) -> tuple[Trial, ...]:
    columns = list(table.get("columns", ()))
    found = []
    for row in table.get("rows", ()):
        values = {name: value for name, value in zip(columns, row, strict=True) if name in _TRIAL_DEFAULTS}
        if scores := values.get("scores"):
            values["scores"] = {key: TrialScore(**score) for key, score in scores.items()}
        values["unpriced"] = tuple(values.get("unpriced") or ())
        found.append(Trial(**values))
    return tuple(found)
