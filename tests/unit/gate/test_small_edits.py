"""Small edits of a dataset are no regression: they are told, and the rest is gated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_llmobs.baselines.renames import follow_renames
from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.reports.digest.experiment import digest
from tests.unit.reports.conftest import experiment
from tests.unit.suites import World, first

SIZES = (1, 2, 3, 5, 12, 13, 19, 20, 40)


def edited(w: World, count: int) -> World:
    """Return the suite with other content in its first examples."""
    names = set(w.ids[:count])
    expected = []
    for trial in w.plan.expected:
        content = f"other {trial.example_id}" if trial.example_id in names else trial.example_hash
        expected.append(replace(trial, example_hash=content))
    return w.changed(expected=tuple(expected))


def renamed(w: World, count: int) -> World:
    """Return the suite with other names of its first examples."""
    names = {name: f"x{name}" for name in w.ids[:count]}
    expected = []
    for trial in w.plan.expected:
        expected.append(replace(trial, example_id=names.get(trial.example_id, trial.example_id)))
    other = w.changed(expected=tuple(expected))
    other.ids = [names.get(name, name) for name in w.ids]
    return other


def added(w: World, count: int) -> World:
    return World([*w.ids, *(f"n{number}" for number in range(count))])


def removed(w: World, count: int) -> World:
    return World(w.ids[count:])


def replaced(w: World, count: int) -> World:
    """Return the suite with other examples in the place of its first ones, as where ids come from the content."""
    return World([*w.ids[count:], *(f"n{number}" for number in range(count))])


def judged(then: World, now: World, **more: object) -> Decision:
    baseline = follow_renames(then.baseline(), now.plan)
    return now.decide(now.trials(), baseline, **more)


CHANGES = {
    edited: "1 example was edited since the baseline: its scores are not compared",
    renamed: "1 example was renamed since the baseline: e000 is now xe000; compared by content, "
    "and `llmobs baseline prune` renames its row",
    added: "1 new example, compared from the next baseline on",
    removed: "1 example was removed since the baseline: `llmobs baseline prune` drops its row",
    replaced: "1 new example, compared from the next baseline on",
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("change", CHANGES)
def test_one_changed_example_is_told_and_green(
    size: int, change: Callable[[World, int], World], world: type[World]
) -> None:
    then = world(size)
    now = change(then, 1)
    if not now.ids:
        return  # a suite without any example is gone, which is another matter
    decision = judged(then, now)
    assert not decision.red
    assert f"{then.plan.name}: {CHANGES[change]}" in decision.notes


@pytest.mark.parametrize(("size", "allowed"), [(2, 1), (19, 1), (39, 1), (40, 2), (100, 5)])
@pytest.mark.parametrize("change", [edited, removed])
def test_beyond_one_and_a_twentieth_it_is_red(
    size: int, allowed: int, change: Callable[[World, int], World], world: type[World]
) -> None:
    then = world(size)
    assert not judged(then, change(then, allowed)).red
    if allowed + 1 < size:
        beyond = judged(then, change(then, allowed + 1))
        assert [row.verdict for row in beyond.metrics] == ["INSUFFICIENT_DATA"]
        assert beyond.red


@pytest.mark.parametrize("change", [renamed, added])
def test_new_names_and_new_examples_never_count(
    change: Callable[[World, int], World], world: type[World]
) -> None:
    then = world(10)
    decision = judged(then, change(then, 10))
    assert not decision.red
    assert decision.metrics[0].n == 10


@pytest.mark.parametrize("change", [edited, renamed, added, removed])
def test_the_rest_is_gated(change: Callable[[World, int], World], world: type[World]) -> None:
    then = world(12)
    now = change(then, 1)
    failing = now.ids[2:6]
    trials = now.trials(lambda example, _: example not in failing)
    assert now.decide(trials, follow_renames(then.baseline(), now.plan)).red


@pytest.mark.parametrize("change", [edited, added])
def test_what_is_not_compared_is_not_run_again(
    change: Callable[[World, int], World], world: type[World]
) -> None:
    then = world(40)
    now = change(then, 2)
    comparable = [example for example in then.ids if change is added or example > "e001"]
    again = now.again(lambda example, _: example not in now.ids[10:20])
    decision = now.decide(
        now.trials(lambda example, _: example not in now.ids[10:20]), then.baseline(), again
    )
    assert [list(rerun.repeats) for rerun in again.reruns("pass")] == [comparable]
    (row,) = decision.metrics
    assert (row.verdict, row.n, row.expected) == ("REGRESSED", len(comparable), len(comparable))


def test_a_selection_runs_no_more_than_itself_again(world: type[World]) -> None:
    then = world(40)
    part = World(then.ids[:20], total=40)
    again = part.again(first(10))
    assert part.decide(part.trials(first(10)), then.baseline(), again).red
    assert [list(rerun.repeats) for rerun in again.reruns("pass")] == [part.ids]


def test_a_renamed_example_that_breaks_is_broken(world: type[World], example_of) -> None:
    then = world(12)
    now = renamed(then, 1)
    baseline = follow_renames(then.baseline(), now.plan)
    fails = lambda example, _: example != "xe000"  # noqa: E731
    decision = now.decide(now.trials(fails), baseline, now.again(fails))
    assert example_of(decision, "xe000").state == "broken"


def test_an_edit_and_a_lost_trial_have_an_allowance_each(world: type[World]) -> None:
    then = world(12)
    now = edited(then, 1)
    once = now.trials(lambda example, _: "skipped" if example == "e005" else True)
    twice = now.trials(lambda example, _: "skipped" if example in ("e005", "e006") else True)
    assert not now.decide(once, then.baseline()).red
    assert now.decide(twice, then.baseline()).red


def test_what_is_all_that_there_is_was_never_few(world: type[World]) -> None:
    w = world(1)
    assert w.decide(w.trials("skipped"), w.baseline()).red
    two = edited(world(2), 1)
    lost = two.trials(lambda example, _: "skipped" if example == "e001" else True)
    assert two.decide(lost, world(2).baseline()).red


class TestRenames:
    def test_what_is_uncertain_is_no_rename(self, world: type[World]) -> None:
        then = world(3)
        now = renamed(then, 1)
        twins = [*now.plan.expected, replace(now.plan.expected[0], example_id="twin")]
        assert follow_renames(then.baseline(), now.changed(expected=tuple(twins)).plan).renamed == {}

    def test_a_name_that_a_selection_left_out_is_not_gone(self, world: type[World]) -> None:
        then = world(3)
        now = renamed(then, 1).changed(unselected=("e000",))
        assert follow_renames(then.baseline(), now.plan).renamed == {}

    def test_a_copy_is_a_new_example(self, world: type[World]) -> None:
        then = world(3)
        copy = replace(then.plan.expected[0], example_id="copy")
        now = then.changed(expected=(*then.plan.expected, copy))
        assert follow_renames(then.baseline(), now.plan).renamed == {}

    def test_two_names_that_were_swapped_are_edits(self, world: type[World]) -> None:
        then = world(["a", "b", "c"])
        first_two = then.plan.expected[:2]
        swapped = [
            replace(first_two[0], example_hash=first_two[1].example_hash),
            replace(first_two[1], example_hash=first_two[0].example_hash),
        ]
        now = then.changed(expected=(*swapped, then.plan.expected[2]))
        assert follow_renames(then.baseline(), now.plan).renamed == {}

    def test_texts_go_along(self, world: type[World]) -> None:
        then = world(3)
        baseline = follow_renames(
            then.baseline(output=lambda example: f"said {example}"), renamed(then, 1).plan
        )
        assert baseline.texts is not None
        assert baseline.texts.examples["xe000"].output == "said e000"
        assert list(baseline.rows) == ["e001", "e002", "xe000"]


def test_an_edit_beside_a_regression_leaves_it_red(world: type[World]) -> None:
    then = world(40)
    now = edited(then, 1)
    assert now.decide(now.trials(first(12)), then.baseline()).red


def test_where_nothing_is_left_to_compare_the_headline_says_so(world: type[World]) -> None:
    then = world(1)
    decision = judged(then, edited(then, 1))
    ended = digest(experiment(decision=decision))
    assert (
        ended.verdict.headline
        == "NO VERDICT: nothing is left to compare, assertions decide, as in plain pytest"
    )
    assert [command.title for command in ended.commands] == ["accept"]
