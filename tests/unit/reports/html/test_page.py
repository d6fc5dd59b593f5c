"""The page for a browser, as far as it shows without one: a fixed shell, and packed data."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any

import pytest

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.html.report import HtmlReport
from pytest_llmobs.reports.text.page import Page
from tests.unit.reports.conftest import GALLERY

_DATA = re.compile(r'<script type="text/plain" id="([\w-]+)">([A-Za-z0-9+/=]*)</script>')


def page_of(experiment: Experiment) -> str:
    context = Context()
    page = HtmlReport().render(digest(experiment, context), Page(), context)
    assert isinstance(page, str)
    return page


def unpacked(page: str) -> dict[str, Any]:
    """Return the data that a page carries, by the id of their element."""
    data = {}
    for id, content in _DATA.findall(page):
        data[id] = json.loads(zlib.decompress(base64.b64decode(content)))
    return data


@pytest.mark.parametrize("name", sorted(GALLERY))
def test_all_pages_are_alike_but_for_their_data(name: str) -> None:
    pages = [page_of(GALLERY[name]()), page_of(GALLERY["green"]())]
    first, second = (_DATA.sub("", page).split() for page in pages)
    assert first == second


def test_the_index_has_the_document_of_the_json_report() -> None:
    experiment = GALLERY["red_examples"]()
    report = unpacked(page_of(experiment))["index"]["report"]
    assert report["experiment"]["name"] == experiment.name
