"""Pages as a reader has them: first paint, table, filter, opening a trial, scrolling a trace of 10,000 runs.

Debian's chromium, headless, opens each from its file in a fresh context. Every figure is milliseconds by the page's own
clock, the least of several, since other work on the machine only adds to it. What a reader waits for ends with the
frame after it is drawn, or with its layout.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser, sync_playwright

from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.delivery import ReportOrder, Reports
from pytest_llmobs.reports.html.report import HtmlReport
from tests.browser.experiments import big
from tests.browser.recorded import MICROSECONDS, Recorded, run

ROUNDS = 5
SPANS, DEPTH = 10_000, 500
BARS = {
    "first paint": 500.0,
    "table": 1500.0,
    "filter": 50.0,
    "trial": 50.0,
    "longest frame of scrolling": 200.0,
}
"""Milliseconds; of scrolling, what no reader calls freezing."""
WATCH = """
window.tableDrawn = new Promise((done) => {
  new MutationObserver((_, observer) => {
    if (document.querySelector(".trials tbody tr")) {
      observer.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
    }
  }).observe(document, { childList: true, subtree: true });
});
"""
"""Says when the table was drawn; requests a frame twice, since the first comes before what is drawn now."""
DRAWN = "const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));"
FILTER = f"""async (text) => {{
  {DRAWN}
  const field = document.getElementById("filter");
  await drawn();
  const began = performance.now();
  field.value = text;
  field.dispatchEvent(new Event("input", {{ bubbles: true }}));
  document.body.offsetHeight; // laid out
  return performance.now() - began;
}}"""
OPEN = """async (row) => {
  const before = document.querySelector("h1");
  const began = performance.now();
  location.hash = `#/trial/${row}`;
  while (document.querySelector("h1") === before) {
    await new Promise((done) => setTimeout(done));
  }
  document.body.offsetHeight; // laid out
  return performance.now() - began;
}"""
SCROLL = """async () => {
  const frames = [];
  let last = performance.now();
  for (let step = 0; step < 120; step += 1) {
    window.scrollBy(0, document.documentElement.scrollHeight / 120);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  return Math.max(...frames.slice(1));
}"""

PAINT = """() => new Promise((done) => {
  const told = (list) => list.getEntriesByName("first-contentful-paint").forEach(({ startTime }) => done(startTime));
  new PerformanceObserver(told).observe({ type: "paint", buffered: true });
})"""
"""When a reader saw something first, which may be told after the table is there."""


def measure_pages(pages: Mapping[int, Path], folder: Path) -> bool:
    """Open pages; tell what a reader waits for, and whether all bars hold.

    Args:
        pages: By their trials.
        folder: For a page with a large trace.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        print("There is no chromium: `apt-get install chromium`.")
        return False
    held = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for trials, page in pages.items():
            print(f"\n{trials:,} trials in a browser")
            rounds = [figures_of(browser, page, trials) for _ in range(ROUNDS)]
            for what in rounds[0]:
                held.append(told(what, min(figures[what] for figures in rounds)))
        print(f"\na trace of {SPANS:,} runs, {DEPTH} deep")
        page = large_trace(folder)
        rounds = [figures_of_trace(browser, page) for _ in range(ROUNDS)]
        held.append(told("longest frame of scrolling", min(figures[1] for figures in rounds)))
        print(f"       opened in {min(figures[0] for figures in rounds):.0f} ms")
        browser.close()
    return all(held)


def figures_of(browser: Browser, file: Path, trials: int) -> dict[str, float]:
    """Return what a reader of a page waits for."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(file.absolute().as_uri())
    table: float = page.evaluate("window.tableDrawn")
    paint: float = page.evaluate(PAINT)
    figures = {"first paint": paint, "table": table}
    # the first word makes the texts that are searched: it is what a reader types first
    words = ("charge", "charge status:failed", "tone_quality<0.7")
    figures["filter"] = max(page.evaluate(FILTER, word) for word in words)
    page.evaluate(FILTER, "")
    # a trial that nobody has opened: its chunk is unpacked first
    figures["trial"] = page.evaluate(OPEN, trials // 2 + 7)
    context.close()
    return figures


def large_trace(folder: Path) -> Path:
    """Write a page with one trial whose trace is large, and return it."""
    experiment, evidence = big(1)
    (trial,) = experiment.trials
    root = str(trial.run_id)
    runs = [*evidence.traces[:1]]
    for number in range(1, SPANS):
        parent = root if number % DEPTH == 1 else str(number - 1)
        known: dict[str, Any] = {"start_time": MICROSECONDS + number * 100, "inputs": '{"question": "why?"}'}
        runs.append(run(str(number), root, parent, name=f"step {number}", **known))
    path = folder / "trace.html"
    context = Context(evidence=Recorded(runs))
    order = ReportOrder(HtmlReport(), path)
    (delivery,) = Reports(replace(experiment, trials=(trial,)), context, (order,)).written(None)
    assert not delivery.problem, delivery.problem
    return path


def figures_of_trace(browser: Browser, file: Path) -> tuple[float, float]:
    """Return how long a trial with a large trace takes to open, and the longest frame while it scrolls."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True)
    page = context.new_page()
    page.goto(file.absolute().as_uri())
    page.wait_for_selector(".trials tbody tr")
    opened: float = page.evaluate(OPEN, 0)
    longest: float = page.evaluate(SCROLL)
    context.close()
    return opened, longest


def told(what: str, milliseconds: float) -> bool:
    """Print a figure and its bar; return whether it holds."""
    holds = milliseconds <= BARS[what]
    print(f"{'ok    ' if holds else 'MISSED'}   {what} {milliseconds:.0f} ms (bar {BARS[what]:.0f} ms)")
    return holds
