"""The order of a page's rows: the worst first, an example's trials together."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.looks import Look
from tests.browser.experiments import support_red
from tests.unit.reports.conftest import broken, experiment, plan, trials
from tests.unit.reports.html.pages import index_of


def rows_of(experiment: Experiment) -> list[dict[str, Any]]:
    columns = dict(index_of(experiment)["trials"])
    del columns["scores"]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def test_red_examples_come_first_then_suspects_then_known_failures_then_the_rest() -> None:
    rows = rows_of(support_red()[0])
    states = [state for state, _ in groupby(row["state"] for row in rows if row["look"] == "")]
    assert states == ["broken", "suspect", "known", ""]
    assert {row["state"] for row in rows if row["red"]} == {"broken"}


def test_the_trials_of_an_example_stand_together_in_the_order_in_which_they_ran() -> None:
    rows = rows_of(support_red()[0])
    examples = [example for example, _ in groupby(row["example"] for row in rows)]
    assert len(examples) == len(set(examples)) == 40
    first = [(row["repeat"], row["look"]) for row in rows if row["example"] == examples[0]]
    assert first == [(1, ""), (2, ""), (3, ""), (1, "control"), (2, "control"), (3, "control")]


def test_the_accepted_codes_trials_are_neither_red_nor_broken() -> None:
    control = [row for row in rows_of(support_red()[0]) if row["look"] == "control"]
    assert len(control) == 9
    assert {(row["state"], row["red"]) for row in control} == {("", 0)}


def test_without_a_verdict_what_failed_comes_first() -> None:
    suite = plan(examples=6)
    order = [suite.expected[number] for number in (5, 4, 3, 2, 1, 0)]
    ran = trials(replace(suite, expected=tuple(order)))
    failed = [replace(trial, status="error") if trial.example_id == "e2" else trial for trial in ran]
    rows = rows_of(experiment(suites=(suite,), trials=tuple(failed), decision=Decision()))
    assert [row["example"] for row in rows] == ["e2", "e5", "e4", "e3", "e1", "e0"]


def test_a_failure_of_the_accepted_code_alone_moves_no_example_up() -> None:
    suite = plan(examples=3)
    control = Look(purpose="control", trials=trials(suite, failed=3)[2:])
    both = experiment(suites=(suite,), trials=trials(suite), looks=(replace(control),), decision=Decision())
    failing = replace(control.trials[0], status="failed")
    both = replace(both, looks=(replace(control, trials=(failing,)),))
    assert [row["example"] for row in rows_of(both)] == ["e0", "e1", "e2", "e2"]


def test_an_example_that_broke_in_one_suite_stays_what_it_is_in_another() -> None:
    other = plan("tests/test_other.py::test_other", examples=2)
    own = plan(examples=2)
    both = experiment(
        suites=(other, own),
        trials=(*trials(other), *trials(own, failed=1)),
        decision=Decision(examples=(broken("e0"),)),
    )
    rows = rows_of(both)
    assert [(row["suite"], row["example"], row["state"]) for row in rows][:2] == [
        (1, "e0", "broken"),
        (0, "e0", ""),
    ]
    assert sum(map(itemgetter("red"), rows)) == 1
