"""Text by rule: which text, which requirement, what counts as found, what the comment says."""

from __future__ import annotations

import re

import pytest

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators import (
    exact_match,
    forbidden_phrases,
    max_length,
    min_length,
    regex_match,
    required_keywords,
)


def test_required_keywords_scores_the_share_and_names_what_is_missing(score, subject):
    judged = subject(
        {"response": "We refunded the charge."},
        {"required_keywords": ["refund", "charge", "invoice", "48 hours"]},
    )
    result = score(required_keywords, judged)
    assert result == 0.5
    assert result.comment == "missing: 'invoice', '48 hours'"
    full = score(required_keywords, subject({"response": "A refund."}, {"required_keywords": ["refund"]}))
    assert (full.score, full.comment) == (1.0, "has all 1")


def test_forbidden_phrases_is_a_bool_and_names_what_it_found(score, subject):
    reference = {"forbidden_phrases": ["as an AI", "guarantee"]}
    found = score(forbidden_phrases, subject({"response": "As an  AI, I guaranteed it."}, reference))
    assert found.score is False
    assert found.comment == "found: 'as an AI', 'guarantee'"
    clean = score(forbidden_phrases, subject({"response": "Sure."}, reference))
    assert (clean.score, clean.comment) == (True, "has none of 2")


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("refund", "REFUNDED"),
        ("refunded", "a refund"),
        ("charge", "charging twice"),
        ("charged", "two charges"),
        ("cancel", "cancelled"),
        ("cancelled", "to cancel"),
        ("plan", "planned"),
        ("bill", "billing"),
        ("billing", "your bill"),
        ("billing", "bills"),
        ("apology", "apologies"),
        ("movies", "a movie"),
        ("invoice", "the invoice's total"),
        ("process", "processes"),
        ("need", "needs"),
        ("speed", "speeds"),
        ("string", "strings"),
        ("csv", "as CSV."),
        ("48 hours", "within 48\n hours"),
        ("follow-up", "a Follow-Up call"),
        ("don't worry", "don’t worry"),
        ("café", "CAFE\u0301"),
        ("返金", "全額返金します"),
        ("€5", "only €5!"),
        ("c++", "in C++,"),
        (["credit", "refund"], "a refund"),
    ],
)
def test_found_as_a_reader_would(score, subject, keyword, text):
    reference = {"required_keywords": [keyword], "forbidden_phrases": [keyword]}
    assert score(required_keywords, subject({"output": text}, reference)) == 1.0
    assert score(forbidden_phrases, subject({"output": text}, reference)) == 0.0


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("art", "start"),
        ("seat", "seattle"),
        ("csv", "csvx"),
        ("48 hours", "148 hours"),
        ("refund", "ref und"),
        ("bring", "bred"),
    ],
)
def test_not_found_inside_other_words(score, subject, keyword, text):
    judged = subject({"output": text}, {"required_keywords": [keyword]})
    assert score(required_keywords, judged) == 0.0


def test_stems_can_be_switched_off(score, subject):
    judged = subject({"output": "refunded"}, {"required_keywords": ["refund"]})
    assert score(required_keywords(stems=False), judged) == 0.0


def test_alternatives_are_shown_as_such(score, subject):
    judged = subject({"output": "no"}, {"required_keywords": [["credit", "refund"]]})
    assert score(required_keywords, judged).comment == "missing: 'credit or refund'"


@pytest.mark.parametrize(
    "spec", [required_keywords, forbidden_phrases, min_length, max_length, exact_match, regex_match]
)
@pytest.mark.parametrize("reference", [None, {}, {"something": 1}])
def test_an_example_that_states_nothing_is_exempt_neither_passed_nor_missing(score, subject, spec, reference):
    result = score(spec, subject({"output": "text"}, reference))
    assert result.unscored
    assert result.exempt
    assert "states no" in result.error


@pytest.mark.parametrize("spec", [required_keywords, forbidden_phrases])
def test_an_empty_list_is_a_statement(score, subject, spec):
    result = score(spec, subject({"output": "x"}, {"required_keywords": [], "forbidden_phrases": []}))
    assert result == 1.0
    assert result.comment == "the example states that there are none"


@pytest.mark.parametrize("stated", [[""], [" "], [3], 7, [[]], {"a": 1}, [["a", None]]])
@pytest.mark.parametrize("spec", [required_keywords, forbidden_phrases])
def test_a_senseless_requirement_is_unscored_with_its_value(score, subject, spec, stated):
    result = score(spec, subject({"output": "x"}, {"required_keywords": stated, "forbidden_phrases": stated}))
    assert result.unscored
    assert not result.exempt
    assert f"outputs.{result.key}" in result.error


def test_requirements_come_from_another_field_or_the_argument(score, subject):
    judged = subject({"output": "hello"}, {"must": ["hello"], "required_keywords": ["bye"]})
    assert score(required_keywords(field="must"), judged) == 1.0
    assert score(required_keywords(["hello", "bye"]), judged) == 0.5
    assert score(required_keywords("hello"), judged) == 1.0
    assert score(forbidden_phrases(["hello"], key="no_hello"), judged).key == "no_hello"


def test_min_length_counts_characters_words_or_tokens(score, subject):
    judged = subject({"response": "  one two three  "}, {"min_length": 13, "max_length": 12})
    at_least = score(min_length, judged)
    assert at_least.score is True
    assert at_least.comment == "13 characters, at least 13 wanted"
    assert score(min_length(14), judged).score is False
    assert score(min_length(3, "words"), judged).score is True
    assert (
        score(min_length(4, unit=lambda text: len(text.split())), judged).comment
        == "3 tokens, at least 4 wanted"
    )
    assert score(max_length, judged).comment == "13 characters, at most 12 wanted"
    assert score(max_length(13), judged).score is True


@pytest.mark.parametrize("bound", ["50", True, [1]])
def test_a_bound_that_is_no_number_is_unscored(score, subject, bound):
    result = score(min_length, subject({"output": "x"}, {"min_length": bound}))
    assert f"outputs.min_length is {bound!r}; write a number" in result.error


def test_an_unknown_unit_or_option_is_an_error_at_once():
    with pytest.raises(EvaluatorError, match=r"Unknown unit 'word'. Did you mean 'words'\?"):
        min_length(3, "word")
    with pytest.raises(
        EvaluatorError, match=r"min_length\(\) has no option 'lenght'. Did you mean 'length'\?"
    ):
        min_length(lenght=3)
    with pytest.raises(EvaluatorError, match="takes 5 options, not 6"):
        min_length(1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize(
    ("outputs", "reference", "expected"),
    [
        ({"output": "a"}, {"output": "a"}, True),
        ({"output": "a"}, {"answer": "a"}, True),
        ({"intent": "billing", "confidence": 0.3}, {"intent": "billing"}, True),
        ({"intent": "billing"}, {"intent": "refund"}, False),
        ({"n": 3}, {"n": 3.0}, True),
        ({"n": 1}, {"n": True}, False),
        ({"rows": [1, {"a": 2}]}, {"rows": [1, {"a": 2}]}, True),
        ({"intent": "billing", "sure": 0.3}, {"intent": "billing", "sure": 1}, True),
        ({"reply": "a", "n": 1, "m": 2}, {"n": 0, "m": 0, "expected": "a"}, True),
        ({"answer": "A. "}, {"expected": "a"}, False),
    ],
)
def test_exact_match_pairs_output_and_reference(score, subject, outputs, reference, expected):
    assert score(exact_match, subject(outputs, reference)).score is expected


def test_several_references_and_no_text_ask_which(score, subject):
    result = score(exact_match, subject({"n": 1, "m": 2}, {"n": 1, "m": 2}))
    assert result.error == "Several outputs have a reference: 'n', 'm'. Say which with output='…'."


def test_normalised_match_ignores_case_punctuation_and_space(score, subject):
    judged = subject({"answer": " It's “A”,  surely! "}, {"expected": "its a surely"})
    assert score(exact_match(normalise=True), judged).score is False
    judged = subject({"answer": " A;  surely! "}, {"expected": "a surely"})
    assert score(exact_match(normalise=True), judged).score is True
    assert "is not the expected" in score(exact_match, judged).comment


def test_exact_match_between_chosen_fields(score, subject):
    judged = subject({"a": "1", "b": "2"}, {"x": "2", "a": "0", "b": "0"})
    assert score(exact_match(field="x", output="b"), judged).score is True
    ambiguous = score(exact_match, subject({"output": "a"}, {"expected": "a", "label": "b"}))
    assert (
        "Several reference outputs could be meant: expected, label. Say which with field='…'"
        in ambiguous.error
    )


def test_regex_match_searches_or_matches_the_whole(score, subject):
    judged = subject({"output": "Order #4711 is on its way\n"}, {"pattern": r"#\d{4}"})
    assert score(regex_match, judged).comment == "found '#4711'"
    assert score(regex_match(whole=True), judged).score is False
    assert score(regex_match(re.compile("ORDER", re.IGNORECASE)), judged).score is True
    assert score(regex_match(r"order"), judged).comment == "'order' is not found"


def test_a_broken_expression_is_an_error_at_once_or_unscored(score, subject):
    with pytest.raises(EvaluatorError, match=r"regex_match: '\(' is no regular expression"):
        regex_match("(")
    result = score(regex_match, subject({"output": "x"}, {"pattern": "("}))
    assert "outputs.pattern is '(', no regular expression" in result.error


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({"output": "x"}, "x"),
        ({"reply": "x", "language": "en"}, "x"),
        ({"whatever": "x", "n": 3}, "x"),
        (
            {"content": [{"type": "text", "text": "a"}, {"type": "tool_use"}, {"type": "text", "text": "b"}]},
            "ab",
        ),
        ({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "x"}]}, "x"),
    ],
)
def test_the_text_is_found(score, subject, outputs, text):
    result = score(exact_match(field="gold", output=None), subject(outputs, {"gold": text}))
    assert score(regex_match(f"^{text}$"), subject(outputs)).score is True
    assert result.score is True


@pytest.mark.parametrize(
    ("outputs", "reason"),
    [
        (None, "no outputs"),
        ({}, "no outputs"),
        ({"output": None}, "None of the outputs is text: 'output' is NoneType"),
        ({"n": 3}, "None of the outputs is text: 'n' is int"),
        ({"a": "x", "b": "y"}, "Several outputs are text: 'a', 'b'. Say which to judge with output='…'"),
        ({"output": "x", "reply": "y"}, "Several outputs are text: 'output', 'reply'"),
    ],
)
def test_an_ambiguous_or_missing_text_is_unscored_with_the_remedy(score, subject, outputs, reason):
    result = score(min_length(1), subject(outputs))
    assert not result.exempt
    assert reason in result.error


def test_a_chosen_output_that_is_missing_or_no_text_says_so(score, subject):
    assert (
        "no output 'reply'. Known: output"
        in score(min_length(1, output="reply"), subject({"output": "x"})).error
    )
    assert "Output 'n' is no text but int" in score(min_length(1, output="n"), subject({"n": 1})).error
