from __future__ import annotations

from pytest_llmobs.curation.candidates import Candidate
from pytest_llmobs.curation.duplicates import distinct, known
from pytest_llmobs.records.examples import Example
from tests.unit.curation.runs import make_run

LATE = "My parcel is late by three days and the courier never rang the bell at my door"
NEARLY = LATE.replace("three", "four")
REFUND = "I sent the shoes back two weeks ago and the money is still missing on my card"


def candidates(*questions: str) -> list[Candidate]:
    return [Candidate(make_run(number, question)) for number, question in enumerate(questions)]


def example(id: str, question: str, split: str | tuple[str, ...] | None = None) -> Example:
    return Example(id, {"question": question}, split=split)


def test_what_is_preferred_stays_and_each_duplicate_says_of_what() -> None:
    unlike = distinct(candidates(LATE, REFUND, NEARLY, f"  {LATE.upper()}"))
    assert [one.run.id for one in unlike.kept] == ["run-0", "run-1"]
    near, exact = unlike.duplicates
    assert (near.run.id, near.of.id, near.is_exact, near.in_dataset) == ("run-2", "run-0", False, False)
    assert 0.6 < near.similarity < 1
    assert (exact.run.id, exact.of.id, exact.is_exact) == ("run-3", "run-0", True)


def test_what_is_alike_by_way_of_a_third_alone_stays() -> None:
    words = LATE.split()
    middle = " ".join([*words[2:], "at", "noon", "sharp"])
    end = " ".join([*words[4:], "at", "noon", "sharp", "on", "Monday", "too"])
    assert [one.run.id for one in distinct(candidates(LATE, end)).kept] == ["run-0", "run-1"]
    unlike = distinct(candidates(LATE, middle, end))
    assert [one.run.id for one in unlike.kept] == ["run-0", "run-2"]


def test_of_many_alike_none_is_kept_but_the_first() -> None:
    template = "The refund for order {} is missing, and you promised it to me ten days ago, on the phone"
    unlike = distinct(candidates(*(template.format(number * 7919) for number in range(300))))
    assert [one.run.id for one in unlike.kept] == ["run-0"]
    assert {duplicate.of.id for duplicate in unlike.duplicates} == {"run-0"}


def test_every_duplicate_is_of_one_that_is_kept() -> None:
    unlike = distinct(candidates(*(f"{LATE} {'x' * number}" for number in range(40))))
    kept = {one.run.id for one in unlike.kept}
    assert {duplicate.of.id for duplicate in unlike.duplicates} <= kept
    assert len(unlike.duplicates) + len(kept) == 40


def test_an_example_that_asks_the_same_is_named() -> None:
    found = known(candidates(LATE, REFUND), [example("late", NEARLY, "train")], "train")
    assert list(found.duplicates) == ["run-0"]
    assert found.duplicates["run-0"].of.id == "late"
    assert found.duplicates["run-0"].in_dataset
    assert not found.leaks


def test_a_near_duplicate_in_another_split_leaks_and_an_equal_text_is_a_duplicate() -> None:
    examples = [example("late", NEARLY, "test"), example("refund", REFUND, "test")]
    found = known(candidates(LATE, REFUND), examples, "train")
    assert (found.leaks["run-0"].of.id, found.leaks["run-0"].split) == ("late", "test")
    assert list(found.duplicates) == ["run-1"]


def test_one_in_the_same_split_makes_it_a_duplicate_whatever_is_elsewhere() -> None:
    examples = [example("near", NEARLY, "test"), example("nearer", f"{LATE} twice", ("train", "hard"))]
    found = known(candidates(LATE), examples, "train")
    assert (list(found.duplicates), list(found.leaks)) == (["run-0"], [])


def test_an_equal_text_in_the_same_split_counts_whatever_stands_before_it() -> None:
    examples = [example("elsewhere", NEARLY, "test"), example("beside", NEARLY, "train")]
    assert known(candidates(LATE), examples, "train").duplicates["run-0"].of.id == "beside"


def test_without_splits_on_both_sides_nothing_leaks() -> None:
    assert not known(candidates(LATE), [example("late", NEARLY)], None).leaks


def test_an_example_without_a_split_is_no_leak_but_a_duplicate() -> None:
    for there, here in ((None, "train"), ("test", None), (("train", "hard"), "train")):
        found = known(candidates(LATE), [example("late", NEARLY, there)], here)
        assert (list(found.duplicates), found.leaks) == (["run-0"], {})
