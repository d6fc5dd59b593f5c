"""The first page: four answers without scrolling, then metrics, pictures, spending, trials and notes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.experiments import support_red
from tests.unit.reports.conftest import GALLERY

NARROWEST = {"width": 320, "height": 640}
ZOOMED = {"width": DESKTOP["width"] // 2, "height": DESKTOP["height"] // 2}
"""What a page has of the screen at 200 %."""


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_four_questions_are_answered_without_scrolling(open_red, screen) -> None:
    page = open_red(viewport=screen)
    answers = (
        "RED: pass regressed, 3 examples broke",  # red or green
        "0.967 → 0.847 −12.0 pp",  # why
        "double-charge",  # which examples
        "Address {customer_name} by name, and say when it will be solved.",  # what changed
    )
    for answer in answers:
        place = page.get_by_text(answer).first.bounding_box()
        assert place["y"] >= 0
        assert place["y"] + place["height"] <= screen["height"], answer


@pytest.mark.parametrize("screen", [DESKTOP, PHONE, NARROWEST], ids=["desktop", "phone", "320"])
def test_names_and_verdicts_of_metrics_stay_in_a_line(open_red, screen) -> None:
    """The table scrolls: a phone breaks neither `required_keywords` nor `REGRESSED`."""
    rows = open_red(viewport=screen).locator(".suite tbody tr")
    assert rows.count() == 3
    for place in range(3):
        assert rows.nth(place).bounding_box()["height"] < 40


def test_a_screen_reader_is_told_the_verdict_once(open_red) -> None:
    page = open_red()
    assert 'paragraph: "RED: pass regressed, 3 examples broke"' in page.locator("main").aria_snapshot()
    page = open_red("#/trial/0")
    assert "red: red" not in page.locator("header").aria_snapshot()


def test_what_was_announced_ends_with_its_view(open_red) -> None:
    page = open_red()
    page.locator("#filter").fill("status:failed")
    expect(page.get_by_role("status")).to_contain_text("11 of 129 trials")
    page.locator(".trials tbody a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("double-charge")
    expect(page.get_by_role("status")).to_be_empty()


def test_a_long_id_leaves_room_for_the_others_and_a_reason_is_whole(open_report) -> None:
    report = GALLERY["red_examples"]()
    rows = tuple(replace(row, example_id=row.example_id * 40) for row in report.decision.examples)
    page = open_report(replace(report, decision=replace(report.decision, examples=rows)))
    names = page.locator(".answers .pair > :first-child")
    heights = [name.bounding_box()["height"] for name in names.all()]
    assert max(heights) < 90
    reason = open_report(GALLERY["no_baseline_in_ci"]()).locator(".answers .pair > :first-child").first
    assert reason.evaluate("node => node.scrollHeight - node.clientHeight") <= 0


@pytest.mark.parametrize("screen", [PHONE, NARROWEST, ZOOMED], ids=["phone", "320", "zoomed"])
@pytest.mark.parametrize("fragment", ["", "#/trial/0"], ids=["overview", "trial"])
def test_no_page_is_wider_than_its_screen(open_red, screen, fragment) -> None:
    page = open_red(fragment, viewport=screen)
    assert page.evaluate("document.documentElement.scrollWidth") == screen["width"]


def test_a_green_report_says_so_in_words(open_report) -> None:
    page = open_report(GALLERY["green"]())
    expect(page.get_by_role("main")).to_contain_text("GREEN: nothing regressed")
    expect(page.get_by_role("main")).to_contain_text("No example broke.")


def test_the_verdict_has_a_sign_beside_its_colour(open_red) -> None:
    page = open_red()
    headline = page.locator(".headline")
    expect(headline).to_contain_text("✗")
    colour = headline.evaluate("node => getComputedStyle(node).color")
    assert colour != page.locator("body").evaluate("node => getComputedStyle(node).color")


def test_dark_follows_the_system(open_red) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        page = open_red(color_scheme=scheme)
        grounds.append(page.locator("body").evaluate("node => getComputedStyle(node).backgroundColor"))
    assert grounds == ["rgb(255, 255, 255)", "rgb(13, 17, 23)"]


def test_an_example_leads_to_its_trial_and_back_to_its_place(open_red) -> None:
    page = open_red(viewport=PHONE)
    link = page.locator(".answers").get_by_role("link", name="csv-export")
    link.scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, 40)")
    scrolled = page.evaluate("scrollY")
    assert scrolled > 0
    link.click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("csv-export")
    expect(heading).to_be_focused()
    assert page.evaluate("scrollY") == 0
    page.go_back()
    expect(page.get_by_role("heading", name="Which examples")).to_be_visible()
    assert page.evaluate("scrollY") == scrolled
    expect(page.locator(".answers").get_by_role("link", name="csv-export")).to_be_focused()


def test_a_row_of_the_table_gets_the_focus_back(open_red) -> None:
    page = open_red()
    row = page.locator(".trials [data-row]").nth(1)
    row.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**#/trial/1**")
    page.go_back()
    expect(row).to_be_focused()
    expect(row).to_be_in_viewport()


def test_the_way_back_finds_what_was_unfolded_and_the_row_far_below(open_red) -> None:
    page = open_red("#/?show=129")
    page.get_by_text("How to filter").click()
    row = page.locator(".trials [data-row]").nth(127)
    row.click()
    page.wait_for_url("**#/trial/**")
    page.go_back()
    expect(row).to_be_focused()
    expect(row).to_be_in_viewport()
    expect(page.get_by_text("quotes keep words together")).to_be_visible()


def test_metrics_stand_in_a_table_with_baseline_interval_and_verdict(open_red) -> None:
    page = open_red()
    table = page.get_by_role("region", name="Metrics of tests/test_support.py::test_support_agent")
    row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="red: pass"))
    expect(row).to_contain_text("0.967")
    expect(row).to_contain_text("−12.0 pp [−18.0, −6.0]")
    expect(row).to_contain_text("▼ REGRESSED")


@pytest.mark.parametrize("section", ["Intervals", "History", "Scores", "Cost and latency"])
def test_each_picture_says_what_it_shows(open_red, section) -> None:
    page = open_red()
    content = page.locator("section").filter(has=page.get_by_role("heading", name=section, level=2))
    picture = content.get_by_role("img")
    expect(picture).to_have_count(1)  # the one for narrow pages isn't there
    assert len(picture.get_attribute("aria-label")) > 20


def test_an_address_leads_to_a_section(open_red) -> None:
    page = open_red("#/trials")
    expect(page.get_by_role("heading", name="Trials", exact=True)).to_be_in_viewport()
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Metrics").click()
    expect(page.get_by_role("heading", name="Metrics", exact=True)).to_be_in_viewport()
    assert page.url.endswith("#/metrics")
    page.go_back()
    expect(page.get_by_role("heading", name="Trials", exact=True)).to_be_in_viewport()


def test_sections_keep_the_filter(open_red) -> None:
    page = open_red("#/?filter=csv")
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Metrics").click()
    assert page.url.endswith("#/metrics?filter=csv")
    expect(page.locator("#filter")).to_have_value("csv")


def test_sections_keep_a_filter_that_was_typed(open_red) -> None:
    page = open_red()
    page.fill("#filter", "csv")
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Metrics").click()
    page.wait_for_url("**#/metrics?filter=csv")
    expect(page.locator("#filter")).to_have_value("csv")
    expect(page.locator(".trials tbody tr")).to_have_count(21)


@pytest.mark.parametrize("fragment", ["#/nonsense/9?x=%E0%A4%A", "#/constructor", "#?", "#%"])
def test_an_address_that_means_nothing_shows_the_overview(open_red, fragment) -> None:
    expect(open_red(fragment).get_by_role("heading", name="Why")).to_be_visible()


def test_a_command_is_copied(open_report) -> None:
    page = open_report(GALLERY["red_examples"](), permissions=["clipboard-read", "clipboard-write"])
    command = page.locator(".command code").last.inner_text()
    page.locator(".command").last.get_by_role("button", name=re.compile("^Copy")).click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == command


def test_a_command_is_selected_where_a_browser_forbids_copying(open_report) -> None:
    page = open_report(GALLERY["red_examples"]())
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    page.locator(".command").last.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("Ctrl+C")
    selected = page.evaluate("String(getSelection())")
    assert selected == page.locator(".command code").last.inner_text()


def test_what_else_is_to_be_read_is_there(open_report) -> None:
    experiment = replace(GALLERY["green"](), notes=("the judge answered slowly",))
    page = open_report(experiment)
    notes = page.locator("section").filter(has=page.get_by_role("heading", name="Notes", level=2))
    expect(notes).to_contain_text("warning: the judge answered slowly")


def test_many_suites_fold_those_in_which_nothing_happened(open_report) -> None:
    page = open_report(GALLERY["many_suites"]())
    summary = page.get_by_text(re.compile(r"^\d+ suites with nothing to report$"))
    hidden = summary.locator("..").locator("section").first
    expect(hidden).to_be_hidden()
    summary.click()
    expect(hidden).to_be_visible()


def test_a_browser_that_cant_inflate_says_so(opened) -> None:
    file = opened.file(GALLERY["green"]())
    context = opened.browser.new_context(offline=True)
    context.add_init_script("delete globalThis.DecompressionStream")
    page = context.new_page()
    page.goto(file.as_uri())
    expect(page.get_by_role("alert")).to_contain_text("the browser lacks DecompressionStream")


def test_without_scripts_a_sentence_says_so(opened) -> None:
    file = opened.file(GALLERY["green"]())
    page = opened.browser.new_context(java_script_enabled=False).new_page()
    page.goto(file.as_uri())
    expect(page.get_by_text("where scripts are switched off")).to_be_visible()


def test_a_view_that_fails_says_what_failed_and_leaves_the_others(opened) -> None:
    file = opened.file(*support_red())
    damaged = re.sub(r'(id="chunk-0">).{40}', r"\1" + "A" * 40, file.read_text())
    file.write_text(damaged)
    page = opened.page(file, "#/trial/0")
    expect(page.get_by_role("alert")).to_contain_text("This view can't be shown")
    page.get_by_role("navigation", name="Experiment").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    assert len(opened.complaints) == 1
    opened.complaints.clear()


def test_a_damaged_report_says_that_it_cant_be_shown(opened) -> None:
    file = opened.file(GALLERY["green"]())
    file.write_text(re.sub(r'(id="index">).{40}', r"\1" + "A" * 40, file.read_text()))
    page = opened.page(file)
    expect(page.get_by_role("alert")).to_contain_text("This report can't be shown")
    assert len(opened.complaints) == 1
    opened.complaints.clear()


def test_what_is_missing_is_named_on_the_first_screen(open_report) -> None:
    page = open_report(GALLERY["interrupted"]())
    gaps = page.locator(".notice", has_text="Not in this report")
    expect(gaps).to_be_in_viewport()
    expect(gaps).to_contain_text("16 of 36 expected trials never ran")
