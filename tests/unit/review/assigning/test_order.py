"""A reviewer's order is the same however far it was asked for, and late runs come last."""

from __future__ import annotations

from itertools import islice

from pytest_llmobs.review.assigning.order import ReviewOrder

RUNS = [f"019a0000-0000-7000-8000-{number:012x}" for number in range(20_000)]


def order(seed: str = "queue/ada") -> ReviewOrder:
    shuffled = ReviewOrder(seed)
    shuffled.shuffle_in(RUNS)
    return shuffled


def test_all_runs_come_once_and_in_no_order_of_time() -> None:
    whole = order().whole()
    assert sorted(whole) == RUNS
    early = set(RUNS[:10_000])
    assert 400 < len(early.intersection(whole[:1000])) < 600


def test_it_depends_on_the_seed_alone() -> None:
    backwards = ReviewOrder("queue/ada")
    backwards.shuffle_in(reversed(RUNS))
    assert list(islice(backwards, 6000)) == list(order().whole()[:6000])
    assert order("queue/bob").whole()[:50] != order().whole()[:50]


def test_a_number_is_the_same_however_far_the_order_is_worked_out() -> None:
    whole, begun = order().whole(), order()
    next(iter(begun))
    for place in (0, 5000, 19_999):
        assert begun.number(whole[place]) == order().number(whole[place]) == place + 1


def test_who_goes_over_it_sees_those_that_come_meanwhile_last() -> None:
    shuffled = order()
    runs = iter(shuffled)
    seen = list(islice(runs, 100))
    shuffled.shuffle_in([RUNS[0], "late"])
    assert shuffled.number("late") == 20_001
    assert [*seen, *runs] == [*order().whole(), "late"]


def test_runs_may_follow_as_they_stand() -> None:
    settled = ReviewOrder("")
    settled.append(["b", "a"])
    settled.append(["a", "c"])
    assert list(settled) == ["b", "a", "c"]
    assert settled.number("unknown") == 4
