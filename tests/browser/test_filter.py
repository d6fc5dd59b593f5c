"""The filter's language: what each term means, and what a reader is told who mistakes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from pytest_llmobs.records.trials import Trial
from tests.browser.experiments import support_red


class Tried(NamedTuple):
    """A trial as the table has it."""

    trial: Trial
    is_control: bool
    state: str


def tried() -> list[Tried]:
    experiment, _ = support_red()
    states = {row.example_id: row.state for row in experiment.decision.examples}
    own = [Tried(trial, False, states.get(trial.example_id, "")) for trial in experiment.trials]
    (look,) = experiment.looks
    return own + [Tried(trial, True, "") for trial in look.trials]


def tone(row: Tried) -> float:
    score = row.trial.scores["tone_quality"].score
    assert score is not None
    return score


def is_red(row: Tried) -> bool:
    return row.state == "broken"


def topic(row: Tried) -> str | None:
    return row.trial.scores["topic"].value


def cost(row: Tried) -> float:
    return row.trial.total_cost or 0.0


MEANINGS: dict[str, Callable[[Tried], bool]] = {
    "CSV": lambda row: "csv" in row.trial.example_id,
    "ひらがな": lambda row: "ひらがな" in row.trial.example_id,
    '"assert llm_run"': lambda row: row.trial.status == "failed",
    "red": is_red,
    "-red": lambda row: not is_red(row),
    "replayed": lambda row: False,
    "status:failed": lambda row: row.trial.status == "failed",
    "status:fail,passed": lambda row: True,
    "-status:failed csv": lambda row: row.trial.status != "failed" and "csv" in row.trial.example_id,
    "state:broken": is_red,
    "state:suspect,known": lambda row: row.state in ("suspect", "known"),
    'state:""': lambda row: not row.state,
    "look:control": lambda row: row.is_control,
    'look:""': lambda row: not row.is_control,
    "repeat:2": lambda row: row.trial.repeat == 2,
    "repeat>=2": lambda row: row.trial.repeat >= 2,
    "suite:support_agent": lambda row: True,
    "example:refund": lambda row: "refund" in row.trial.example_id,
    "tag:mail": lambda row: True,
    "-tag:mail": lambda row: False,
    "tone_quality<0.7": lambda row: tone(row) < 0.7,
    '"tone_quality"<0.7': lambda row: tone(row) < 0.7,
    "tone_quality=0.9": lambda row: tone(row) == 0.9,
    "topic:bill": lambda row: topic(row) == "billing",
    'topic:"account"': lambda row: topic(row) == "account",
    "cost>0.0004": lambda row: cost(row) > 0.0004,
    "cost>0.0004 latency>=2": lambda row: cost(row) > 0.0004 and (row.trial.latency or 0) >= 2,
    "tokens<=990": lambda row: (row.trial.total_tokens or 0) <= 990,
    "": lambda row: True,
}


@pytest.fixture
def page(open_red) -> Page:
    return open_red()


def count(page: Page) -> str:
    return page.locator(".trials > p").first.inner_text().partition(",")[0]


def told(matching: int, all: int) -> str:
    return f"{all} trials" if matching == all else f"{matching} of {all} trials"


def test_each_term_finds_the_trials_that_it_means(page) -> None:
    rows = tried()
    found = {}
    meant = {}
    for term, means in MEANINGS.items():
        page.fill("#filter", term)
        assert page.locator("#filter-mistakes li").all_inner_texts() == []
        found[term] = count(page)
        meant[term] = told(sum(map(means, rows)), len(rows))
    assert found == meant


LEFT_OUT = {
    "stauts:failed": "stauts:failed: left out, there is no “stauts”, but example, status, state,",
    "tone_quality<warm": "tone_quality<warm: left out, “warm” is no number.",
    "cost>": 'cost>: left out, a value is missing; cost:"" finds trials without one.',
    "topic<2": "topic<2: left out, “topic” has no numbers; try topic:… with account, billing.",
    "red:yes": "red:yes: left out, write red, or -red for all others.",
    "-": "-: left out, nothing follows the minus.",
}


def test_a_mistake_is_named_and_the_other_terms_hold(page) -> None:
    for term, sentence in LEFT_OUT.items():
        page.fill("#filter", f"status:failed {term}")
        mistakes = page.locator("#filter-mistakes li")
        expect(mistakes).to_have_count(1)
        assert mistakes.inner_text().startswith(sentence)
        assert count(page) == "11 of 129 trials"
        assert page.locator("#filter").get_attribute("aria-invalid") == "true"


def test_a_value_that_no_trial_has_is_named_with_those_there_are(page) -> None:
    page.fill("#filter", "status:lost")
    assert count(page) == "0 of 129 trials"
    mistakes = page.locator("#filter-mistakes li")
    assert mistakes.inner_text() == "status:lost: no trial has “lost”, but failed, passed."
    page.fill("#filter", "repeat:2,9")
    assert count(page) == "43 of 129 trials"
    assert mistakes.inner_text() == "repeat:2,9: no trial has “9”, but 1, 2, 3."


def test_what_looks_like_a_field_but_is_a_node_id_or_an_address_is_text(page) -> None:
    for text in ("test_support.py::test_support_agent", "https://example.org", '"stauts:failed"'):
        page.fill("#filter", text)
        assert page.locator("#filter-mistakes li").count() == 0
        assert count(page) == "0 of 129 trials"


def test_script_in_a_filter_stays_text(page) -> None:
    page.fill("#filter", "<img/src=x:onerror=alert(1)>:</script>")
    expect(page.locator("#filter-mistakes li")).to_contain_text("<img/src=x:onerror=alert(1)>")
    assert page.locator("img").count() == 0


def test_typing_keeps_the_field_and_fills_the_address(page) -> None:
    page.click("#filter")
    page.keyboard.type("csv status:failed")
    expect(page.locator(".trials tbody tr")).to_have_count(3)
    page.wait_for_url("**filter=csv+status%3Afailed")
    expect(page.locator("#filter")).to_be_focused()
    expect(page.locator("#live")).to_contain_text("3 of 129 trials")
    page.reload()
    expect(page.locator("#filter")).to_have_value("csv status:failed")
    expect(page.locator(".trials tbody tr")).to_have_count(3)


def test_quick_filters_filter_and_give_all_back(page) -> None:
    quick = page.get_by_role("group", name="Quick filters")
    assert quick.get_by_role("button").all_inner_texts() == [
        "red 9", "failed 11", "passed 118", "broken 9", "suspect 3", "known 3", "look:control 9",
    ]  # fmt: skip
    quick.get_by_role("button", name="broken 9").click()
    expect(page.locator("#filter")).to_have_value("state:broken")
    expect(page.locator(".trials tbody tr")).to_have_count(9)
    expect(quick.locator("[aria-pressed=true]")).to_have_text("broken 9")
    quick.get_by_role("button", name="failed 11").click()
    page.wait_for_url("**filter=status%3Afailed")
    page.go_back()
    expect(page.locator("#filter")).to_have_value("state:broken")
    quick.get_by_role("button", name="broken 9").click()
    expect(page.locator("#filter")).to_have_value("")
    expect(quick.locator("[aria-pressed=true]")).to_have_count(0)


def test_the_language_is_described_in_place(page) -> None:
    page.get_by_text("How to filter").click()
    expect(page.get_by_text("tone_quality<0.7", exact=True)).to_be_visible()
