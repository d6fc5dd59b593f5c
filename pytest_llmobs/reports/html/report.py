"""The report as a page for a browser: one file that makes no request, and on which nothing foreign acts."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from pytest_llmobs.reports.html.bundle import VIEWER, policy, script, style
from pytest_llmobs.reports.html.details import details
from pytest_llmobs.reports.html.index import CHUNK, index
from pytest_llmobs.reports.html.packing import packed

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
        trials = (*digest.experiment.trials, *digest.experiment.further_trials)
        data = [packed("index", index(digest, trials, context))]
        rows = details(digest, trials, context)
        while chunk := list(islice(rows, CHUNK)):
            data.append(packed(f"chunk-{len(data) - 1}", chunk))
        shell = VIEWER.joinpath("shell.html").read_text(encoding="utf-8")
        parts = {
            "policy": policy(script(), style()),
            "style": style(),
            "script": script(),
            "data": "\n".join(data),
        }
        # our own four parts, none of which holds another's mark
        for name, part in parts.items():
            shell = shell.replace(f"{{{name}}}", part, 1)
        return shell.rstrip("\n")
