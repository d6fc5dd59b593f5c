"""The page for a browser: one file that needs nothing else, on which nothing foreign acts."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.html import HtmlReport
from pytest_llmobs.reports.terminal.section import render
from pytest_llmobs.reports.text.page import Page
from tests.unit.reports.conftest import GALLERY


class _Reader(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []  # in the order in which they begin
        self.attributes: list[tuple[str, str | None]] = []
        self.text: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        tag = self.tags[-1] if self.tags else ""
        self.text[tag] = self.text.get(tag, "") + data


def read(experiment: Experiment) -> _Reader:
    context = Context()
    reader = _Reader()
    reader.feed(HtmlReport().render(digest(experiment, context), Page(), context))
    return reader


@pytest.mark.parametrize("name", sorted(GALLERY))
def test_every_experiment_is_a_page_with_the_terminals_text(name: str) -> None:
    experiment = GALLERY[name]()
    page = read(experiment)
    assert page.tags == ["html", "meta", "meta", "title", "style", "h1", "p", "pre"]
    assert page.text["pre"].strip() == render(experiment, width=110, color=False).strip()
    assert not any("http" in (value or "") for _, value in page.attributes)
