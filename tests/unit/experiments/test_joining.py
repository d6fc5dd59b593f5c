"""Shards that belong together become one experiment; others say why they don't."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_llmobs.errors import StoreError
from pytest_llmobs.experiments.joining import FinishedShard, JoinedShards, join
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial

SUITE = "test_app.py::test_answer"
SPLIT = {1: ("a", "b"), 2: ("c",), 3: ("d", "e")}
EVERYBODY = tuple(name for names in SPLIT.values() for name in names)


def plan(own: tuple[str, ...], others: tuple[str, ...], **more: Any) -> SuitePlan:
    expected = tuple(
        ExpectedTrial(example_id=e, example_hash=f"h-{e}", repeat=r, nodeid=f"{SUITE}[{e}]")
        for r in (1, 2)
        for e in own
    )
    made = SuitePlan(
        name=SUITE,
        path="test_app.py",
        dataset="golden.jsonl",
        dataset_version="v1",
        metrics={"greets": "1"},
        repeat=2,
        expected=expected,
        total=len(EVERYBODY),
        elsewhere={e: f"h-{e}" for e in others},
    )
    return replace(made, **more)


def shard(number: int, count: int = 3, own: tuple[str, ...] | None = None, **more: Any) -> FinishedShard:
    mine = SPLIT[number] if own is None else own
    others = tuple(e for e in EVERYBODY if e not in mine)
    trials = tuple(
        Trial(suite=SUITE, example_id=e, example_hash=f"h-{e}", repeat=r, nodeid="", status="passed")
        for r in (1, 2)
        for e in mine
    )
    experiment = Experiment(
        name=f"nightly.shard-{number}-of-{count}",
        started=f"2026-11-23T10:00:0{number}+00:00",
        duration=float(number),
        suites=(plan(mine, others),),
        trials=trials,
        commit="abc",
        notes=("the same note",),
        shard=f"{number}/{count}",
    )
    return FinishedShard(replace(experiment, **more), f"machine-{number}")


def refusal(*parts: FinishedShard) -> str:
    with pytest.raises(StoreError) as caught:
        join(parts)
    return str(caught.value)


def test_all_shards_make_the_whole_in_whatever_order() -> None:
    whole = join([shard(3), shard(1), shard(2)])
    experiment, (joined,) = whole.experiment, whole.experiment.suites
    assert whole.errors == []
    assert experiment.name == "nightly"
    assert experiment.shard == ""
    assert (experiment.started, experiment.duration) == ("2026-11-23T10:00:01+00:00", 3.0)
    assert experiment.notes == ("the same note",)
    assert {trial.example_id for trial in joined.expected} == set(EVERYBODY)
    assert len(joined.expected) == len(experiment.trials) == 10
    assert not joined.partial


def test_a_missing_shard_is_named_and_its_examples_are_expected_all_the_same() -> None:
    whole = join([shard(1), shard(3)])
    (joined,) = whole.experiment.suites
    assert whole.missing == (2,)
    assert whole.errors[0].startswith("Shard 2 of 3 is missing")
    assert [(t.example_id, t.repeat) for t in joined.expected if t.example_id == "c"] == [("c", 1), ("c", 2)]
    assert not joined.partial


def test_what_the_user_left_out_is_partial_in_the_whole_too() -> None:
    part = shard(1, count=1, own=("a", "b"))
    left_out = replace(part.experiment.suites[0], elsewhere={})
    whole = join([FinishedShard(replace(part.experiment, suites=(left_out,)), "here")])
    assert whole.experiment.suites[0].partial


def test_an_interrupted_shard_interrupts_the_whole() -> None:
    assert join([shard(1), shard(2, interrupted=True), shard(3)]).experiment.interrupted


def test_the_same_shard_twice() -> None:
    again = FinishedShard(shard(2).experiment, "copy")
    assert refusal(shard(1), shard(2), again, shard(3)) == (
        "The shard 2/3 in 'machine-2' is there twice: also in 'copy'. Name each shard's store once."
    )


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (shard(2, count=4), "the number of shards is 3 for shard 1/3 in 'machine-1', and 4 for shard 2/4"),
        (
            shard(2, name="weekly.shard-2-of-3"),
            "the name is 'nightly' for shard 1/3 in 'machine-1', and 'weekly'",
        ),
        (shard(2, commit="def+dirty"), "the commit is 'abc' for shard 1/3 in 'machine-1', and 'def' for"),
    ],
)
def test_shards_of_different_experiments(other: FinishedShard, message: str) -> None:
    said = refusal(shard(1), other)
    assert message in said
    assert said.endswith("Merge shards of one build.")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (
            "dataset_version",
            "v2",
            "its dataset version is 'v1' for shard 1/3 in 'machine-1', and 'v2' for shard 2/3",
        ),
        ("metrics", {"greets": "2"}, "its metrics is {'greets': '1'}"),
        ("repeat", 5, "its repeat is 2"),
        ("total", 6, "its total is 5"),
    ],
)
def test_shards_of_different_data_or_evaluators(field: str, value: Any, message: str) -> None:
    other = shard(2)
    changed = replace(other.experiment.suites[0], **{field: value})
    assert message in refusal(
        shard(1), FinishedShard(replace(other.experiment, suites=(changed,)), "machine-2"), shard(3)
    )


def test_a_dirty_work_tree_is_the_same_commit() -> None:
    assert join([shard(1), shard(2, commit="abc+dirty"), shard(3, commit=None)]).experiment.commit == "abc"


def test_an_example_that_two_shards_ran() -> None:
    said = refusal(shard(1), shard(2, own=("c", "b")), shard(3))
    assert "'b' was run by shard 1/3 in 'machine-1' and by shard 2/3 in 'machine-2'" in said


def test_an_example_that_no_shard_ran_although_all_are_there() -> None:
    said = refusal(shard(1), shard(2), shard(3, own=("d",)))
    assert "no shard ran 'e'. The machines split the examples differently" in said


def test_a_shard_without_an_example_is_as_good_as_any() -> None:
    whole: JoinedShards = join([shard(1, own=EVERYBODY), shard(2, own=()), shard(3, own=())])
    assert whole.errors == []
    assert len(whole.experiment.trials) == 10
