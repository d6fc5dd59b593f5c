from __future__ import annotations

from pytest_llmobs.curation.candidates import Candidate
from tests.unit.curation.runs import failed, make_run, say


def test_an_error_is_the_reason_by_its_last_line() -> None:
    assert Candidate(failed(1, "Where?")).reason(None) == "error: ValueError: no order"


def test_negative_feedback_of_people_is_a_reason_with_its_score() -> None:
    said = [say(score=0.2), say("tone", score=0.9), say("helpful", score=False, minute=1)]
    assert Candidate(make_run(1, "Where?"), said).reason(None) == (
        "feedback: user_rating 0.2; feedback: helpful 0"
    )


def test_a_judges_low_score_may_be_a_good_one_unless_the_filter_asks_for_it() -> None:
    said = [say("toxicity", score=0.0, source="model")]
    assert Candidate(make_run(1, "Where?"), said).reason("eq(name, …)") == "filter: eq(name, …)"
    asked = Candidate(make_run(1, "Where?"), said, {"toxicity"})
    assert asked.reason("eq(feedback_key, …)") == "feedback: toxicity 0"


def test_a_label_that_the_filter_asks_for_is_a_reason() -> None:
    candidate = Candidate(make_run(1, "Where?"), [say("category", value="billing")], {"category"})
    assert candidate.reason(None) == "feedback: category billing"


def test_the_newest_correction_counts() -> None:
    said = [
        say("correction", correction={"output": "30 days"}, minute=5),
        say("correction", correction="14 days", minute=1),
        say("correction", correction=" ", minute=9),
    ]
    assert Candidate(make_run(1, "Where?"), said).correction == {"output": "30 days"}
    assert Candidate(make_run(1, "Where?"), said[1:]).correction == {"output": "14 days"}
    assert Candidate(make_run(1, "Where?"), said[2:]).correction is None


def test_inputs_without_words_are_told_apart() -> None:
    texts = {Candidate(make_run(1, inputs={"a": [None] * size})).text for size in (1, 2)}
    assert len(texts) == 2


def test_what_people_remarked_tells_failures_apart() -> None:
    candidate = Candidate(failed(1, "Where?"), [say(score=0, comment="Wrong city"), say(value="facts")])
    assert candidate.failure == "Where?\nValueError: no order\nWrong city\nfacts"
