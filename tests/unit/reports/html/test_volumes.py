"""A report that would be too large: traces leave the page, those of the trials that passed first, and none is lost."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from pytest_llmobs.reports.base import Document
from tests.browser.experiments import big, support_red
from tests.unit.reports.html.pages import details_of, rendered, unpacked

LIMIT = 250_000


@pytest.fixture(scope="module")
def document() -> Document:
    return rendered(*big(400), limit=LIMIT)


def test_a_page_that_fits_is_alone() -> None:
    document = rendered(*support_red())
    assert not document.siblings
    assert unpacked(document.text)["index"]["part"] is None


@pytest.mark.parametrize("limit", [120_000, 200_000, LIMIT])
def test_the_data_of_no_page_are_larger_than_the_limit(limit: int) -> None:
    document = rendered(*big(400), limit=limit)
    assert document.siblings
    for text in (document.text, *(page.decode() for page in document.siblings.values())):
        packed = text[text.index('<script type="text/plain"') : text.rindex('<script type="module">')]
        assert len(packed) <= limit


def test_what_failed_keeps_its_trace_in_the_page(document: Document) -> None:
    details = details_of(document.text)
    statuses = unpacked(document.text)["index"]["trials"]["status"]
    kept = [row for row, trial in details.items() if trial["runs"] is not None]
    assert len(details) == 400
    assert {row for row, status in enumerate(statuses) if status == "failed"} <= set(kept)
    assert kept == list(range(len(kept)))
    assert len(kept) < 400


def test_each_other_trial_names_the_page_that_has_its_trace(document: Document) -> None:
    others = {name: details_of(page.decode()) for name, page in document.siblings.items()}
    moved = {row: trial for row, trial in details_of(document.text).items() if trial["runs"] is None}
    for row, trial in moved.items():
        there = others[trial["runs_in"]][row]
        assert there["run_id"] == trial["run_id"]
        assert len(there["runs"]) == 2
        assert trial["scores"] == there["scores"]


def test_payloads_follow_where_the_page_is_still_too_large_and_say_so() -> None:
    document = rendered(*big(400), limit=200_000)
    details = details_of(document.text)
    assert details[0]["inputs"]["text"]
    assert details[399]["inputs"] is None
    assert details[399]["output"].endswith(" more characters in the file below")
    there = details_of(document.siblings[details[399]["runs_in"]].decode())
    assert there[399]["inputs"]["text"]


def test_the_pages_know_each_other_and_the_rows_that_they_have(document: Document) -> None:
    for name, page in document.siblings.items():
        index = unpacked(page.decode())["index"]
        rows = sorted(details_of(page.decode()))
        assert index["part"] == {"file": name, "of": "report.html", "rows": [rows[0], rows[-1]]}
        assert rows == list(range(rows[0], rows[-1] + 1))


def test_the_page_says_what_lies_elsewhere(document: Document) -> None:
    moved = sum(trial["runs"] is None for trial in details_of(document.text).values())
    (gap,) = (gap for gap in unpacked(document.text)["index"]["gaps"] if "traces-1" in gap)
    assert gap.startswith(
        f"The traces and long texts of {moved} trials, the passing ones first, lie beside this page in "
    )
    for name in document.siblings:
        assert name in gap


def untraced(length: int, rows: range) -> Document:
    """Return the report of 400 trials without traces, some of them with an answer of random letters."""
    experiment, evidence = big(400)
    letters = random.Random(7)
    trials = []
    for number, trial in enumerate(experiment.trials):
        output = "".join(letters.choices("abcdefghijklmnop", k=length)) if number in rows else "Yes."
        trials.append(replace(trial, output=output))
    return rendered(replace(experiment, trials=tuple(trials)), replace(evidence, traces=()), limit=LIMIT)


@pytest.mark.parametrize("length", [1500, 30_000])
def test_long_answers_leave_the_page_where_no_trace_is_stored_too(length: int) -> None:
    document = untraced(length, range(400))
    data = document.text[document.text.index('<script type="text/plain"') :]
    assert len(data[: data.rindex('<script type="module">')]) <= LIMIT
    details = details_of(document.text)
    moved = [row for row, trial in details.items() if trial["runs_in"]]
    assert moved
    there = {name: details_of(page.decode()) for name, page in document.siblings.items()}
    for row in moved:
        assert len(there[details[row]["runs_in"]][row]["output"]) == length


def test_a_page_beside_it_has_nothing_that_did_not_leave() -> None:
    document = untraced(8000, range(100, 150))
    details = details_of(document.text)
    moved = {row for row, trial in details.items() if trial["runs_in"]}
    assert moved
    for name, page in document.siblings.items():
        rows = sorted(details_of(page.decode()))
        # rows are contiguous: the page says which it has by the first and the last
        assert rows == list(range(rows[0], rows[-1] + 1))
        assert {row for row in rows if details[row]["runs_in"] == name}
