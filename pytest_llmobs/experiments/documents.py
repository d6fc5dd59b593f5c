"""An experiment as the JSON document that is kept of it, and back.

Trials are rows of a table, since there may be ten thousand. What a trial sent and answered is not repeated here:
its run, found by ``run_id``, has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import Any, TypeVar

from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import Experiment, SessionEnd, SuiteScore
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.records.wire import FieldForm, form_of, from_wire, to_wire

R = TypeVar("R")

LEFT_OUT = ("calls", "inputs", "output")
"""Fields of a trial that only its run has."""


def experiment_to_dict(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment as a document of JSON types."""
    return {
        # What a list of experiments shows comes before the trials: a reader of many stops there.
        "name": experiment.name,
        "started": experiment.started,
        "duration": experiment.duration,
        "commit": experiment.commit,
        "interrupted": experiment.interrupted,
        "shard": experiment.shard,
        **_end(experiment.end),
        "notes": list(experiment.notes),
        "decision": _decision(experiment.decision),
        "suites": list(map(_suite, experiment.suites)),
        "suite_scores": list(map(to_wire, experiment.suite_scores)),
        "trials": _table(experiment.trials, _columns(Trial)),
        "confirmation": _table(experiment.confirmation, _columns(Trial)),
    }


def experiment_from_dict(document: Mapping[str, Any]) -> Experiment:
    """Rebuild an experiment from ``experiment_to_dict``'s document; keys it doesn't know are ignored.

    Raises:
        KeyError: The document lacks what every experiment has.
    """
    return Experiment(
        name=document["name"],
        started=document["started"],
        duration=document["duration"],
        commit=document.get("commit"),
        interrupted=document.get("interrupted", False),
        shard=document.get("shard", ""),
        end=from_wire(SessionEnd, document.get("end", {})),
        notes=tuple(document.get("notes", ())),
        decision=from_wire(Decision, document.get("decision", {})),
        suites=tuple(map(_plan, document.get("suites", ()))),
        suite_scores=tuple(map(partial(from_wire, SuiteScore), document.get("suite_scores", ()))),
        trials=_records(Trial, document.get("trials", {})),
        confirmation=_records(Trial, document.get("confirmation", {})),
    )


def _end(end: SessionEnd) -> dict[str, Any]:
    """Return how pytest ended; nothing where nothing failed."""
    wire = to_wire(end)
    if not wire:
        return {}
    return {"end": wire}


def _decision(decision: Decision) -> dict[str, Any]:
    """Return a decision with all of its own fields, and its verdict for who reads the file without this package."""
    blank = to_wire(Decision(), sparse=False)
    return {"red": decision.red, **blank, **to_wire(decision)}


def _suite(plan: SuitePlan) -> dict[str, Any]:
    wire = to_wire(replace(plan, metrics={}, gates=(), expected=()))
    wire["metrics"] = dict(plan.metrics)
    # in full: a gate's default may change, and what was in force is to be read here
    wire["gates"] = list(map(partial(to_wire, sparse=False), plan.gates))
    wire["expected"] = _table(plan.expected, form_of(ExpectedTrial), sparse=False)
    return wire


def _plan(wire: Mapping[str, Any]) -> SuitePlan:
    expected = _records(ExpectedTrial, wire["expected"])
    rest = dict(wire)
    del rest["expected"]  # a table here
    return replace(from_wire(SuitePlan, rest), expected=expected)


def _columns(kind: type) -> list[FieldForm]:
    return [form for form in form_of(kind) if form.name not in LEFT_OUT]


def _table(records: Sequence[Any], forms: Sequence[FieldForm], *, sparse: bool = True) -> dict[str, Any]:
    """Return records as rows.

    Args:
        records: All of one kind.
        forms: Their fields, a column each.
        sparse: Leave out columns in which every record has the default.
    """
    columns: dict[str, Sequence[Any]] = {}
    # Column by column, since most are left out, and most others hold plain values.
    for name, default, _, encode, _ in forms:
        values = list(map(attrgetter(name), records))
        if sparse and values.count(default) == len(values):
            continue
        if encode is not None:
            values = [encode(value, True) for value in values]
        columns[name] = values
    rows = map(list, zip(*columns.values(), strict=True))
    return {"columns": list(columns), "rows": list(rows)}


def _records(kind: type[R], table: Mapping[str, Any]) -> tuple[R, ...]:
    """Return a table's rows as records; columns that the record doesn't know are ignored."""
    names = table.get("columns", ())
    forms = {form.name: form for form in form_of(kind)}  # type: ignore[arg-type]
    unknown = []
    decoders = []
    for name in names:
        if name not in forms:
            unknown.append(name)
        elif (decode := forms[name].decode) is not None:
            decoders.append((name, decode))
    records = []
    # What all rows share is settled above, and each row becomes one dict and no second: there may be ten thousand.
    for row in table.get("rows", ()):
        values = dict(zip(names, row, strict=True))
        for name in unknown:
            del values[name]
        for name, decode in decoders:
            values[name] = decode(values[name])
        records.append(kind(**values))
    return tuple(records)
