"""Reports opened in a real browser, from ``file://``, with a record of all that it asks for."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.delivery import ReportOrder, Reports
from pytest_llmobs.reports.evidence import Evidence, NoEvidence
from pytest_llmobs.reports.html.report import HtmlReport
from tests.browser.experiments import support_red

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


# By module: while Playwright runs, no other test of the process may run an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium, without a network.

    ``LLMOBS_EXPECT_BROWSER`` makes a missing one a failure.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("LLMOBS_EXPECT_BROWSER"):
            pytest.fail("there is no chromium")
        pytest.skip("needs chromium, `apt-get install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Opened:
    """Pages that a test has opened, and what they did beside showing themselves."""

    browser: Browser
    folder: Path
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def file(self, experiment: Experiment, evidence: Evidence | None = None, name: str = "report") -> Path:
        """Write the report of an experiment as a session does, and return the file."""
        path = self.folder / f"{name}.html"
        context = Context(evidence=evidence or NoEvidence())
        (delivery,) = Reports(experiment, context, (ReportOrder(HtmlReport(), path),)).written(None)
        assert not delivery.problem, delivery.problem
        return path

    def page(self, file: Path, fragment: str = "", **options: object) -> Page:
        """Open a file in a context of its own; options are those of ``Browser.new_context``."""
        context = self.browser.new_context(**{"viewport": DESKTOP, "offline": True, **options})
        page = context.new_page()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(f"{file.as_uri()}{fragment}")
        page.wait_for_selector("h1")
        return page


@pytest.fixture
def opened(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """Opens reports; at the end, none may have asked for anything but its own file, or complained."""
    opened = Opened(browser, tmp_path)
    yield opened
    if folder := os.environ.get("LLMOBS_SCREENSHOTS"):
        _keep_screenshots(browser, Path(folder), request.node.nodeid)
    for context in browser.contexts:
        context.close()
    strangers = [url for url in opened.requests if not url.startswith("file://")]
    assert not strangers
    assert not opened.complaints


def _keep_screenshots(browser: Browser, folder: Path, nodeid: str) -> None:
    """Show what the test's pages showed at its end, to whoever looks at the build."""
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"\W+", "-", nodeid.removeprefix("tests/browser/"))
    for number, context in enumerate(browser.contexts):
        for page in context.pages:
            page.screenshot(path=folder / f"{name[:150]}-{number}.png")


@pytest.fixture
def open_report(opened: Opened) -> Callable[..., Page]:
    """Writes the report of an experiment and opens it: ``open_report(experiment, "#/trial/3", viewport=PHONE)``."""

    def open_it(
        experiment: Experiment, fragment: str = "", evidence: Evidence | None = None, **options: object
    ) -> Page:
        return opened.page(opened.file(experiment, evidence), fragment, **options)

    return open_it


@pytest.fixture
def open_red(open_report: Callable[..., Page]) -> Callable[..., Page]:
    """Opens the report of an experiment of 129 trials that a prompt made red."""

    def open_it(fragment: str = "", **options: object) -> Page:
        experiment, evidence = support_red()
        return open_report(experiment, fragment, evidence, **options)

    return open_it
