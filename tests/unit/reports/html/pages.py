"""Pages rendered, and taken apart into the data that a viewer sees."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping
from typing import Any

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.base import Document
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.evidence import Evidence, NoEvidence
from pytest_llmobs.reports.html.report import HtmlReport
from pytest_llmobs.reports.text.page import Page

DATA = re.compile(r'<script type="text/plain" id="([\w-]+)">([A-Za-z0-9+/=]*)</script>\n?')


def rendered(experiment: Experiment, evidence: Evidence | None = None, **options: int) -> Document:
    """Return the page, and those beside it; options are those of ``HtmlReport``."""
    context = Context(evidence=evidence or NoEvidence(), file="report.html")
    page = HtmlReport(**options).render(digest(experiment, context), Page(), context)
    return Document(page) if isinstance(page, str) else page


def page_of(experiment: Experiment, evidence: Evidence | None = None) -> str:
    """Return a page that has none beside it."""
    document = rendered(experiment, evidence)
    assert not document.siblings
    return document.text


def unpacked(page: str) -> dict[str, Any]:
    """Return the data that a page carries, by the id of their element."""
    data = {}
    for id, content in DATA.findall(page):
        data[id] = json.loads(zlib.decompress(base64.b64decode(content)))
    return data


def index_of(experiment: Experiment, evidence: Evidence | None = None) -> dict[str, Any]:
    """Return a page's index."""
    return unpacked(page_of(experiment, evidence))["index"]


def details_of(page: str) -> dict[int, dict[str, Any]]:
    """Return the details of the trials that a page has, by their row: as packed, records under their keys."""
    data = unpacked(page)
    details = {}
    for id, chunk in data.items():
        if id.startswith("chunk-"):
            first = int(id.removeprefix("chunk-")) * data["index"]["chunk_size"]
            for row, values in enumerate(chunk["trials"], start=first):
                details[row] = _record(values, chunk["keys"])
    return details


def _record(values: list[Any], keys: Mapping[str, list[str]]) -> dict[str, Any]:
    record = dict(zip(keys["trials"], values, strict=True))
    record["scores"] = [dict(zip(keys["scores"], score, strict=True)) for score in record["scores"]]
    if record["runs"] is not None:
        record["runs"] = [dict(zip(keys["runs"], run, strict=True)) for run in record["runs"]]
    return record
