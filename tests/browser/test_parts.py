"""A report in several files: the page has the table, those beside it the traces, and each leads to the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.delivery import ReportOrder, Reports
from pytest_llmobs.reports.html.report import HtmlReport
from tests.browser.experiments import big

PASSED, FAILED = 399, 0
"""Rows of trials: the last one passed."""


@pytest.fixture
def page_file(tmp_path: Path) -> Path:
    experiment, evidence = big(400)
    # what a name of a file may hold, and an address may not
    path = tmp_path / "nightly #1 50%.html"
    order = ReportOrder(HtmlReport(limit=250_000), path)
    (delivery,) = Reports(experiment, Context(evidence=evidence), (order,)).written(None)
    assert not delivery.problem, delivery.problem
    return path


def test_a_passing_trials_trace_is_a_link_away(opened, page_file) -> None:
    page = opened.page(page_file, f"#/trial/{PASSED}")
    expect(page.locator(".trace")).to_have_count(0)
    page.get_by_role("link", name="is in nightly #1 50%.traces-1.html").first.click()
    expect(page.locator(".trace")).to_contain_text("messages.create")
    assert page.url.endswith(f"traces-1.html#/trial/{PASSED}")


def test_a_failed_trials_trace_is_in_the_page(opened, page_file) -> None:
    page = opened.page(page_file, f"#/trial/{FAILED}")
    expect(page.locator(".trace")).to_contain_text("messages.create")


def test_the_page_beside_it_leads_back(opened, page_file) -> None:
    beside = page_file.with_name("nightly #1 50%.traces-1.html")
    page = opened.page(beside, f"#/trial/{FAILED}")
    page.get_by_role("link", name="is in nightly #1 50%.html").click()
    expect(page.locator(".trace")).to_contain_text("messages.create")
    assert page.url.endswith(f"50%25.html#/trial/{FAILED}")


def test_the_first_page_says_which_files_belong_together(opened, page_file) -> None:
    page = opened.page(page_file)
    expect(page.locator("body")).to_contain_text("lie beside this page in nightly #1 50%.traces-1.html")
