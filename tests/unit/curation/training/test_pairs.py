"""Pairs of what people corrected: which answer is learnt, and what is refused and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pytest_llmobs.curation.training.corrections import corrections_by_run
from pytest_llmobs.curation.training.pairs import Pairs, likeness, make_pairs
from pytest_llmobs.curation.training.reach import reaches
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.feedback import Feedback, FeedbackSource
from pytest_llmobs.records.runs import Run

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
BAD = "Please read our terms and conditions, they are on the website."
GOOD = "I have refunded the second charge; it is back in three days."
OTHER = "Sorry about that! Which of the two orders was charged twice?"


def run(id: str = "r1", inputs: Any = None, outputs: Any = None, **fields: Any) -> Run:
    given = {"query": "I was charged twice."} if inputs is None else inputs
    said = {"output": BAD} if outputs is None else outputs
    return Run(
        id=id, trace_id=id, parent_id=None, name="support", run_type="chain", project="production",
        start_time=NOON, end_time=NOON, inputs=given, outputs=said, **fields,
    )  # fmt: skip


def corrected(
    correction: Any, reviewer: str | None = "ana", *, run_id: str = "r1", key: str = "wrong_fact", minute: int = 0,
    type: Any = "app",
) -> Feedback:  # fmt: skip
    at = NOON + timedelta(minutes=minute)
    source = FeedbackSource(type=type, metadata={"reviewer": reviewer} if reviewer else {})
    return Feedback(
        id=f"f-{run_id}-{reviewer}-{minute}", key=key, run_id=run_id, correction=correction, source=source,
        created_at=at, modified_at=at,
    )  # fmt: skip


def pairs(runs: Sequence[Run] = (), said: Sequence[Feedback] = (), examples: Sequence[Example] = ()) -> Pairs:
    return make_pairs(runs, corrections_by_run(said), examples)


def test_a_correction_is_learnt_and_the_runs_answer_unlearnt() -> None:
    made = pairs([run()], [corrected(GOOD)])

    assert list(made.rows) == [
        {
            "prompt": "I was charged twice.",
            "chosen": GOOD,
            "rejected": BAD,
            "source_run_id": "r1",
            "reviewer": "ana",
            "agreement": None,
        }
    ]
    assert not made.refused


def test_agreement_is_the_share_of_reviewers_that_would_have_had_it() -> None:
    said = [
        corrected(GOOD),
        corrected(f"  {GOOD.upper()} ", "ben", minute=1),
        corrected(OTHER, "cleo", minute=2),
    ]

    made = pairs([run()], said)

    (row,) = made.rows
    assert (row["reviewer"], row["agreement"]) == ("ana, ben", pytest.approx(2 / 3))
    (conflict,) = made.conflicts
    assert conflict.startswith("run r1: 67% agree; answers were ")
    assert repr(OTHER)[:40] in conflict


def test_the_newest_word_of_a_reviewer_counts() -> None:
    made = pairs([run()], [corrected(GOOD, minute=5), corrected(OTHER, minute=1)])

    (row,) = made.rows
    assert (row["chosen"], row["agreement"]) == (GOOD, None)


def test_conflicting_corrections_are_no_pair_and_named() -> None:
    made = pairs([run()], [corrected(GOOD), corrected(OTHER, "ben")])

    assert not made.pairs
    (refused,) = made.refused
    assert (refused.source, refused.kind) == ("run r1", "conflict")
    assert repr(GOOD)[:40] in refused.reason
    assert repr(OTHER)[:40] in refused.reason


def test_nameless_reviewers_are_different_ones() -> None:
    made = pairs([run()], [corrected(GOOD, None), corrected(GOOD, None, minute=1)])

    (row,) = made.rows
    assert (row["reviewer"], row["agreement"]) == (None, 1.0)


def test_a_models_correction_teaches_nothing() -> None:
    made = pairs([run()], [corrected(GOOD, type="model")])

    assert (made.pairs, made.refused) == ([], [])


@pytest.mark.parametrize(
    "correction",
    [BAD, f" {BAD.upper()}", BAD.replace("website", "web site"), {"output": BAD.removesuffix(".")}],
)
def test_answers_that_are_nearly_the_same_are_refused_and_named(correction: Any) -> None:
    made = pairs([run()], [corrected(correction)])

    assert not made.pairs
    (refused,) = made.refused
    assert (refused.source, refused.kind) == ("run r1", "alike")
    assert "chosen and rejected are nearly the same (" in refused.reason


def test_messages_are_trls_conversational_form() -> None:
    inputs = {
        "system": "You help.",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "I was charged twice."}]}],
    }
    outputs = {"role": "assistant", "content": [{"type": "text", "text": BAD}]}

    (row,) = pairs([run(inputs=inputs, outputs=outputs)], [corrected(GOOD)]).rows

    assert row["prompt"] == [
        {"role": "system", "content": "You help."},
        {"role": "user", "content": "I was charged twice."},
    ]
    assert row["chosen"] == [{"role": "assistant", "content": GOOD}]
    assert row["rejected"] == [{"role": "assistant", "content": BAD}]


def test_a_file_has_one_form_alone() -> None:
    chat = run("r2", {"messages": [{"role": "user", "content": "Hi"}]}, {"role": "assistant", "content": BAD})

    made = pairs([run(), chat], [corrected(GOOD), corrected(GOOD, run_id="r2")])

    assert [type(row["prompt"]) for row in made.rows] == [list, list]
    assert made.pairs[0].answers.prompt == [{"role": "user", "content": "I was charged twice."}]


def test_a_correction_of_one_part_is_held_against_that_part() -> None:
    outputs = {"answer": BAD, "sources": ["terms.md"]}

    (row,) = pairs([run(outputs=outputs)], [corrected({"answer": GOOD})]).rows

    assert (row["chosen"], row["rejected"]) == (GOOD, BAD)


def test_several_inputs_are_all_of_the_prompt() -> None:
    (row,) = pairs([run(inputs={"query": "Hi", "tier": "pro"})], [corrected(GOOD)]).rows

    assert row["prompt"] == '{"query": "Hi", "tier": "pro"}'


@pytest.mark.parametrize(
    ("outputs", "correction", "reason"),
    [
        ({}, GOOD, "the run has no outputs"),
        (
            {"output": BAD},
            {"tone": 1},
            "the better answer has tone and the bad one output: nothing to compare",
        ),
        ({"output": " "}, GOOD, "the bad answer is empty"),
    ],
)
def test_what_cant_be_compared_is_named(outputs: Any, correction: Any, reason: str) -> None:
    (refused,) = pairs([run(outputs=outputs)], [corrected(correction)]).refused

    assert refused.kind == "unfit"
    assert reason in refused.reason


def test_a_correction_whose_run_is_gone_is_named() -> None:
    (refused,) = pairs([], [corrected(GOOD)]).refused

    assert (refused.source, refused.kind) == ("run r1", "unknown")


def test_an_equal_pair_is_there_once() -> None:
    made = pairs([run(), run("r2")], [corrected(GOOD), corrected(GOOD, run_id="r2")])

    assert len(made.pairs) == 1
    assert [(one.source, one.kind) for one in made.refused] == [("run r2", "repeated")]


CURATED = Example(
    "charged-twice",
    {"query": "I was charged twice."},
    {"output": GOOD},
    {"rejected_output": {"output": BAD}, "cluster": ["refund", "charge"]},
    source_run_id="r1",
    dataset_name="support",
)


def test_a_curated_example_that_was_completed_is_a_pair() -> None:
    (row,) = pairs(examples=[CURATED]).rows

    assert (row["chosen"], row["rejected"], row["source_run_id"]) == (GOOD, BAD, "r1")


def test_an_example_that_nobody_has_completed_is_none() -> None:
    made = pairs(examples=[Example("a", CURATED.inputs, {}, CURATED.metadata)])

    assert (made.pairs, made.refused) == ([], [])


def test_an_example_and_its_run_are_one_pair_that_knows_its_reviewers() -> None:
    made = pairs([run()], [corrected(GOOD), corrected(GOOD, "ben")], [CURATED])

    (pair,) = made.pairs
    assert (pair.reviewer, pair.agreement, pair.category) == ("ana, ben", 1.0, "refund, charge")


def test_an_example_that_keeps_the_bad_answer_is_refused() -> None:
    kept = Example("a", CURATED.inputs, {"output": BAD}, CURATED.metadata, dataset_name="support")

    (refused,) = pairs(examples=[kept]).refused

    assert (refused.source, refused.kind) == ("example 'a' of support", "alike")


def test_what_is_in_no_cluster_is_no_kind_of_failure() -> None:
    metadata = {**CURATED.metadata, "cluster": "unclustered", "reason": "error"}

    made = pairs(examples=[Example("a", CURATED.inputs, CURATED.outputs, metadata)])

    assert (len(made.pairs), made.reaches) == (1, [])


def test_kinds_of_failure_are_counted_against_what_is_enough() -> None:
    reached, lacking = reaches([*["wrong_fact"] * 500, *["wrong_tone"] * 499])

    assert (reached.category, reached.pairs, reached.lacking) == ("wrong_fact", 500, 0)
    assert (lacking.category, lacking.pairs, lacking.lacking) == ("wrong_tone", 499, 1)


@pytest.mark.parametrize(
    ("first", "second", "least", "most"),
    [("a b", "A  b", 1.0, 1.0), ("", "x", 0.0, 0.0), (GOOD, GOOD[:-1], 0.9, 0.999), (GOOD, BAD, 0.0, 0.1)],
)
def test_likeness(first: str, second: str, least: float, most: float) -> None:
    assert least <= likeness(first, second) <= most
