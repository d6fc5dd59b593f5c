"""The table of trials: its order, its length, where its links lead, and how it fits a phone and paper."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.trials import TrialScore
from tests.browser.conftest import PHONE, written
from tests.browser.experiments import big, support_red
from tests.unit.reports.conftest import experiment, plan, trials


@pytest.fixture
def page(open_red) -> Page:
    """A red experiment of 129 trials."""
    return open_red()


@pytest.fixture(scope="module")
def many_file(tmp_path_factory) -> Path:
    """The report of an experiment of 2,000 trials."""
    return written(tmp_path_factory.mktemp("many") / "report.html", *big(2000))


def rows(page: Page):
    return page.locator(".trials tbody tr")


def cells(page: Page, title: str) -> list[str]:
    return page.locator(f'.trials td[data-label="{title}"]').all_inner_texts()


def head(page: Page, title: str):
    return page.locator(".trials thead th", has_text=title)


def sort_by(page: Page, title: str) -> None:
    head(page, title).get_by_role("button").click()


def with_scores(**scores: TrialScore) -> Experiment:
    """Return an experiment of three trials, of which the second has no score and no latency."""
    suite = plan(examples=3)
    made = [replace(trial, latency=1.0, scores=scores) for trial in trials(suite)]
    made[1] = replace(made[1], latency=None, scores={})
    return experiment(suites=(suite,), trials=tuple(made))


def test_a_suite_is_shown_by_its_test_and_pointed_at_in_full(open_report) -> None:
    suites = [
        plan(f"tests/test_support_of_customers.py::test_{name}", examples=1) for name in ("mail", "chat")
    ]
    made = [trials(suite)[0] for suite in suites]
    page = open_report(experiment(suites=tuple(suites), trials=tuple(made)), "#/?filter=suite:of_customers")
    assert cells(page, "Suite") == ["test_mail", "test_chat"]
    expect(page.get_by_title("tests/test_support_of_customers.py::test_chat")).to_have_count(1)


def test_one_trial_is_a_trial(open_report) -> None:
    suite = plan(examples=1)
    page = open_report(experiment(suites=(suite,), trials=trials(suite)))
    expect(page.get_by_text("1 trial", exact=True)).to_be_visible()


def test_the_worst_come_first(page) -> None:
    expect(page.get_by_text("129 trials, 100 shown, the worst first")).to_be_visible()
    assert rows(page).first.inner_text().split()[:4] == ["double-charge", "✗", "failed", "red:"]
    assert set(cells(page, "Status")[-20:]) == {"✓ passed"}


def test_a_heading_sorts_turns_round_and_gives_the_order_back(page) -> None:
    order = rows(page).first.inner_text()
    sort_by(page, "Latency")
    expect(head(page, "Latency")).to_have_attribute("aria-sort", "descending")
    expect(head(page, "Latency").get_by_role("button")).to_be_focused()
    assert cells(page, "Latency")[0] == "2.40 s"
    page.wait_for_url("**sort=-latency")
    sort_by(page, "Latency")
    expect(head(page, "Latency")).to_have_attribute("aria-sort", "ascending")
    assert cells(page, "Latency")[0] == "1.20 s"
    sort_by(page, "Latency")
    expect(head(page, "Latency")).to_have_attribute("aria-sort", "none")
    assert rows(page).first.inner_text() == order


def test_back_gives_the_order_before(page) -> None:
    sort_by(page, "Tokens")
    sort_by(page, "Cost")
    page.wait_for_url("**sort=-cost")
    page.go_back()
    expect(head(page, "Tokens")).to_have_attribute("aria-sort", "descending")


@pytest.mark.parametrize("order", ["latency", "-latency"])
def test_what_has_no_value_comes_last_either_way(order, open_report) -> None:
    page = open_report(with_scores(), f"#/?sort={order}")
    assert cells(page, "Latency") == ["1.00 s", "1.00 s", ""]


def test_an_unknown_order_is_named(open_report) -> None:
    page = open_report(with_scores(), "#/?sort=speed")
    expect(page.get_by_text("There is no column “speed” to sort by.")).to_be_visible()
    expect(rows(page)).to_have_count(3)


def test_an_evaluator_may_be_called_as_a_column_is(open_report) -> None:
    page = open_report(with_scores(cost=TrialScore(score=0.25)), "#/?filter=score.cost<0.5&sort=score.cost")
    expect(rows(page)).to_have_count(2)
    assert cells(page, "cost") == ["0.25", "0.25"]


def test_an_address_restores_filter_order_and_length(open_red) -> None:
    page = open_red("#/trials?filter=-status:failed&sort=-cost&show=118")
    expect(page.get_by_text("118 of 129 trials, by Cost, descending")).to_be_visible()
    expect(rows(page)).to_have_count(118)


def test_more_rows_come_on_demand_and_the_focus_goes_to_the_first(page) -> None:
    expect(rows(page)).to_have_count(100)
    page.get_by_role("button", name="Show all 129").click()
    expect(rows(page)).to_have_count(129)
    expect(rows(page).nth(100).get_by_role("link")).to_be_focused()
    page.fill("#filter", "passed")
    page.fill("#filter", "")
    expect(rows(page)).to_have_count(100)


def test_the_page_answers_while_thousands_of_rows_come(opened, many_file) -> None:
    page = opened.page(many_file)
    waited = page.get_by_role("button", name="Show all 2000").evaluate(
        """(button) => new Promise((answered) => {
            button.click();
            requestAnimationFrame(() => answered(document.querySelectorAll(".trials tbody tr").length));
        })"""
    )
    assert waited < 1000
    expect(rows(page)).to_have_count(2000)
    page.fill("#filter", "repeat:1")
    expect(rows(page)).to_have_count(100)


def test_paper_has_all_rows_that_were_asked_for(opened, many_file) -> None:
    page = opened.page(many_file)
    page.get_by_role("button", name="Show all 2000").click()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert rows(page).count() == 2000


def test_a_trial_keeps_filter_and_order_and_back_returns_to_them(page) -> None:
    page.fill("#filter", "status:failed")
    sort_by(page, "Latency")
    names = page.locator(".trials tbody a").all_inner_texts()
    rows(page).nth(3).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(names[3])
    assert page.url.endswith("?filter=status%3Afailed&sort=-latency")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text(names[4])
    page.go_back()
    page.go_back()
    expect(page.locator("#filter")).to_have_value("status:failed")
    expect(head(page, "Latency")).to_have_attribute("aria-sort", "descending")


def test_no_match_and_no_trials_are_said(page, open_report) -> None:
    page.fill("#filter", "nothing-like-it")
    expect(page.get_by_text("0 of 129 trials")).to_be_visible()
    empty = open_report(experiment(suites=(), trials=()))
    expect(empty.get_by_text("0 trials", exact=True)).to_be_visible()


@pytest.mark.parametrize("viewport", [PHONE, {"width": 320, "height": 640}])
def test_a_phone_has_every_figure_without_scrolling_sideways(viewport, open_report) -> None:
    shown, evidence = support_red()
    page = open_report(shown, evidence=evidence, viewport=viewport)
    table = page.locator(".trials table").bounding_box()
    assert table is not None
    assert table["x"] >= 0
    assert table["x"] + table["width"] <= viewport["width"]
    outside = (
        rows(page)
        .first.locator("th, td")
        .evaluate_all(
            "(cells, width) => cells.filter((cell) => cell.getBoundingClientRect().right > width).length",
            viewport["width"],
        )
    )
    assert outside == 0
    sort_by(page, "Cost")
    expect(head(page, "Cost")).to_have_attribute("aria-sort", "descending")


def test_many_columns_scroll_by_themselves(open_report) -> None:
    scores = {f"metric_number_{number}": TrialScore(score=0.5) for number in range(12)}
    page = open_report(with_scores(**scores))
    sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert sideways == 0
    expect(page.get_by_role("region", name="Trials, scrolls sideways")).to_be_visible()


def test_a_screen_reader_and_paper_get_a_table(page) -> None:
    table = page.get_by_role("table", name="Trials")
    expect(table.get_by_role("columnheader").first).to_have_text("Example")
    expect(table.get_by_role("rowheader").first).to_have_text("double-charge")
    page.emulate_media(media="print")
    expect(table.get_by_role("row")).to_have_count(101)
    expect(page.locator("#filter")).to_be_hidden()


def test_paper_cuts_no_column(page) -> None:
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 720, "height": 1000})
    table = page.get_by_role("table", name="Trials").bounding_box()
    assert table is not None
    assert table["x"] + table["width"] <= 720
