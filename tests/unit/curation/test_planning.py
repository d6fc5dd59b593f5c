from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from pytest_llmobs.curation.candidates import Found
from pytest_llmobs.curation.options import Options
from pytest_llmobs.curation.planning import plan
from pytest_llmobs.curation.plans import CurationPlan
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.records.runs import Run
from tests.unit.curation.runs import failed, make_run, say

LATE = "My parcel is late by three days and the courier never rang the bell at my door"
NEARLY = LATE.replace("three", "four")
REFUND = "I sent the shoes back two weeks ago and the money is still missing on my card"
LOGIN = "The reset mail for my password does not arrive although I asked for it twice today"


def planned(
    runs: Sequence[Run],
    examples: Sequence[Example] | None = None,
    said: dict[str, list[Feedback]] | None = None,
    **options: Any,
) -> CurationPlan:
    return plan(Found(runs, said or {}), "regressions", examples, Options(**options))


def added(plan: CurationPlan, examples: Sequence[Example] = ()) -> list[Example]:
    """Return the dataset as it is once the plan is carried out."""
    return [*examples, *(Example(**draft) for draft in plan.drafts)]


def balance(plan: CurationPlan) -> int:
    left_out = [
        plan.without_inputs,
        plan.already_there,
        plan.duplicates,
        plan.leaks,
        plan.drafts,
        plan.dismissed,
    ]
    return sum(map(len, left_out)) + plan.over_cap


def sources(plan: CurationPlan) -> set[str]:
    return {draft["source_run_id"] for draft in plan.drafts}


def test_a_bad_answer_is_kept_as_rejected_and_never_as_the_reference() -> None:
    (draft,) = planned([make_run(1, LATE)], filter="eq(name, …)").drafts
    assert draft["inputs"] == {"question": LATE}
    assert draft["outputs"] == {}
    assert draft["source_run_id"] == "run-1"
    assert draft["metadata"] == {
        "source_run_id": "run-1",
        "reason": "filter: eq(name, …)",
        "cluster": "unclustered",
        "rejected_output": {"output": "Answer 1."},
    }


def test_a_users_correction_is_the_reference_even_where_outputs_are_kept() -> None:
    said = {"run-1": [say("correction", correction="It comes at noon.")]}
    for keep in (False, True):
        plan = planned([make_run(1, LATE)], said=said, keep_outputs=keep)
        assert plan.drafts[0]["outputs"] == {"output": "It comes at noon."}
        assert plan.drafts[0]["metadata"]["rejected_output"] == {"output": "Answer 1."}
        assert plan.corrected == 1


def test_outputs_are_kept_where_somebody_says_so() -> None:
    (draft,) = planned([make_run(1, LATE)], keep_outputs=True).drafts
    assert draft["outputs"] == {"output": "Answer 1."}
    assert "rejected_output" not in draft["metadata"]


def test_a_run_that_raised_has_nothing_to_reject() -> None:
    (draft,) = planned([failed(1, LATE)]).drafts
    assert draft["metadata"].keys() == {"source_run_id", "reason", "cluster"}


def test_a_run_without_inputs_is_no_example() -> None:
    plan = planned([make_run(1), make_run(2, LATE)])
    assert (plan.without_inputs, len(plan.drafts)) == (["run-1"], 1)


def test_of_duplicates_the_corrected_one_is_taken_then_the_newest() -> None:
    runs = [make_run(1, LATE), make_run(2, NEARLY), make_run(3, LATE)]
    assert sources(planned(runs)) == {"run-3"}
    said = {"run-1": [say("correction", correction="At noon.")]}
    assert sources(planned(runs, said=said)) == {"run-1"}


def test_what_the_dataset_asks_is_a_duplicate() -> None:
    plan = planned([make_run(1, LATE), make_run(2, REFUND)], [Example("late", {"question": NEARLY})])
    assert sources(plan) == {"run-2"}
    assert [duplicate.of.id for duplicate in plan.duplicates] == ["late"]


def test_a_leak_is_refused_or_moved_to_where_its_like_is() -> None:
    there = [Example("late", {"question": NEARLY}, split="test")]
    runs = [make_run(1, LATE), make_run(2, REFUND)]
    refused = planned(runs, there, split="train")
    assert (sources(refused), [leak.run.id for leak in refused.leaks]) == ({"run-2"}, ["run-1"])
    moved = planned(runs, there, split="train", on_leak="move")
    assert {draft["source_run_id"]: draft["split"] for draft in moved.drafts} == {
        "run-1": "test",
        "run-2": "train",
    }


def many(seed: int, number: int = 40) -> list[Run]:
    """Make runs of few kinds, many of them alike."""
    chance = random.Random(seed)
    words = [f"word{place}" for place in range(60)]
    runs = []
    for place in range(number):
        base = chance.choice((LATE, REFUND, LOGIN)).split()
        base[chance.randrange(len(base))] = chance.choice(words)
        runs.append(make_run(place, " ".join([*base, *chance.choices(words, k=chance.randrange(8))])))
    return runs


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("options", [{}, {"cap": 2}, {"cap": 3, "split": "train"}, {"on_leak": "move"}])
def test_curating_again_adds_nothing(seed: int, options: dict[str, Any]) -> None:
    runs = many(seed)
    there = [Example("late", {"question": LATE}, split="test")]
    first = planned(runs, there, **options)
    assert first.drafts
    assert balance(first) - (len(first.leaks) if "on_leak" in options else 0) == len(runs)
    chance = random.Random(seed)
    again = planned(chance.sample(runs, len(runs)), added(first, there), **options)
    assert again.drafts == []
    assert len(again.already_there) == len(first.drafts)


def test_the_order_in_which_runs_are_found_makes_no_difference() -> None:
    runs = many(7)
    shuffled = random.Random(7).sample(runs, len(runs))
    assert planned(runs).drafts == planned(shuffled).drafts


def test_no_two_examples_share_an_id_nor_take_one_that_is_there() -> None:
    first = planned([make_run(1, LATE)])
    taken = Example(first.drafts[0]["id"], {"question": REFUND})
    ids = [draft["id"] for draft in planned([make_run(1, LATE), make_run(2, LOGIN)], [taken]).drafts]
    assert len({*ids, taken.id}) == 3


def test_an_edited_example_still_comes_from_its_run() -> None:
    first = planned([make_run(1, LATE)])
    (example,) = added(first)
    edited = replace(example, inputs={"question": LOGIN}, source_run_id=None)
    assert planned([make_run(1, LATE)], [edited]).drafts == []


def test_why_runs_were_found_is_counted() -> None:
    runs = [failed(1, LATE), make_run(2, REFUND), make_run(3, LOGIN)]
    said = {"run-1": [say(score=0)], "run-2": [say(score=0)]}
    assert planned(runs, said=said, filter="…").reasons == {"user_rating": 2, "error": 1, "filter": 1}


def test_nothing_found_is_an_empty_plan() -> None:
    plan = planned([])
    assert (plan.found, plan.drafts, plan.modes, plan.is_new) == (0, [], [], True)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"cap": -1}, "cap is -1"),
        ({"cap": True}, "cap is True"),
        ({"split": " "}, "split is ' '"),
        ({"on_leak": "mvoe"}, "Did you mean 'move'"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Options(**options)


def test_a_leak_moves_to_all_splits_of_its_like() -> None:
    there = [Example("late", {"question": NEARLY}, split=("test", "hard"))]
    moved = planned([make_run(1, LATE)], there, split="train", on_leak="move")
    assert moved.drafts[0]["split"] == ("test", "hard")


def test_a_correction_that_comes_later_completes_the_example() -> None:
    runs = [make_run(1, LATE), make_run(2, REFUND)]
    there = added(planned(runs))
    said = {"run-1": [say("correction", correction="At noon.")]}
    plan = planned(runs, there, said)
    (completion,) = plan.completions
    assert (completion.source_run_id, completion.outputs) == ("run-1", {"output": "At noon."})
    assert there[1 - (there[0].source_run_id == "run-1")].id == completion.example_id
    assert (plan.drafts, plan.is_empty) == ([], False)


def test_what_a_person_has_completed_stays() -> None:
    there = [replace(example, outputs={"output": "Mine."}) for example in added(planned([make_run(1, LATE)]))]
    said = {"run-1": [say("correction", correction="At noon.")]}
    assert planned([make_run(1, LATE)], there, said).is_empty


def test_a_dismissed_run_is_left_out_with_what_is_like_it() -> None:
    runs = [make_run(1, LATE), make_run(2, NEARLY), make_run(3, REFUND)]
    plan = planned(runs, said={"run-1": [say("dismissed", score=True)]})
    assert (plan.dismissed, sources(plan)) == (["run-1"], {"run-3"})
    assert [(duplicate.run.id, duplicate.of.id) for duplicate in plan.duplicates] == [("run-2", "run-1")]
    assert sum(mode.dismissed for mode in plan.modes) == 1
    assert balance(plan) == 3


def test_dismissing_a_run_takes_no_example_away() -> None:
    there = added(planned([make_run(1, LATE)]))
    plan = planned([make_run(1, LATE)], there, {"run-1": [say("dismissed", score=True)]})
    assert (plan.dismissed, plan.already_there, plan.is_empty) == ([], ["run-1"], True)


def test_a_dismissal_is_no_reason_to_find_a_run() -> None:
    said = {"run-1": [say("dismissed", score=False)]}
    assert planned([make_run(1, LATE)], said=said, filter="…").reasons == {"filter": 1}
