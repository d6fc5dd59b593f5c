"""The page that says how far reviewers agree."""

from __future__ import annotations

import random

import pytest

from pytest_llmobs.reports.glossary import find
from pytest_llmobs.reports.pages.agreement import agreement_page
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.review.agreement.gate import gate
from pytest_llmobs.review.agreement.measuring import measure
from pytest_llmobs.review.records import AnnotationQueue, Decision
from tests.unit.review.agreement.test_measuring import EFFORT, TONE, TOPIC, WHY, decide, queue, verdicts

FULL = queue(TONE, TOPIC, EFFORT, WHY)


def shown(of: AnnotationQueue, decisions: list[Decision], page: Page | None = None) -> str:
    agreement = measure(of, decisions)
    return agreement_page(agreement, gate(agreement), page or Page(width=80))


def everything(*reviewers: str) -> list[Decision]:
    chance = random.Random(5)
    decisions = []
    for run in range(40):
        tone, effort = chance.randint(1, 5), chance.randint(0, 100)
        for reviewer in reviewers:
            rejects = chance.random() < 0.3
            decisions.append(
                decide(
                    FULL,
                    run,
                    reviewer,
                    "reject" if rejects else "accept",
                    mode="wrong fact" if rejects else None,
                    answers={"tone": min(5, tone + chance.randint(0, 1)), "topic": "other", "effort": effort},
                )
            )
    return decisions


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("reviewers", [("ada", "bob"), ("ada lovelace of the night shift", "bob", "cleo")])
def test_it_fits_and_has_no_sign_that_the_terminal_lacks(width, encoding, reviewers):
    text = shown(FULL, everything(*reviewers), Page(width=width, encoding=encoding))
    assert max(map(cells.width, text.splitlines())) <= width
    assert Page(encoding=encoding).takes(text)


def test_two_reviewers():
    text = shown(queue(), verdicts(queue(), ada="aaaarrrr" * 5, bob="aaarrrra" * 5))
    assert text.splitlines() == [
        "support: 40 reviewed items · 40 by two or more · 2 reviewers (ada, bob)",
        "",
        "          n  raw   Cohen's κ          Fleiss' κ  α                  AC1",
        "────────────────────────────────────────────────────────────────────────",
        "verdict  40  0.75  0.50 [0.15, 0.71]  0.50       0.51 [0.16, 0.71]  0.50",
        "",
        "κ 0.50 [0.15, 0.71]: below 0.70, not exported",
        "",
        "verdict decides, by Cohen's κ of two reviewers, by Krippendorff's α of more or",
        "of numbers. Where the level is ordinal, κ is weighted, and AC1 is AC2.",
        "Intervals: 95 %, over items; --json has all figures.",
    ]


def test_ascii_terminals_read_the_names_of_the_letters():
    text = shown(queue(), verdicts(queue(), ada="aarr", bob="aara"), Page(encoding="ascii"))
    assert "Cohen's kappa" in text
    assert "\nkappa 0.50 [" in text
    assert "Krippendorff's alpha" in text


def test_a_wide_page_shows_everything_measured():
    text = shown(FULL, everything("ada", "bob", "cleo"), Page(width=120))
    for word in ("Fleiss' κ", "AC1", "ordinal", "interval", "is 'wrong fact'", "ada, bob", "bob, cleo"):
        assert word in text
    assert "why" not in text


def test_the_paradox_of_kappa_is_told_with_ac1_beside_it():
    text = shown(queue(), verdicts(queue(), ada="a" * 38 + "ra", bob="a" * 38 + "ar"))
    told = " ".join(text.split())
    assert "! verdict: the paradox of kappa: raw agreement 0.95, κ -0.03." in told
    assert "98 % of the ratings are 'accept', so that chance alone would agree nearly as often" in told
    assert "Gwet's AC1, which bears that, is 0.95 [0.79, 0.99]." in told


def test_one_class_alone_is_undefined_and_neither_0_nor_nan():
    text = shown(queue(), verdicts(queue(), ada="aaa", bob="aaa"))
    assert "undefined" in text
    assert "nan" not in text.lower()
    assert "! verdict: κ is undefined: every rating is 'accept'" in " ".join(text.split())


def test_where_nobody_saw_the_same_there_is_no_table():
    assert shown(queue(), verdicts(queue(), ada="aa  ", bob="  rr")).splitlines() == [
        "support: 4 reviewed items · 0 by two or more · 2 reviewers (ada, bob)",
        "",
        "agreement unknown: no two reviewers judged the same item",
    ]


def test_foreign_names_act_on_nothing():
    evil = queue({"feedback_key": "to\x1b[2Jne", "categories": ["a", "b"]}, failure_modes=["\x1b]0;x\x07"])
    decisions = []
    for run in range(3):
        for reviewer in ("ad\x1b[1ma", "bob"):
            decisions.append(
                decide(evil, run, reviewer, "reject", mode="\x1b]0;x\x07", answers={"to\x1b[2Jne": "a"})
            )
    assert "\x1b" not in shown(evil, decisions)


@pytest.mark.parametrize(
    "word", ["κ", "α", "AC1", "AC2", "raw", "ordinal", "Fleiss' κ", "undefined", "not exported"]
)
def test_every_word_of_it_is_explained(word):
    assert find(word) is not None
