"""The trace of a trial: names in their order, bars at their times, what a run shows, and very large ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, expect

from pytest_llmobs.reports.traced_run import TracedRun
from tests.browser.conftest import PHONE
from tests.browser.recorded import MICROSECONDS, Recorded, run
from tests.unit.reports.conftest import experiment, plan, trials

ROOT = "0193ab12-3456-7abc-8def-000000000001"
SECOND = 1_000_000


def at(start: float, took: float | None) -> dict[str, int | None]:
    """Return times of a run, in seconds after the root's start."""
    begins = MICROSECONDS + round(start * SECOND)
    return {"start_time": begins, "end_time": None if took is None else begins + round(took * SECOND)}


def agent() -> list[TracedRun]:
    """Return an agent that searches, calls a model, and whose tool fails."""
    return [
        run(ROOT, ROOT, inputs='{"question": "Where is it?"}', outputs='{"output": "Gone."}', **at(0, 2)),
        run("search", ROOT, ROOT, name="search", run_type="retriever", **at(0, 0.5)),
        run("embed", ROOT, "search", name="embed", run_type="embedding", **at(0.1, 0.2)),
        run(
            "model",
            ROOT,
            ROOT,
            name="messages.create",
            run_type="llm",
            inputs='{"system": "Be brief."}',
            outputs='{"text": "Let me look."}',
            metadata='{"attempt": 1}',
            model="claude-haiku-4-5",
            provider="anthropic",
            input_tokens=1200,
            output_tokens=139,
            total_cost=0.0034,
            **at(0.5, 1),
        ),
        run(
            "tool",
            ROOT,
            ROOT,
            name="look_up",
            run_type="tool",
            status="error",
            error="KeyError: 'order'",
            **at(1.5, 0.25),
        ),
        run("stream", ROOT, ROOT, name="stream", run_type="llm", **at(1.75, None)),
    ]


def deep(size: int, depth: int) -> list[TracedRun]:
    """Return so many runs, nested so deep again and again; the last one fails."""
    runs = [run(ROOT, ROOT, **at(0, 2))]
    for number in range(1, size):
        parent = ROOT if number % (depth - 1) == 1 else f"step-{number - 1}"
        error = "boom" if number == size - 1 else None
        times = at(number / SECOND, 1)
        runs.append(run(f"step-{number}", ROOT, parent, name=f"step {number}", error=error, **times))
    return runs


@pytest.fixture
def open_trace(open_report):
    """Opens the page of a trial with these runs."""

    def open_it(runs: Sequence[TracedRun], options: str = "", **context: object) -> Page:
        suite = plan(examples=1)
        trial = replace(trials(suite)[0], run_id=ROOT)
        shown = experiment(suites=(suite,), trials=(trial,))
        return open_report(shown, f"#/trial/0{options}", evidence=Recorded(runs), **context)

    return open_it


def line(page: Page, name: str) -> Locator:
    return page.locator(".run", has=page.locator(".run-name", has_text=name))


def opener_at(page: Page, place: int) -> Locator:
    """Return the button of the run at a place: among thousands, names are looked for long."""
    return page.locator(f'.run[data-run="{place}"] .run-name')


def opener(page: Page, name: str) -> Locator:
    return line(page, name).locator(".run-name")


def bar(page: Page, name: str) -> tuple[float, float]:
    """Return start and length of a bar, as parts of the whole time."""
    bounds = line(page, name).locator(".run-bar").bounding_box()
    whole = line(page, name).locator(".run-time").bounding_box()
    assert bounds is not None
    assert whole is not None
    return (bounds["x"] - whole["x"]) / whole["width"], bounds["width"] / whole["width"]


def test_runs_stand_in_order_with_level_type_and_figures(open_trace) -> None:
    page = open_trace(agent())
    expect(page.get_by_text("6 runs, 3 levels, 1 with an error, 2.00 s")).to_be_visible()
    assert page.locator(".run-name").all_text_contents() == [
        "level 1: chain support_agent",
        "level 2: retriever search",
        "level 3: embedding embed",
        "level 2: llm messages.create",
        "level 2: tool look_up",
        "level 2: llm stream",
    ]
    assert page.locator(".run-figures").all_inner_texts() == [
        "2.00 s",
        "500 ms",
        "200 ms",
        "1.00 s · 1,339 tokens · $0.0034",
        "✗ error 250 ms",
        "unfinished",
    ]


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, PHONE])
def test_bars_stand_at_their_times(viewport, open_trace) -> None:
    page = open_trace(agent(), viewport=viewport)
    assert bar(page, "support_agent") == pytest.approx((0, 1), abs=0.01)
    assert bar(page, "messages.create") == pytest.approx((0.25, 0.5), abs=0.01)
    assert bar(page, "look_up") == pytest.approx((0.75, 0.125), abs=0.01)


def test_figures_of_a_run_are_whole_on_a_phone(open_trace) -> None:
    figures = open_trace(agent(), viewport=PHONE).locator(".run-figures")
    for place in range(figures.count()):
        box = figures.nth(place).bounding_box()
        assert box["x"] + box["width"] <= PHONE["width"]
        assert figures.nth(place).evaluate("node => node.scrollWidth - node.clientWidth") <= 0


def test_children_are_indented(open_trace) -> None:
    page = open_trace(agent())
    lefts = [opener(page, name).bounding_box()["x"] for name in ("support_agent", "search", "embed")]
    assert lefts == sorted(set(lefts))


def test_a_run_opens_to_what_it_got_gave_and_cost(open_trace) -> None:
    page = open_trace(agent())
    opener(page, "messages.create").click()
    details = line(page, "messages.create").locator(".run-details")
    for words in (
        "Be brief.",
        "Let me look.",
        "attempt",
        "claude-haiku-4-5, anthropic",
        "1,200",
        "139",
    ):
        expect(details).to_contain_text(words)
    expect(opener(page, "messages.create")).to_have_attribute("aria-expanded", "true")
    opener(page, "look_up").click()
    expect(line(page, "look_up")).to_contain_text("KeyError: 'order'")
    opener(page, "messages.create").click()
    expect(details).to_have_count(0)


def test_open_runs_are_in_the_address(open_trace) -> None:
    page = open_trace(agent())
    opener(page, "look_up").click()
    opener(page, "search").click()
    assert page.url.endswith("#/trial/0?run=1%2C4")
    page.reload()
    expect(page.locator(".run-details")).to_have_count(2)
    expect(line(page, "look_up")).to_contain_text("KeyError: 'order'")


@pytest.mark.parametrize("asked", ["", "?run=", "?run=99,x,-"])
def test_an_address_without_a_known_run_opens_none(asked, open_trace) -> None:
    page = open_trace(agent(), asked)
    expect(page.locator(".run")).to_have_count(6)
    assert page.locator(".run-details").count() == 0


def test_what_is_below_a_run_folds_and_inner_folds_stay(open_trace) -> None:
    page = open_trace(agent())
    page.get_by_role("button", name="Runs below search").click()
    expect(line(page, "embed")).to_be_hidden()
    whole = page.get_by_role("button", name="Runs below support_agent")
    whole.click()
    expect(page.locator(".run:visible")).to_have_count(1)
    whole.click()
    expect(page.locator(".run:visible")).to_have_count(5)
    expect(line(page, "embed")).to_be_hidden()


def test_arrows_walk_fold_and_unfold(open_trace) -> None:
    page = open_trace(agent())
    opener(page, "support_agent").focus()
    page.keyboard.press("ArrowDown")
    expect(opener(page, "search")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(line(page, "embed")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(opener(page, "messages.create")).to_be_focused()
    page.keyboard.press("Enter")
    expect(line(page, "messages.create").locator(".run-details")).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    expect(line(page, "embed")).to_be_visible()
    page.keyboard.press("End")
    expect(opener(page, "stream")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(opener(page, "support_agent")).to_be_focused()


def test_ten_thousand_runs_are_all_there_and_answer(open_trace) -> None:
    page = open_trace(deep(10_000, depth=500))
    expect(page.get_by_text("10,000 runs, 500 levels, 1 with an error, 2.00 s")).to_be_visible()
    expect(page.locator(".run")).to_have_count(10_000)
    expect(opener_at(page, 300)).to_have_text("level 301: chain step 300")
    last = opener_at(page, 9999)
    expect(last).to_have_text("level 20: chain step 9999")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(last).to_be_in_viewport()
    opener_at(page, 0).focus()
    page.keyboard.press("End")
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport()
    sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert sideways == 0


def test_the_first_lines_come_before_the_rest(open_trace) -> None:
    page = open_trace(deep(3_000, depth=20))
    first = page.evaluate(
        """() => new Promise((found) => {
            new MutationObserver((_, watch) => {
                const lines = document.querySelectorAll(".run").length;
                if (lines > 0) { watch.disconnect(); found(lines); }
            }).observe(document.getElementById("page"), { childList: true, subtree: true });
            location.hash = "#/";
            setTimeout(() => { location.hash = "#/trial/0"; });
        })"""
    )
    assert 0 < first < 1000


def printed(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")


def test_paper_has_all_that_runs_show(open_trace) -> None:
    page = open_trace(agent())
    printed(page)
    expect(page.locator(".run-details")).to_have_count(6)
    expect(page.get_by_text("KeyError: 'order'")).to_be_visible()


def test_paper_has_all_lines_of_a_large_trace_and_says_what_it_lacks(open_trace) -> None:
    page = open_trace(deep(3_000, depth=10))
    printed(page)
    assert page.locator(".run").count() == 3_000
    expect(opener_at(page, 2999)).to_be_visible()
    expect(page.get_by_text("Inputs and outputs are printed of the runs that are open.")).to_be_visible()


def test_damaged_times_and_parents_still_make_a_tree(open_trace) -> None:
    page = open_trace(
        [
            run(ROOT, ROOT, **at(0, 1)),
            run("early", ROOT, ROOT, name="early", **at(-5, 1)),
            run("orphan", ROOT, "nobody", name="orphan", **at(0.5, -1)),
        ]
    )
    expect(page.locator(".run")).to_have_count(3)
    for name in ("early", "orphan"):
        start, length = bar(page, name)
        assert start >= 0
        assert start + length <= 1.01


@pytest.mark.parametrize("kind", ["hidden", "print-only", "constructor"])
def test_a_type_of_the_users_own_has_its_bar(kind, open_trace) -> None:
    root, *others = agent()
    page = open_trace([root, *(each._replace(run_type=kind) for each in others)])
    start, length = bar(page, "messages.create")
    assert (round(start, 2), round(length, 2)) == (0.25, 0.5)


def test_times_that_are_not_known_or_can_not_be_are_none(open_trace) -> None:
    page = open_trace([run(ROOT, ROOT, **at(0, -5)), run("a", ROOT, ROOT, name="open", **at(0, None))])
    # the longest that a run took is nothing, and not a millisecond
    expect(page.get_by_text("2 runs, 2 levels, 0.0 ms")).to_be_visible()
    expect(line(page, "support_agent").locator(".run-figures")).to_have_text("0 ms")
    expect(line(page, "open").locator(".run-figures")).to_have_text("unfinished")
