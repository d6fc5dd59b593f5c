"""The report as a page for a browser: one file that makes no request, and on which nothing foreign acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_llmobs.reports.base import Document
from pytest_llmobs.reports.html.accepted import Accepted
from pytest_llmobs.reports.html.details import Details
from pytest_llmobs.reports.html.gaps import gaps, unknown_fields
from pytest_llmobs.reports.html.index import index
from pytest_llmobs.reports.html.overview import overview
from pytest_llmobs.reports.html.rows import ordered_rows
from pytest_llmobs.reports.html.shell import page_of
from pytest_llmobs.reports.html.traces import Traces
from pytest_llmobs.reports.html.volumes import Volumes
from pytest_llmobs.reports.json import plain_value

if TYPE_CHECKING:
    from pytest_llmobs.reports.context import Context
    from pytest_llmobs.reports.digest.experiment import Digest
    from pytest_llmobs.reports.text.page import Page


@dataclass(frozen=True)
class HtmlReport:
    """A page with all of an experiment: the shell and the viewer are fixed, whatever is foreign lies packed in data."""

    limit: int = 15_000_000
    """Bytes of a page, beyond which traces leave it, those of the trials that passed first."""

    name = "html"
    suffix = ".html"

    def render(self, digest: Digest, page: Page, context: Context) -> str | Document:
        """Return the page; where it would be too large for a browser, with pages beside it that have the traces."""
        del page  # of a terminal, or of a file of text
        unread = context.evidence.unknown_fields(digest.experiment)
        rows = ordered_rows(digest)
        traces = Traces(context.evidence.runs(digest.experiment))
        accepted = Accepted(digest.experiment, context.evidence)
        details = Details(traces, accepted)
        contents = index(digest, rows, traces, context)
        contents["overview"] = plain_value(overview(digest, rows))
        volumes = Volumes(rows, details, contents, context.file, self.limit)
        # last: that a baseline or a trace is missing shows where it is looked for
        contents["gaps"] = [
            *gaps(digest, rows, traces, accepted, contents["missing"]),
            *unknown_fields(unread),
            *volumes.notices(),
        ]
        siblings = {}
        for name, part, chunks in volumes.siblings():
            siblings[name] = page_of({**contents, "part": part}, chunks).encode()
        text = page_of(contents, volumes.chunks)
        return Document(text, siblings) if siblings else text
