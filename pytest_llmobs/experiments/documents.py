"""An experiment as the JSON document that is kept of it, and back.

Trials are rows of a table, since there may be ten thousand. What a trial sent and answered is not repeated here:
its run, found by ``run_id``, has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, TypeVar

from pytest_llmobs.experiments.shards import is_shard
from pytest_llmobs.records.decisions import Decision, ExampleRow, MetricRow
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.fit import MisfitError, at
from pytest_llmobs.records.looks import Look
from pytest_llmobs.records.plans import ExpectedRows, ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.records.wire import FieldForm, form_of, from_wire, made, to_wire

R = TypeVar("R")

LEFT_OUT = ("calls", "inputs", "output")
"""Fields of a trial that only its run has."""
_NOT_OF_THE_RECORD = ("confirmation", "settings", "baselines", "exit_status")
"""Keys of documents that no record has: what version 0.1 called its further session, and what a shard's session tells
the merge."""
_NOT_OF_A_DECISION = ("red", "reruns")
"""The same of decisions: what is reckoned from the rest, and what version 0.1 ran again."""


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
        **_of_session(experiment),
        "notes": list(experiment.notes),
        "decision": _decision(experiment.decision),
        "suites": list(map(_suite, experiment.suites)),
        "suite_scores": list(map(to_wire, experiment.suite_scores)),
        "trials": _table(experiment.trials, _columns(Trial)),
        "looks": list(map(_look, experiment.looks)),
    }


def experiment_from_dict(document: Mapping[str, Any], *, head: bool = False) -> Experiment:
    """Rebuild an experiment from ``experiment_to_dict``'s document; keys it doesn't know are ignored.

    Args:
        document: The document.
        head: Make the expected trials of its suites once they are looked at.

    Raises:
        MisfitError: The document lacks what every experiment has, or holds what none can have.
    """
    wire = dict(document)
    trials = at("trials", partial(_records, Trial), wire.pop("trials", {}))
    plans = _each("suites", partial(_read_plan, head=head), wire.pop("suites", []))
    looks = _each("looks", _read_look, wire.pop("looks", []))
    # until version 0.1 there was one further session, without a name for what it was asked
    again = at("confirmation", partial(_records, Trial), wire.pop("confirmation", {}))
    if again:
        looks = (Look(purpose="passes", trials=again), *looks)
    return replace(from_wire(Experiment, wire), trials=trials, suites=plans, looks=looks)


def _each(name: str, read: Callable[[Any], R], wires: Any) -> tuple[R, ...]:
    """Return what a list of the document holds."""
    if not isinstance(wires, list):
        raise MisfitError("it is no list", name)
    return tuple(at(f"{name}[{number}]", read, wire) for number, wire in enumerate(wires))


def check_meaning(experiment: Experiment) -> None:
    """Make sure that times are some, and a part of an experiment is one: others reckon with them.

    Raises:
        MisfitError: It is none.
    """
    try:
        datetime.fromisoformat(experiment.started)
    except ValueError:
        raise MisfitError(f"{experiment.started!r} is no time", "started") from None
    if not math.isfinite(experiment.duration):
        raise MisfitError(f"{experiment.duration!r} is no number of seconds", "duration")
    if experiment.shard and not is_shard(experiment.shard):
        raise MisfitError(f"{experiment.shard!r} is no part of a whole, such as 1/4", "shard")


def _of_session(experiment: Experiment) -> dict[str, Any]:
    """Return what only some experiments have, without what is empty."""
    parts = {
        "clean": experiment.clean,
        "commands": dict(experiment.commands),
        "end": to_wire(experiment.end),
        "conditions": dict(experiment.conditions),
        "prompts": dict(experiment.prompts),
        "description": experiment.description,
        "metadata": dict(experiment.metadata),
        "earlier_scores": list(map(to_wire, experiment.earlier_scores)),
    }
    return {key: part for key, part in parts.items() if part}


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


def _look(look: Look) -> dict[str, Any]:
    return {**to_wire(replace(look, trials=())), "trials": _table(look.trials, _columns(Trial))}


def _read_look(wire: Any) -> Look:
    if not isinstance(wire, dict):
        raise MisfitError("it is no object")
    rest = dict(wire)
    trials = at("trials", partial(_records, Trial), rest.pop("trials", {}))
    return replace(from_wire(Look, rest), trials=trials)


def _read_plan(wire: Any, *, head: bool) -> SuitePlan:
    if not isinstance(wire, dict):
        raise MisfitError("it is no object")
    read = _put_off if head else partial(_records, ExpectedTrial)
    expected = at("expected", read, wire.get("expected", {}))
    rest = dict(wire)
    rest.pop("expected", None)  # a table here
    return replace(from_wire(SuitePlan, rest), expected=expected)


def _put_off(table: Any) -> Sequence[ExpectedTrial]:
    """Return expected trials that are made once they are looked at."""
    make = partial(_records, ExpectedTrial, table)
    try:
        place = table["columns"].index("example_id")
        ids = [row[place] for row in table["rows"]]
    except (TypeError, KeyError, ValueError, IndexError, AttributeError):  # damaged; or there are none
        return make()
    if not {str}.issuperset(map(type, ids)):
        return make()
    return ExpectedRows(ids, make)


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
    for name, default, _, form in forms:
        values = list(map(attrgetter(name), records))
        if sparse and values.count(default) == len(values):
            continue
        if form.encode is not None:
            values = [form.encode(value, True) for value in values]
        columns[name] = values
    rows = map(list, zip(*columns.values(), strict=True))
    return {"columns": list(columns), "rows": list(rows)}


def _records(kind: type[R], table: Any) -> tuple[R, ...]:
    """Return a table's rows as records; columns that the record doesn't know are ignored."""
    names, columns = _table_columns(table)
    forms = {form.name: form for form in form_of(kind)}  # type: ignore[arg-type]
    values_by_name = {}
    # Column by column: what all rows share is settled once, and there may be ten thousand.
    for name, values in zip(names, columns, strict=True):
        if name in forms:
            values_by_name[name] = forms[name].read(values)
    known = list(values_by_name)
    records = []
    for row in zip(*values_by_name.values(), strict=True):
        records.append(made(kind, dict(zip(known, row, strict=True))))
    return tuple(records)


def _table_columns(table: Any) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
    """Return the names of a table's columns, and the columns."""
    if not isinstance(table, dict):
        raise MisfitError("it is no table")
    names, rows = table.get("columns", []), table.get("rows", [])
    if not isinstance(names, list) or not isinstance(rows, list):
        raise MisfitError("it is no table: its columns and its rows are lists")
    if not {str}.issuperset(map(type, names)) or len(set(names)) < len(names):
        raise MisfitError("its columns are not texts, each another", "columns")
    if not {list}.issuperset(map(type, rows)) or not {len(names)}.issuperset(map(len, rows)):
        raise MisfitError(f"not every row is a list of {len(names)} values", "rows")
    if not rows:
        return (), ()
    return names, list(zip(*rows, strict=True))


def unknown_fields(document: Mapping[str, Any]) -> list[str]:
    """Return the fields of a document that this version doesn't know, by name: ``mood``, ``trials.mood``.

    Args:
        document: One that could be read as an experiment; a newer version may have written it.
    """
    known = (*_names(Experiment), *_NOT_OF_THE_RECORD)
    unknown = dict.fromkeys(_others("", document, known))
    decision = document.get("decision", {})
    unknown |= dict.fromkeys(_others("decision.", decision, (*_names(Decision), *_NOT_OF_A_DECISION)))
    places: tuple[tuple[str, Any, type], ...] = (
        ("trials.", [dict.fromkeys(document.get("trials", {}).get("columns", ()))], Trial),
        ("suites.", document.get("suites", ()), SuitePlan),
        ("looks.", document.get("looks", ()), Look),
        ("decision.metrics.", decision.get("metrics", ()), MetricRow),
        ("decision.examples.", decision.get("examples", ()), ExampleRow),
    )
    for place, wires, kind in places:
        names = _names(kind)
        for wire in wires:
            unknown |= dict.fromkeys(_others(place, wire, names))
    return list(unknown)


def _names(kind: Any) -> frozenset[str]:
    return frozenset(map(attrgetter("name"), form_of(kind)))


def _others(place: str, wire: Mapping[str, Any], known: Collection[str]) -> list[str]:
    return [f"{place}{key}" for key in wire if key not in known]
