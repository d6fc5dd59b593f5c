"""The report as a page for a browser: one file that makes no request, and on which nothing foreign acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmobs.reports.html.accepted import Accepted
from pytest_llmobs.reports.html.bundle import VIEWER, policy, script, style
from pytest_llmobs.reports.html.details import Details
from pytest_llmobs.reports.html.gaps import gaps
from pytest_llmobs.reports.html.index import CHUNK, index
from pytest_llmobs.reports.html.packing import packed
from pytest_llmobs.reports.html.rows import ordered_rows
from pytest_llmobs.reports.html.traces import Traces

if TYPE_CHECKING:
    from pytest_llmobs.reports.context import Context
    from pytest_llmobs.reports.digest.experiment import Digest
    from pytest_llmobs.reports.text.page import Page


class HtmlReport:
    """A page with all of an experiment: the shell and the viewer are fixed, whatever is foreign lies packed in data."""

    name = "html"
    suffix = ".html"

    def render(self, digest: Digest, page: Page, context: Context) -> str:
        """Return the page, ending without a line break."""
        del page  # of a terminal, or of a file of text
        experiment = digest.experiment
        rows = ordered_rows(digest)
        traces = Traces(context.evidence.runs(experiment))
        accepted = Accepted(experiment, context.evidence)
        details = Details(traces, accepted)
        chunks = []
        for start in range(0, len(rows), CHUNK):
            part = list(map(details.of, rows[start : start + CHUNK]))
            chunks.append(packed(f"chunk-{len(chunks)}", part))
        contents = index(digest, rows, traces, context)
        expected = digest.spending.expected
        contents["gaps"] = list(gaps(rows, traces, accepted, len(contents["missing"]), expected))
        return _page(contents, chunks)


def _page(contents: dict[str, Any], chunks: list[str]) -> str:
    shell = VIEWER.joinpath("shell.html").read_text(encoding="utf-8")
    parts = {
        "policy": policy(script(), style()),
        "style": style(),
        "script": script(),
        "data": "\n".join((packed("index", contents), *chunks)),
    }
    # our own four parts, none of which holds another's mark
    for name, part in parts.items():
        shell = shell.replace(f"{{{name}}}", part, 1)
    return shell.rstrip("\n")
