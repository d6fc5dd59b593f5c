from datetime import UTC, datetime, timedelta

import pytest

from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.scores import Score
from pytest_llmobs.reports.pages.assertion import ScoreEvidence, explain
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

PAGE = Page()
TONE = Score(
    "tone_quality", 0.31, comment="Cold reply, no apology, and it does not say when it will be solved."
)
START = datetime(2026, 11, 23, 16, 14, tzinfo=UTC)
RUN = Run(
    id="r",
    trace_id="r",
    parent_id=None,
    name="support_agent",
    run_type="chain",
    project="p",
    start_time=START,
    end_time=START + timedelta(seconds=1.5),
)
EVIDENCE = ScoreEvidence(
    inputs={
        "question": "I was charged twice for my subscription.",
        "customer": {"name": "Ana", "tier": "gold"},
    },
    outputs={"output": "We will look into it."},
    reference={"required_keywords": ["refund", "sorry"]},
    run=RUN,
    show="llmobs show 0193ab12-3456-7abc-8def-0123456789ab",
)


def test_a_failed_bound_shows_score_reason_and_what_it_was_made_of():
    assert explain(">=", TONE, 0.7, EVIDENCE, PAGE) == [
        "tone_quality is 0.31, wanted >= 0.7",
        "reason     Cold reply, no apology, and it does not say when it will be solved.",
        "inputs     question: I was charged twice for my subscription.",
        '           customer: {"name": "Ana", "tier": "gold"}',
        "output     We will look into it.",
        'reference  required_keywords: ["refund", "sorry"]',
        "trace      support_agent  chain  1.50 s",
        "open       llmobs show 0193ab12-3456-7abc-8def-0123456789ab",
    ]


def test_texts_of_other_names_are_compared_where_it_is_clear_which():
    evidence = ScoreEvidence(
        outputs={"output": "Dear Ana,\nwe look into it."},
        reference={"answer": "Dear Ana,\nit is refunded.", "required_keywords": ["refund"]},
    )
    lines = explain(">=", TONE, 0.7, evidence, PAGE)
    start = next(number for number, line in enumerate(lines) if line.startswith("diff"))
    assert [line[11:] for line in lines[start : start + 4]] == [
        "answer → output",
        "  Dear Ana,",
        "- it is refunded.",
        "+ we look into it.",
    ]
    unclear = ScoreEvidence(
        outputs=evidence.outputs, reference={**evidence.reference, "expected": "Dear\nBo"}
    )
    assert not any(line.startswith("diff") for line in explain(">=", TONE, 0.7, unclear, PAGE))


@pytest.mark.parametrize(
    ("operator", "left", "right", "headline"),
    [
        ("<=", 0.7, TONE, "tone_quality is 0.31, wanted >= 0.7"),
        (">", 0.2, TONE, "tone_quality is 0.31, wanted < 0.2"),
        ("==", 1.0, TONE, "tone_quality is 0.31, wanted == 1.0"),
        ("==", Score("same", False), True, "same is False, wanted == True"),
        ("==", Score("intent", value="refund"), "billing", "intent is 'refund', wanted == 'billing'"),
        (">", TONE, Score("other", 0.5), "tone_quality is 0.31, wanted > 0.5 (other)"),
        ("==", Score("broken", error="boom"), 1, "broken is unscored, wanted == 1"),
    ],
)
def test_the_first_line_says_it_in_short(operator, left, right, headline):
    lines = explain(operator, left, right, ScoreEvidence(), PAGE)
    assert lines is not None
    assert lines[0] == headline


def test_other_comparisons_are_left_alone():
    assert explain("==", 1, 2, EVIDENCE, PAGE) is None


def test_long_blocks_are_cut_unless_verbose():
    evidence = ScoreEvidence(outputs={"output": "\n".join(f"line {number}" for number in range(12))})
    cut = explain(">=", TONE, 0.7, evidence, PAGE)
    whole = explain(">=", TONE, 0.7, evidence, PAGE, verbose=True)
    assert cut is not None
    assert whole is not None
    assert cut[2:] == [
        "output     line 0",
        "           line 1",
        "           line 2",
        "           … 9 more lines, -vv shows all",
    ]
    assert len(whole) == 2 + 12


def test_texts_of_several_lines_are_compared_line_by_line():
    evidence = ScoreEvidence(outputs={"output": "Hello\nwe check"}, reference={"output": "Hello\nsorry"})
    lines = explain("==", Score("exact_match", 0.0), 1, evidence, PAGE)
    assert lines is not None
    assert lines[-3:] == ["diff         Hello", "           - sorry", "           + we check"]


def test_a_run_without_outputs_says_so():
    lines = explain(">=", TONE, 0.7, ScoreEvidence(), PAGE)
    assert lines is not None
    assert lines[-1] == "output     nothing was recorded"


def test_an_evaluator_that_failed_shows_its_error():
    lines = explain("==", Score("tone", error="Traceback\nValueError: no JSON"), 1, ScoreEvidence(), PAGE)
    assert lines is not None
    assert lines[1:3] == ["reason     Traceback", "           ValueError: no JSON"]


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("verbose", [True, False])
def test_no_line_goes_beyond_the_page(width, verbose):
    evidence = ScoreEvidence(
        inputs={"質問": "長い" * 100},
        outputs={"answer": ["x" * 100], "deep": {str(number): "y" * 30 for number in range(9)}},
        reference={"answer": "word " * 50},
        run=RUN,
    )
    lines = explain(">=", TONE, 0.7, evidence, Page(width=width), verbose=verbose)
    assert lines is not None
    assert [line for line in lines if cells.width(line) > width] == []
