"""pass^k: how many examples pass every one of their repeats."""

from __future__ import annotations


def test_repeats_show_how_many_examples_pass_every_time(world, row_of) -> None:
    w = world(10, repeat=3)
    trials = w.trials(lambda example, number: example != "e003" or number != 2)
    for baseline in (w.baseline(), None):
        note = row_of(w.decide(trials, baseline)).note
        assert note.endswith("pass^3 0.900 (9 of 10 examples passed all 3 repeats)")


def test_without_repeats_it_says_no_more_than_the_mean(world, row_of) -> None:
    w = world(10)
    assert "pass^" not in row_of(w.decide(w.trials(), None)).note
