"""Scores, figures and names that no browser's numbers, objects or filter are made for."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from playwright.sync_api import expect

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.trials import Trial, TrialScore
from tests.browser.experiments import STARTED, SUITE, plan
from tests.browser.recorded import Recorded, run, run_id

HUGE = 12_345_678_901_234_567_890
NAMES = ("__proto__", "constructor", "toString", "", "two words", "x<0.5", "a:b", 'say "hi"', "cost", "-less")


def scored(scores: Mapping[str, TrialScore], **columns: object) -> tuple[Experiment, Recorded]:
    """Return an experiment of two trials, the second without scores, and their traces of a run each."""
    suite = plan(("first", "second"), repeat=1)
    trials = []
    traces = []
    for number, expected in enumerate(suite.expected):
        trials.append(
            Trial(
                suite=SUITE,
                example_id=expected.example_id,
                example_hash=expected.example_hash,
                repeat=1,
                nodeid=expected.nodeid,
                status="passed",
                scores={} if number else scores,
                total_tokens=HUGE,
                llm_calls=HUGE,
                run_id=run_id(number),
            )
        )
        traces.append(run(run_id(number), run_id(number), **columns))
    made = Experiment(name="odd", started=STARTED, duration=1.0, suites=(suite,), trials=tuple(trials))
    return made, Recorded(traces)


def test_numbers_beyond_a_browsers_own_are_shown(open_report) -> None:
    scores = {
        "huge": TrialScore(score=HUGE, gating=True),
        "endless": TrialScore(score=float("inf")),
        "none": TrialScore(score=float("nan")),
        "true": TrialScore(score=True),
    }
    experiment, evidence = scored(scores, input_tokens=2**62, output_tokens=2**62, inputs=f'{{"id": {HUGE}}}')
    page = open_report(experiment, "#/?filter=huge>1&sort=-huge", evidence=evidence)
    cells = page.locator(".trials tbody tr").first.locator("td").all_text_contents()
    assert "1.235e+19" in cells
    assert "12,345,678,901,234,567,000" in cells
    expect(page.locator(".trials tbody tr")).to_have_count(1)
    page.goto(f"{page.url.partition('#')[0]}#/trial/0?run=0")
    article = page.locator("article.trial")
    expect(article).to_contain_text("1.235e+19")
    expect(article.locator(".score", has_text="true")).to_contain_text("1")
    # an id in a payload keeps its digits
    expect(article).to_contain_text(str(HUGE))
    expect(article.locator(".run-figures")).to_contain_text("9,223,372,036,854,776,000 tokens")


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_may_have_any_name(name, open_report) -> None:
    scores = {other: TrialScore(score=0.1) for other in NAMES if other != name}
    experiment, evidence = scored({**scores, name: TrialScore(score=0.25)})
    field = name.replace('"', "")
    if name == "cost":
        field = "score.cost"  # cost is what a trial cost
    page = open_report(experiment, evidence=evidence)
    page.fill("#filter", f'"{field}">0.2 "{field}"<0.3')
    expect(page.locator("#filter-mistakes li")).to_have_count(0)
    expect(page.locator(".trials tbody tr")).to_have_count(1)
    page.get_by_role("columnheader").get_by_role("button", name=name or "Example", exact=True).first.click()
    expect(page.locator(".trials tbody tr")).to_have_count(1)
