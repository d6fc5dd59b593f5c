"""Labels."""

from __future__ import annotations

import pytest

from pytest_llmobs.evaluators import correct_label, correct_labels

LABELS = ["billing", "bug report", "other"]


@pytest.mark.parametrize(
    ("predicted", "expected", "options", "right"),
    [
        ("billing", "billing", {}, True),
        (" Billing\n", "billing", {}, True),
        ("billing", "refund", {}, False),
        ("billing.", "billing", {"labels": LABELS}, False),
        ("This is billing.", "billing", {"labels": LABELS, "search": True}, True),
        ("A bug report or billing?", "billing", {"labels": LABELS, "search": True}, False),
        ("Bug  Report", "bug report", {"labels": LABELS}, True),
        (True, True, {}, True),
        (3, 3, {}, True),
    ],
)
def test_one_label(score, subject, predicted, expected, options, right):
    assert score(correct_label(**options), subject({"label": predicted}, {"label": expected})).score is right


def test_what_was_predicted_and_expected_is_kept(score, subject):
    wrong = score(correct_label, subject({"intent": "Refund"}, {"intent": "billing"}))
    assert wrong.comment == "'refund', expected 'billing'"
    assert wrong.metadata == {"expected": "billing", "predicted": "refund"}
    none = score(correct_label(LABELS), subject({"intent": "?"}, {"intent": "other"}))
    assert none.comment == "'?' is no label"
    assert none.metadata["predicted"] is None


def test_a_reference_outside_the_labels_is_unscored(score, subject):
    result = score(correct_label(LABELS), subject({"intent": "other"}, {"intent": "othr"}))
    assert "The reference 'othr' is none of the labels billing, bug report, other" in result.error


def test_several_labels_score_f1(score, subject):
    result = score(correct_labels, subject({"tags": ["a", "B", "x"]}, {"tags": ["a", "b", "c"]}))
    assert result == pytest.approx(2 / 3)
    assert result.comment == "missing: 'c'; wrong: 'x'"
    assert (
        score(correct_labels, subject({"tags": "a, b"}, {"tags": ["b", "a"]})).comment == "all labels right"
    )
    assert score(correct_labels, subject({"tags": []}, {"tags": []})) == 1
    assert "3 is no list of labels" in score(correct_labels, subject({"tags": 3}, {"tags": []})).error
