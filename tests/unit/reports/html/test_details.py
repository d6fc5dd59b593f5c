"""The details of a trial: payloads, scores beside the baseline's, and the answer of the accepted code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_llmobs.baselines.texts import ExampleTexts, TextStore
from pytest_llmobs.records.experiments import Experiment
from tests.browser.experiments import SUITE, support_red
from tests.browser.recorded import Recorded, run
from tests.unit.reports.conftest import experiment, plan, trials
from tests.unit.reports.html.pages import details_of, index_of, page_of


def first(experiment: Experiment, evidence: Recorded) -> dict[str, Any]:
    """Return the details of the worst trial."""
    return details_of(page_of(experiment, evidence))[0]


def test_a_trial_has_its_payloads_its_answer_and_why_it_failed() -> None:
    details = first(*support_red())
    assert details["inputs"]["customer_name"] == "Ana"
    assert details["outputs"] == {"output": "Hello {customer_name}, we will look into double-charge."}
    assert details["reference"] == {"keywords": ["refund", "sorry"], "tone": "warm"}
    assert details["metadata"]["tier"] == "critical"
    assert details["message"].startswith("assert llm_run.score(tone)")
    assert details["changes"][0].startswith("system prompt")


def test_what_changed_leaves_out_the_answer_only_where_it_stands_beside_the_accepted_one() -> None:
    tested, evidence = support_red()
    told = [
        "outputs of the tool: 2 -> 1",
        "output:\n@@ -1 +1 @@\n-Yes.\n+No.",
        "output: only line ends differ",
    ]
    rows = tuple(replace(row, changes=tuple(told)) for row in tested.decision.examples)
    changed = replace(tested, decision=replace(tested.decision, examples=rows))
    assert first(changed, evidence)["changes"] == told[:1]
    assert details_of(page_of(changed))[0]["changes"] == told


def test_an_answer_that_is_the_only_output_and_the_roots_payloads_are_there_once() -> None:
    details = first(*support_red())
    assert details["output"] is None
    root, call = details["runs"]
    assert (root["inputs"], root["outputs"], root["metadata"]) == (None, None, None)
    assert call["inputs"]["messages"][0]["content"] == details["inputs"]["text"]


def test_scores_begin_with_the_tests_own_verdict_and_have_the_baselines_values() -> None:
    scores = {score["metric"]: score for score in first(*support_red())["scores"]}
    assert list(scores) == ["pass", "tone_quality", "required_keywords", "topic"]
    assert (scores["pass"]["score"], scores["pass"]["baseline"]) == (0.0, [1.0] * 5)
    # named by the verdict, so that the accepted code's values of today stand beside it
    assert scores["tone_quality"]["control"] == [0.9] * 3
    assert scores["tone_quality"]["comment"].startswith("Cold")
    # not named: from the baseline itself
    assert scores["required_keywords"]["baseline"] == [1.0] * 5
    assert (scores["topic"]["value"], scores["topic"]["baseline"]) == ("account", None)


def test_the_accepted_codes_answer_stands_beside_it_with_its_commit() -> None:
    baseline = first(*support_red())["baseline"]
    assert baseline["output"].startswith("Hello Ana, I am sorry")
    assert baseline["code"] == "600e07e"
    assert "compared" not in baseline


def test_what_the_baseline_has_cut_is_cut_from_what_it_is_compared_with() -> None:
    experiment, evidence = support_red()
    kept = TextStore(
        examples={"double-charge": ExampleTexts(output="Hello {customer_name}, ⟨+8 characters⟩look into")}
    )
    baseline = replace(evidence.baselines[SUITE], texts=kept)
    details = first(experiment, replace(evidence, baselines={SUITE: baseline}))
    assert details["baseline"]["compared"] == "Hello {customer_name}, ⟨+8 characters⟩look into double-charge."


def test_an_edited_example_is_compared_with_nothing() -> None:
    experiment, evidence = support_red()
    rows = {key: replace(row, hash="h0") for key, row in evidence.baselines[SUITE].rows.items()}
    details = first(
        experiment, replace(evidence, baselines={SUITE: replace(evidence.baselines[SUITE], rows=rows)})
    )
    assert details["baseline"] is None


@pytest.mark.parametrize(
    "session", [{"experiment": "brave-otter-1123"}, {"recorded": "2026-11-24T09:00:00+00:00"}]
)
def test_a_baseline_that_it_was_not_compared_with_is_not_shown_beside_it(session: dict[str, str]) -> None:
    experiment, evidence = support_red()
    baseline = evidence.baselines[SUITE]
    sessions = {key: replace(each, **session) for key, each in baseline.sessions.items()}
    evidence = replace(evidence, baselines={SUITE: replace(baseline, sessions=sessions)})
    assert first(experiment, evidence)["baseline"] is None
    gap = f"{SUITE}: the baseline was recorded by this experiment or since, and isn't shown beside it."
    assert gap in index_of(experiment, evidence)["gaps"]


def test_an_answer_that_is_not_stored_is_compared_with_nothing() -> None:
    experiment, evidence = support_red()
    silent = tuple(replace(trial, output="") for trial in experiment.trials)
    details = first(replace(experiment, trials=silent), replace(evidence, traces=[]))
    assert (details["runs"], details["baseline"]) == (None, None)


def test_without_a_trace_the_trials_own_inputs_and_answer_are_told() -> None:
    ran = replace(trials(plan())[0], inputs={"question": "why?"}, output="because")
    details = first(experiment(trials=(ran,)), Recorded())
    assert (details["inputs"], details["output"], details["runs"]) == ({"question": "why?"}, "because", None)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ('{"a": NaN}', {"a": "NaN"}),
        ('{"a": "\\ud800"}', {"a": "\ud800"}),
        ('{"a": 1', '{"a": 1'),
        ("[" * 100_000, "[" * 100_000),
        (b"\xff", "\\xff"),
    ],
)
def test_a_damaged_payload_is_a_text(stored: str | bytes, shown: Any) -> None:
    ran = trials(plan())[0]
    root = run(str(ran.run_id), str(ran.run_id), inputs=stored, outputs=stored)
    details = first(experiment(trials=(ran,)), Recorded([root]))
    assert details["inputs"] == shown
