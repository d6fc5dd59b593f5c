"""Broken means one thing: beside a regressed metric an example that never passes any more is broken, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from pytest_llmobs.gate.suspects import passing_limit
from pytest_llmobs.records.decisions import Decision, ExampleRow
from tests.unit.suites import ACCEPTED, World, first, graded

ExampleOf = Callable[..., ExampleRow]


def broken(decision: Decision) -> set[str]:
    return {row.example_id for row in decision.examples if row.state == "broken"}


def judged(w: World, failing: int, again: int, **settings: object) -> Decision:
    """Return the decision where so many examples fail at first, and so many in further passes."""
    return w.decide(w.trials(first(failing)), w.baseline(), w.again(first(again)), **settings)


def test_every_example_that_never_passes_any_more_is_broken(
    world: type[World], example_of: ExampleOf
) -> None:
    w = world(40)
    decision = judged(w, 30, 30)
    assert broken(decision) == set(w.ids[:30])
    assert Counter(row.state for row in decision.examples) == {"broken": 30}
    row = example_of(decision, "e000")
    assert row.red
    assert row.comment == "passed 5 of 5 times in the baseline, 0 of 2 now\nassert 0.2 >= 0.7"


def test_what_passed_once_is_no_more_than_a_drop(world: type[World]) -> None:
    w = world(40)
    decision = judged(w, 30, 20)
    assert broken(decision) == set(w.ids[:20])
    dropped = {row.example_id for row in decision.examples if row.state == "dropped"}
    assert dropped
    assert dropped <= set(w.ids[20:30])


def test_one_look_calls_nothing_broken(world: type[World]) -> None:
    w = world(40)
    decision = judged(w, 30, 30, confirm=0)
    assert broken(decision) == set()
    assert decision.red


def test_what_failed_in_a_tenth_of_its_baseline_can_break_and_what_failed_more_is_known(
    world: type[World], example_of: ExampleOf
) -> None:
    w = world(40)
    once = lambda example, number: number > (1 if example == "e000" else 2 if example == "e001" else 0)  # noqa: E731
    decision = w.decide(w.trials(first(30)), w.baseline(once, repeat=10), w.again(first(30)))
    assert broken(decision) == set(w.ids[:30]) - {"e001"}
    assert example_of(decision, "e000").comment.startswith("passed 9 of 10 times in the baseline, 0 of 2 now")


def test_a_score_breaks_an_example_too(world: type[World], example_of: ExampleOf) -> None:
    w = world(40, metrics={"tone": "v"})
    low = {"tone": graded(0.1, fails=20)}
    then = {"tone": lambda example, number: 0.1 if (example, number) == ("e000", 1) else 0.9}
    decision = w.decide(w.trials(scores=low), w.baseline(scores=then, repeat=10), w.again(scores=low))
    assert broken(decision) == set(w.ids[:20])
    row = example_of(decision, "e000", "tone")
    assert row.comment == "passed 9 of 10 times in the baseline, 0 of 2 now"


def test_a_score_that_leaves_0_to_1_breaks_nothing(world: type[World]) -> None:
    w = world(40, metrics={"length": "v"})
    then, now = {"length": graded(300.0)}, {"length": graded(0.0, 300.0, fails=20)}
    decision = w.decide(w.trials(scores=now), w.baseline(scores=then), w.again(scores=now))
    assert decision.red
    assert {row.state for row in decision.examples} == {"dropped"}


def test_an_example_lost_in_every_further_pass_was_seen_in_one_look_only(world: type[World]) -> None:
    w = world(40)
    later = lambda example, number: "error" if example == "e000" else example >= "e020"  # noqa: E731
    decision = w.decide(w.trials(first(20)), w.baseline(), w.again(later))
    assert broken(decision) == set(w.ids[1:20])


class TestInADriftedSuite:
    def test_an_example_that_the_accepted_code_fails_alike_has_drifted(
        self, world: type[World], states_of
    ) -> None:
        w = world(40)
        again = w.again(first(20), accepted=first(20))
        decision = w.decide(w.trials(first(20)), w.baseline(source=ACCEPTED), again)
        assert set(states_of(decision).values()) == {"drifted"}
        assert not decision.red

    def test_one_that_the_accepted_code_passes_is_tried_again_and_broke(
        self, world: type[World], example_of: ExampleOf
    ) -> None:
        """A bad day hides no broken example."""
        w = world(40)
        again = w.again(first(20), accepted=lambda example, _: example in ("e000", *w.ids[21:]))
        decision = w.decide(w.trials(first(20)), w.baseline(source=ACCEPTED), again)
        assert example_of(decision, "e001").state == "drifted"
        broke = example_of(decision, "e000")
        assert (broke.state, broke.red, broke.control) == ("broken", True, (1.0,) * 3)
        assert again.asked == ["passes", "control", "suspects"]
        assert list(again.reruns("suspect")[0].repeats) == ["e000"]
        assert decision.red

    def test_or_was_unlucky_where_it_passes_by_itself(
        self, world: type[World], example_of: ExampleOf
    ) -> None:
        w = world(40)
        unlucky = lambda example, number: example >= "e020" or (example == "e000" and number > 2)  # noqa: E731
        again = w.again(unlucky, accepted=lambda example, _: example in ("e000", *w.ids[21:]))
        decision = w.decide(w.trials(first(20)), w.baseline(source=ACCEPTED), again)
        assert example_of(decision, "e000").state == "dropped"
        assert not decision.red


@pytest.mark.parametrize(
    ("baseline", "now", "metric", "lower", "fails"),
    [
        ([1] * 5, 0, "pass", False, True),
        ([1] * 5, 1, "pass", False, False),
        ([1] * 9 + [0], 0, "pass", False, True),
        ([1] * 8 + [0, 0], 0, "pass", False, None),
        ([], 0, "pass", False, None),
        ([0.9] * 5, 0.45, "tone", False, True),
        ([0.9] * 5, 0.46, "tone", False, False),
        ([0.4] * 5, 0.0, "tone", False, None),
        ([0.1] * 5, 0.9, "harm", True, True),
        ([0.1] * 5, 0.5, "harm", True, False),
        ([300.0] * 5, 900.0, "length", True, None),
    ],
)
def test_what_fails_is_defined_by_numbers(
    baseline: list[float], now: float, metric: str, lower: bool, fails: bool | None
) -> None:
    """None: it did not nearly always pass, so that no failure of it is news."""
    limit = passing_limit(baseline, metric, lower)
    assert (None if limit is None else limit.fails(now)) is fails
