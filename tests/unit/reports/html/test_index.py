"""What a page's index says of single trials: scores, tags, texts to search, and those that never ran."""

from __future__ import annotations

from dataclasses import replace

from pytest_llmobs.records.trials import TrialScore
from tests.browser.experiments import support_red
from tests.unit.reports.conftest import GALLERY, experiment, plan, trials
from tests.unit.reports.html.pages import index_of


def test_metrics_begin_with_pass_then_those_that_gate() -> None:
    ran = list(trials(plan()))
    scores = {
        "aside": TrialScore(score=1.0),
        "tone": TrialScore(score=0.5, gating=True),
        "topic": TrialScore(value="billing"),
    }
    ran[0] = replace(ran[0], scores=scores)
    index = index_of(experiment(trials=tuple(ran)))
    assert index["metrics"] == ["pass", "tone", "aside", "topic"]
    assert [index["trials"]["scores"][metric][0] for metric in index["metrics"]] == [1.0, 0.5, 1.0, "billing"]
    assert index["trials"]["scores"]["tone"][1] is None


def test_numbers_that_json_lacks_are_null() -> None:
    ran = list(trials(plan()))
    ran[0] = replace(ran[0], scores={"tone": TrialScore(score=float("nan"))}, latency=float("inf"))
    index = index_of(experiment(trials=tuple(ran)))
    assert index["trials"]["scores"]["tone"][0] is None
    assert index["trials"]["latency"][0] is None


def test_trials_are_found_by_their_inputs_their_answer_their_failure_and_tags() -> None:
    index = index_of(*support_red())
    text = index["trials"]["text"][0]
    assert "customer_name: Ana" in text
    assert "Hello {customer_name}, we will look into" in text
    assert "assert llm_run.score(tone)" in text
    assert max(map(len, index["trials"]["text"])) <= 200
    assert index["trials"]["tags"][0] == ["support", "mail"]


def test_trials_that_never_ran_are_listed() -> None:
    index = index_of(GALLERY["interrupted"]())
    assert index["missing"][0] == {"suite": 0, "example": "e20", "repeat": 1} | {
        "suite": "tests/test_support.py::test_support_agent"
    }
    assert len(index["missing"]) == 16
    (gap,) = [gap for gap in index["gaps"] if "never ran" in gap]
    assert gap.startswith("16 of 36 expected trials never ran: e20 (repeat 1), e21 (repeat 1), ")
    assert gap.endswith("and 6 more.")


def test_a_trial_that_a_further_look_made_good_is_not_missing() -> None:
    interrupted = GALLERY["interrupted"]()
    look = replace(GALLERY["red_metric"]().looks[0], trials=trials(plan())[20:])
    assert index_of(replace(interrupted, looks=(look,)))["missing"] == []
