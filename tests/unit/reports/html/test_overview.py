"""The first page's words: why, which examples, what changed, tables and messages."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.records.looks import Look
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.html.overview import overview
from pytest_llmobs.reports.html.rows import ordered_rows
from tests.browser.experiments import SUITE, support_red
from tests.unit.reports.conftest import GALLERY


def words(experiment):
    its_digest = digest(experiment)
    return overview(its_digest, ordered_rows(its_digest))


@pytest.fixture(scope="module")
def red():
    experiment, _ = support_red()
    return words(experiment)


def test_facts_say_when_on_what_how_much_how_long_and_for_how_much(red) -> None:
    assert red["facts"] == [
        "2026-11-23 16:14 UTC",
        "921dd62+dirty",
        "120 trials: 109 passed, 11 failed",
        "1 m 14 s",
        "$0.0701",
    ]


def test_why_begins_with_what_is_red(red) -> None:
    assert red["why"]["lines"] == [
        ["red", "pass", "0.967 → 0.847", "−12.0 pp", ""],
        ["warning", "tone_quality", "0.900 → 0.860", "−4.0 pp", "? INCONCLUSIVE"],
    ]
    assert red["why"]["text"] == ""


def test_an_error_is_the_first_reason() -> None:
    (first, *_) = words(GALLERY["no_baseline_in_ci"]())["why"]["lines"]
    assert first[0] == "red"
    assert first[1].startswith("No baseline for tests/test_support.py")


@pytest.mark.parametrize(
    ("name", "text"),
    [("green", "No drop in 2 metrics."), ("nothing", "Nothing was compared with a baseline.")],
)
def test_where_nothing_stands_out_a_sentence_says_so(name, text) -> None:
    assert words(GALLERY[name]())["why"] == {"lines": [], "text": text}


def test_the_suite_is_named_once_where_only_one_of_several_is_loud() -> None:
    why = words(GALLERY["many_suites"]())["why"]
    assert why["text"].startswith("in tests/")
    assert why["lines"][0][1] == "tone_quality"


def test_examples_lead_to_their_first_row_and_say_why(red) -> None:
    first, *_ = red["examples"]["lines"]
    assert first == [
        "red",
        "double-charge",
        0,
        "pass 5/5 → 0/3",
        "accepted code today 3/3 · Cold: it neither apologises nor says when.",
    ]
    assert red["examples"]["others"] == "1 known"


def test_an_example_leads_to_its_own_trial_and_not_to_the_accepted_codes() -> None:
    experiment, _ = support_red()
    only_control = replace(experiment, trials=experiment.trials[9:])
    (example, *_) = words(only_control)["examples"]["lines"]
    assert example[2] is None


def test_without_a_baseline_the_examples_are_those_that_failed() -> None:
    experiment, _ = support_red()
    told = words(replace(experiment, decision=Decision(errors=("No baseline.",)), looks=()))["examples"]
    first = ["red", "double-charge", 0, "failed: 3 of 3 trials", "assert llm_run.score(tone) >= 0.7"]
    assert told["lines"][0] == first
    assert len(told["lines"]) == 5
    assert told["lines"][3][3] == "failed: 1 of 3 trials"


def test_a_part_names_what_failed_in_it_and_judges_nothing() -> None:
    experiment, _ = support_red()
    shard = replace(experiment, shard="1/2", decision=Decision(), looks=())
    told = words(shard)["examples"]["lines"]
    assert told[0][:4] == ["warning", "double-charge", 0, "failed: 3 of 3 trials"]


def test_a_green_experiment_names_no_example_that_failed_as_ever() -> None:
    experiment, _ = support_red()
    assert words(replace(experiment, decision=Decision(), looks=()))["examples"]["lines"] == []


def test_thousands_of_broken_examples_are_left_to_the_table() -> None:
    examples = words(GALLERY["thousand"]())["examples"]
    assert len(examples["lines"]) == 100
    assert examples["more"] == 900


def test_what_changed_for_many_comes_before_what_changed_for_few() -> None:
    changes = words(GALLERY["thousand"]())["changes"]
    assert [group["who"] for group in changes] == [
        "the same in 500 examples",
        "the same in 167 examples",
        "the same in 167 examples",
        "the same in 166 examples",
    ]


def test_a_prompts_commits_are_told_once(red) -> None:
    told = [block for group in red["changes"] for block in group["blocks"]]
    assert len([block for block in told if block.startswith("prompt support:")]) == 1


def test_a_metrics_row_reads_as_in_the_terminal(red) -> None:
    (table,) = red["metrics"]
    assert table["title"] == SUITE
    assert table["size"] == "40 examples × 3"
    assert table["head"][:4] == ["metric", "baseline", "now", "Δ [90 % CI]"]
    assert table["rows"][0][:5] == ["red", "pass", "0.967", "0.847", "−12.0 pp [−18.0, −6.0]"]
    assert table["rows"][0][-1] == "▼ REGRESSED"
    assert ["red", "pass: the accepted code today 0.962"] in table["notes"]


def test_the_suite_that_is_red_comes_first_among_the_tables() -> None:
    told = words(GALLERY["many_suites"]())
    assert told["metrics"][0]["title"] == told["why"]["text"].removeprefix("in ")


def test_a_suite_without_a_measurement_says_so() -> None:
    experiment = GALLERY["green"]()
    silent = replace(experiment, decision=replace(experiment.decision, metrics=()), trials=())
    assert words(silent)["metrics"][-1]["notes"] == [["warning", "nothing was measured"]]


def test_a_confusion_matrix_is_a_table_of_all_labels() -> None:
    matrix = {"refund": {"refund": 3, "other": 1}, "other": {"other": 2}}
    score = SuiteScore(suite=SUITE, metric="f1", evaluator="f1", score=0.8, comment="weighted", matrix=matrix)
    (told,) = words(replace(GALLERY["green"](), suite_scores=(score,)))["suite_scores"]
    assert told["text"] == "f1: weighted"
    assert told["head"][1:] == ["other", "refund"]
    assert told["rows"] == [["refund", "1", "3"], ["other", "2", "0"]]


def test_messages_begin_with_the_gravest() -> None:
    look = Look(purpose="control", error="no repository", notes=("2 files left out",))
    messages = words(replace(GALLERY["green"](), looks=(look,), notes=("read me",)))["messages"]
    assert messages[:3] == [
        ["warning", "read me"],
        ["warning", "control: no repository"],
        ["", "2 files left out"],
    ]


def test_why_an_example_is_not_compared_with_the_accepted_code_is_among_the_notes() -> None:
    messages = words(GALLERY["red_examples"]())["messages"]
    assert ["", "not compared with the accepted code today: dependencies changed since"] in messages


@pytest.mark.parametrize("name", sorted(GALLERY))
def test_every_experiment_has_words_in_json(name) -> None:
    told = words(GALLERY[name]())
    assert json.loads(json.dumps(told, allow_nan=False)) == told
