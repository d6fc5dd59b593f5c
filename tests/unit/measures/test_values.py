from __future__ import annotations

import pytest

from pytest_llmobs.measures.values import measure, pass_value, running_means, score_value, shown_value
from pytest_llmobs.records.trials import TrialScore


def test_values_come_in_the_order_of_the_repeats(world) -> None:
    w = world(1, repeat=3)
    trials = w.trials(lambda _, r: r == 2, scores={"tone": lambda _, r: r / 10})
    found = measure(trials[::-1])
    assert found.values == {"pass": {"e000": [0.0, 1.0, 0.0]}, "tone": {"e000": [0.1, 0.2, 0.3]}}
    assert [trial.repeat for trial in found.trials["e000"]] == [1, 2, 3]


def test_of_two_reports_of_the_same_trial_the_last_counts(world) -> None:
    w = world(1)
    assert measure(w.trials("error") + w.trials(True)).values == {"pass": {"e000": [1.0]}}
    assert measure(w.trials(True) + w.trials(False)).values == {"pass": {"e000": [0.0]}}


@pytest.mark.parametrize(
    ("status", "value"),
    [
        ("passed", 1.0),
        ("failed", 0.0),
        ("xfailed", 0.0),
        ("error", None),
        ("skipped", None),
        ("unscored", None),
    ],
)
def test_what_a_status_is_worth(world, status: str, value: float | None) -> None:
    (trial,) = world(1).trials(status)
    assert pass_value(trial) == value
    assert score_value(trial, "pass") == value


def test_an_unscored_trial_keeps_the_scores_it_has(world) -> None:
    found = measure(world(1).trials("unscored", scores={"tone": lambda *_: 0.5, "broken": lambda *_: None}))
    assert found.values == {"tone": {"e000": [0.5]}}
    assert found.errors == {"broken": 1}


@pytest.mark.parametrize("status", ["error", "skipped"])
def test_scores_of_a_trial_that_did_not_run_are_not_trusted(world, status: str) -> None:
    trials = world(1).trials(status, scores={"tone": lambda *_: 0.5})
    assert measure(trials).values == {}
    assert measure(trials).ran == 0
    assert score_value(trials[0], "tone") is None


def test_labels_exemptions_and_scores_of_the_body_are_set_apart(world) -> None:
    scores = {
        "category": lambda *_: TrialScore(value="billing", gating=True),
        "keywords": lambda *_: TrialScore(exempt=True, gating=True),
        "mine": lambda *_: TrialScore(score=1.0),
    }
    found = measure(world(1).trials(scores=scores))
    assert found.values == {"pass": {"e000": [1.0]}}
    assert (found.labels, found.exempt, found.body) == ({"category"}, {"keywords": {"e000"}}, {"mine"})


def test_a_table_shows_scores_that_gate_nothing_and_those_of_a_trial_that_raised(world) -> None:
    (trial,) = world(1).trials("error", scores={"mine": lambda *_: TrialScore(score=0.5)})
    assert score_value(trial, "mine") is None
    assert shown_value(trial, "mine") == 0.5
    assert shown_value(trial, "pass") is None
    assert shown_value(trial, "unheard of") is None


def test_a_running_mean_is_one_over_trials(world) -> None:
    w = world(["a", "b"], repeat=3)
    trials = w.trials(True, only=["a"]) + w.trials(False, only=["b"], repeat=1)
    scored = w.trials(
        "error", only=["b"], repeat=1, start=1, scores={"mine": lambda *_: TrialScore(score=0.5)}
    )
    assert running_means([*trials, *scored]) == {"pass": 0.75, "mine": 0.5}
    assert running_means([]) == {}
