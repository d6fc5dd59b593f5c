"""On paper: all that a reader could open or scroll to is there, in black on white."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE

SHEET = {"width": 700, "height": 990}
"""What an A4 sheet has room for between its margins, in CSS pixels."""


@pytest.fixture
def open_printed(open_red):
    """Opens the report of an experiment that a prompt made red, as it would be printed."""

    def open_it(fragment="", **options):
        page = open_red(fragment, **options)
        page.emulate_media(media="print")
        return page

    return open_it


def test_paper_is_white_whatever_the_screen_is(open_printed) -> None:
    page = open_printed(color_scheme="dark")
    ground = page.locator("body").evaluate("node => getComputedStyle(node).backgroundColor")
    assert ground == "rgb(255, 255, 255)"


@pytest.mark.parametrize("name", ["Keys", "Copy"])
def test_what_acts_on_the_screen_alone_is_not_printed(open_printed, name) -> None:
    page = open_printed()
    expect(page.get_by_role("navigation")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile(f"^{name}"))).to_have_count(0)


def test_a_trial_on_paper_says_which_experiment_it_is_of(open_printed) -> None:
    page = open_printed("#/trial/0")
    expect(page.get_by_role("link", name="brave-otter-1123", exact=True)).to_be_visible()


def test_what_is_folded_is_printed_and_folded_again(open_printed) -> None:
    page = open_printed(viewport=PHONE)
    folded = page.locator("details:not([open])")
    before = folded.count()
    assert before > 0
    page.evaluate(
        """() => addEventListener("beforeprint", () => {
            globalThis.foldedOnPaper = document.querySelectorAll("details:not([open])").length;
        })"""
    )
    assert page.pdf().startswith(b"%PDF")
    assert page.evaluate("foldedOnPaper") == 0
    expect(folded).to_have_count(before)


def test_a_sheet_is_as_wide_as_all_tables(open_printed) -> None:
    """What is wider makes a browser shrink the whole page, which then nobody can read."""
    page = open_printed(viewport=SHEET)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.evaluate("document.querySelectorAll('details').forEach((node) => (node.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") == SHEET["width"]
    lefts = page.locator(".table:visible").evaluate_all(
        "(tables) => tables.map((table) => table.scrollWidth > table.parentNode.clientWidth)"
    )
    assert not any(lefts)


def test_nothing_is_cut_at_an_edge_that_could_be_scrolled(open_printed) -> None:
    page = open_printed("#/trial/0")
    cut = """() => [...document.querySelectorAll("*")].filter((node) =>
        getComputedStyle(node).overflowY !== "visible" && node.scrollHeight > node.clientHeight + 1
        && !node.closest(".hidden, svg")).map((node) => node.className)"""
    assert page.evaluate(cut) == []
