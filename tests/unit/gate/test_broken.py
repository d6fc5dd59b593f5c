"""Broken means one thing: beside a regressed metric an example that never passes any more is broken, too."""

from __future__ import annotations

from collections import Counter

import pytest

from pytest_llmobs.gate.suspects import broke
from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.reports.digest.examples import digest_examples
from pytest_llmobs.reports.digest.reasons import reasons
from pytest_llmobs.reports.digest.spending import digest_spending
from tests.unit.reports.conftest import experiment
from tests.unit.suites import World, first, graded


def broken(decision: Decision) -> set[str]:
    return {row.example_id for row in decision.examples if row.state == "broken"}


def judged(w: World, failing: int, again: int, **settings: object) -> Decision:
    """Return the decision where so many examples fail at first, and so many when all run again."""
    confirmation = w.trials(first(again), start=1)
    return w.decide(w.trials(first(failing)), w.baseline(), confirmation=confirmation, **settings)


def test_every_example_that_never_passes_any_more_is_broken(world: type[World]) -> None:
    w = world(40)
    decision = judged(w, 30, 30)
    assert broken(decision) == set(w.ids[:30])
    assert Counter(row.state for row in decision.examples) == {"broken": 30}
    (row,) = [row for row in decision.examples if row.example_id == "e000"]
    assert row.red
    assert row.comment.startswith("passed 5 times in the baseline, failed 2 times now")


def test_what_passed_once_is_no_more_than_a_drop(world: type[World]) -> None:
    w = world(40)
    decision = judged(w, 30, 20)
    assert broken(decision) == set(w.ids[:20])
    dropped = {row.example_id for row in decision.examples if row.state == "dropped"}
    assert dropped
    assert dropped <= set(w.ids[20:30])


def test_one_look_calls_nothing_broken(world: type[World]) -> None:
    w = world(40)
    decision = w.decide(w.trials(first(30)), w.baseline(), confirm=0)
    assert broken(decision) == set()
    assert decision.red


def test_a_known_failure_is_not_broken(world: type[World]) -> None:
    w = world(40)
    decision = w.decide(
        w.trials(first(30)),
        w.baseline(lambda example, repeat: not (example == "e000" and repeat == 1)),
        confirmation=w.trials(first(30), start=1),
    )
    assert broken(decision) == set(w.ids[1:30])


def test_a_score_breaks_an_example_too(world: type[World]) -> None:
    w = world(40, metrics={"tone": "v"})
    low = {"tone": graded(0.1, fails=20)}
    decision = w.decide(
        w.trials(scores=low),
        w.baseline(scores={"tone": graded(0.9)}),
        confirmation=w.trials(scores=low, start=1),
    )
    assert broken(decision) == set(w.ids[:20])


def test_the_headline_counts_examples_and_not_rows(world: type[World]) -> None:
    w = world(40, metrics={"tone": "v"})
    scores = {"tone": graded(0.1, fails=30)}
    decision = w.decide(
        w.trials(first(30), scores=scores),
        w.baseline(scores={"tone": graded(0.9)}),
        confirmation=w.trials(first(30), scores=scores, start=1),
    )
    examples = digest_examples(decision.examples)
    ended = experiment(decision=decision)
    assert reasons(ended, examples, digest_spending(ended)) == [
        "pass and tone regressed",
        "30 examples broke",
    ]


@pytest.mark.parametrize(
    ("baseline", "now", "metric", "lower", "expected"),
    [
        ([1] * 5, [0], "pass", False, True),
        ([1] * 5, [0, 1], "pass", False, False),
        ([1] * 9 + [0], [0], "pass", False, True),
        ([1] * 8 + [0, 0], [0], "pass", False, False),
        ([1] * 5, [], "pass", False, False),
        ([], [0], "pass", False, False),
        ([0.9] * 5, [0.45], "tone", False, True),
        ([0.9] * 5, [0.46], "tone", False, False),
        ([0.4] * 5, [0.0], "tone", False, False),
        ([0.1] * 5, [0.9], "harm", True, True),
        ([0.1] * 5, [0.5], "harm", True, False),
        ([300.0] * 5, [900.0], "length", True, False),
    ],
)
def test_the_word_is_defined_by_numbers(baseline, now, metric, lower, expected) -> None:
    assert broke(baseline, now, metric, lower) is expected
