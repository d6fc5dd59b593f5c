"""Every field of every record travels: to another process, into a document, and back."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmobs.experiments.documents import LEFT_OUT, experiment_from_dict, experiment_to_dict
from pytest_llmobs.records.decisions import Decision, ExampleRow, MetricRow, PromptChange
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.experiments import (
    EarlierScore,
    EarlierScores,
    Experiment,
    SessionEnd,
    SuiteScore,
)
from pytest_llmobs.records.fit import MisfitError
from pytest_llmobs.records.looks import Look, LookRequest, Rerun, Suspicion
from pytest_llmobs.records.plans import ExpectedTrial, GateRule, SuitePlan
from pytest_llmobs.records.trials import ModelCall, Trial, TrialScore
from pytest_llmobs.records.wire import from_wire, to_wire

RECORDS = (
    Decision,
    EarlierScore,
    EarlierScores,
    ExampleRow,
    ExpectedTrial,
    Experiment,
    GateRule,
    Look,
    LookRequest,
    MetricRow,
    ModelCall,
    PromptChange,
    Rerun,
    SuitePlan,
    SessionEnd,
    SuiteScore,
    Suspicion,
    Trial,
    TrialScore,
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
PLAIN = {
    str: TEXTS,
    int: st.integers(-5, 1_000),
    float: st.floats(allow_nan=False, allow_infinity=False) | st.just(0.0) | st.just(-0.0),
    bool: st.booleans(),
    type(None): st.none(),
    Any: st.none() | st.booleans() | st.just(0.0) | TEXTS | st.dictionaries(TEXTS, TEXTS, max_size=1),
}


@cache
def values(annotation: Any) -> st.SearchStrategy[Any]:
    """Return values of a field's type; a type unknown here is one that nobody has thought of."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in PLAIN:
        return PLAIN[annotation]
    if annotation is datetime:
        return st.datetimes(timezones=st.just(UTC))
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        return st.one_of(*map(values, arguments))
    if origin is Sequence:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(TEXTS, values(arguments[1]), max_size=2)
    if origin is tuple:
        return st.tuples(*map(values, arguments))
    if is_dataclass(annotation):
        return records(annotation)
    raise TypeError(f"this test makes no values of type {annotation!r}")


@cache
def records(kind: Any) -> st.SearchStrategy[Any]:
    types = get_type_hints(kind)
    return st.builds(kind, **{field.name: values(types[field.name]) for field in fields(kind)})


def through_json(wire: Any) -> Any:
    return json.loads(json.dumps(wire))


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("kind", RECORDS)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_every_field_comes_back(kind: Any, data: st.DataObject) -> None:
    record = data.draw(records(kind))
    for sparse in (True, False):
        back = from_wire(kind, through_json(to_wire(record, sparse=sparse)))
        assert back == record
        assert repr(back) == repr(record)  # 0.0 equals False, and -0.0


@pytest.mark.usefixtures("untraced")
@given(experiment=records(Experiment))
@settings(max_examples=30, deadline=None)
def test_an_experiment_comes_back_from_its_document(experiment: Experiment) -> None:
    blank = {field.name: field.default for field in fields(Trial) if field.name in LEFT_OUT} | {"inputs": {}}
    kept = replace(
        experiment,
        trials=tuple(replace(trial, **blank) for trial in experiment.trials),
        looks=tuple(
            replace(look, trials=tuple(replace(trial, **blank) for trial in look.trials))
            for look in experiment.looks
        ),
    )
    assert experiment_from_dict(through_json(experiment_to_dict(experiment))) == kept


def test_only_what_differs_from_its_default_travels() -> None:
    trial = Trial(suite="", example_id="e", example_hash="h", repeat=1, nodeid="n", status="passed")
    assert to_wire(replace(trial, scores={"tone": TrialScore(score=0.0)}, llm_calls=0)) == {
        "suite": "",
        "example_id": "e",
        "example_hash": "h",
        "repeat": 1,
        "nodeid": "n",
        "status": "passed",
        "scores": {"tone": {"score": 0.0}},
    }


def test_everything_travels_where_machines_ask_for_it() -> None:
    assert to_wire(
        Decision(metrics=(MetricRow(suite="s", metric="m", verdict="NEUTRAL"),)), sparse=False
    ) == {
        "metrics": [
            {field.name: field.default for field in fields(MetricRow)}
            | {"suite": "s", "metric": "m", "verdict": "NEUTRAL"}
        ],
        "examples": [],
        "errors": [],
        "notes": [],
        "remarks": [],
        "prompts": [],
        "unlooked": "",
        "ungated": 0,
    }


def test_numbers_of_trials_travel_as_a_list_even_where_they_are_a_range() -> None:
    rerun = Rerun(suite="s", reason="suspect", repeats={"e": range(2, 5)})
    assert through_json(to_wire(rerun))["repeats"] == {"e": [2, 3, 4]}
    assert list(from_wire(Rerun, through_json(to_wire(rerun))).repeats["e"]) == [2, 3, 4]


def test_every_example_must_pass_is_no_default() -> None:
    every = GateRule(metric="pass", must_pass={})
    assert from_wire(GateRule, through_json(to_wire(every))) == every


def test_keys_of_a_later_version_are_ignored() -> None:
    wire = {**to_wire(TrialScore(score=1.0)), "weather": "fine"}
    assert from_wire(TrialScore, wire) == TrialScore(score=1.0)
    assert from_wire(Decision, {"errors": ["e"], "weather": "fine"}) == Decision(errors=("e",))


@dataclass(frozen=True)
class Dated:
    when: date


@dataclass(frozen=True)
class Unclear:
    value: Trial | Sequence[str]


def test_a_field_without_a_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Dated\.when: .*date.* has no JSON form"):
        to_wire(Dated(date(2026, 1, 1)))
    with pytest.raises(TypeError, match=r"Unclear\.value: .*couldn't be told apart"):
        from_wire(Unclear, {"value": []})


def test_every_record_of_these_modules_is_tested() -> None:
    names = {kind.__module__ for kind in RECORDS}
    there = [vars(sys.modules[name]).values() for name in names]
    kinds = [value for module in there for value in module if isinstance(value, type) and is_dataclass(value)]
    assert set(kinds) == set(RECORDS)


def test_a_time_travels_with_its_zone_and_nothing_else_is_one() -> None:
    example = Example("x", {}, created_at=datetime(2026, 1, 31, 12, tzinfo=UTC))
    assert to_wire(example)["created_at"] == "2026-01-31T12:00:00+00:00"
    assert from_wire(Example, to_wire(example)).created_at == example.created_at
    with pytest.raises(MisfitError, match="created_at: 'soon' is not a time"):
        from_wire(Example, {"id": "x", "inputs": {}, "created_at": "soon"})
    with pytest.raises(MisfitError, match="without a time zone"):
        from_wire(Example, {"id": "x", "inputs": {}, "created_at": "2026-01-31T12:00:00"})


@pytest.mark.parametrize(("split", "written"), [("base", "base"), (("base", "hard"), ["base", "hard"])])
def test_one_split_travels_as_a_word_and_several_as_a_list(split: Any, written: Any) -> None:
    example = Example("x", {}, split=split)
    assert to_wire(example)["split"] == written
    assert from_wire(Example, to_wire(example)) == example
    with pytest.raises(MisfitError, match="split"):
        from_wire(Example, {"id": "x", "inputs": {}, "split": [1]})
