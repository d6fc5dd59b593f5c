"""Reports opened in a real browser, from ``file://``, with a record of all that it asks for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.delivery import ReportOrder, Reports
from pytest_llmobs.reports.evidence import Evidence, NoEvidence
from pytest_llmobs.reports.html.report import HtmlReport
from tests.browser.chromium import DESKTOP, Chromium
from tests.browser.experiments import support_red

__all__ = ["DESKTOP", "PHONE", "Opened"]
PHONE = {"width": 390, "height": 844}
CHROMIUM = Chromium()
# how long a machine with too much to do may take for what a reader gets at once
expect.set_options(timeout=60_000)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """End the browser with the folder: while Playwright runs, no other test may run an event loop."""
    try:
        return (yield)
    finally:
        if nextitem is None or nextitem.path.parent != item.path.parent:
            CHROMIUM.close()


def pytest_sessionfinish() -> None:
    """End the browser where a session ends in the folder's midst."""
    CHROMIUM.close()


@pytest.fixture(scope="module")
def browser() -> Browser:
    """The browser, which runs already if another module of the folder has used it."""
    return CHROMIUM.started()


def written(path: Path, experiment: Experiment, evidence: Evidence | None = None) -> Path:
    """Write the report of an experiment as a session does, and return the file."""
    context = Context(evidence=evidence or NoEvidence())
    (delivery,) = Reports(experiment, context, (ReportOrder(HtmlReport(), path),)).written(None)
    assert not delivery.problem, delivery.problem
    return path


@dataclass(frozen=True)
class Opened:
    """What a test has opened, and what that did beside showing itself."""

    browser: Browser
    folder: Path
    requests: list[str]
    complaints: list[str]

    def file(self, experiment: Experiment, evidence: Evidence | None = None) -> Path:
        """Write the report of an experiment, and return the file."""
        return written(self.folder / "report.html", experiment, evidence)

    def page(self, file: Path, fragment: str = "", **options: object) -> Page:
        """Open a file, in the place of what the test has opened with the same options (`Chromium.page`)."""
        page = CHROMIUM.page(**options)
        page.goto(f"{file.as_uri()}{fragment}")
        page.wait_for_selector("h1")
        return page


@pytest.fixture
def opened(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """Opens reports; at the end, none may have asked for anything but its own file, or complained."""
    opened = Opened(browser, tmp_path, CHROMIUM.requests, CHROMIUM.complaints)
    yield opened
    if folder := os.environ.get("LLMOBS_SCREENSHOTS"):
        name = re.sub(r"\W+", "-", request.node.nodeid.removeprefix("tests/browser/"))
        CHROMIUM.keep_screenshots(Path(folder), name)
    CHROMIUM.leave()
    strangers = [url for url in opened.requests if not url.startswith("file://")]
    complaints = list(opened.complaints)
    opened.requests.clear()
    opened.complaints.clear()
    assert not strangers
    assert not complaints


@pytest.fixture
def open_report(opened: Opened) -> Callable[..., Page]:
    """Writes the report of an experiment and opens it: ``open_report(experiment, "#/trial/3", viewport=PHONE)``."""

    def open_it(
        experiment: Experiment, fragment: str = "", evidence: Evidence | None = None, **options: object
    ) -> Page:
        return opened.page(opened.file(experiment, evidence), fragment, **options)

    return open_it


@pytest.fixture(scope="session")
def red_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of an experiment of 129 trials that a prompt made red, for tests that change nothing in it."""
    return written(tmp_path_factory.mktemp("red") / "report.html", *support_red())


@pytest.fixture
def open_red(opened: Opened, red_file: Path) -> Callable[..., Page]:
    """Opens the report of an experiment of 129 trials that a prompt made red: ``open_red("#/trial/3")``."""

    def open_it(fragment: str = "", **options: object) -> Page:
        return opened.page(red_file, fragment, **options)

    return open_it
