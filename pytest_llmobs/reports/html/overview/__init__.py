"""The first page in the words of the other reports: why, which examples, what changed, tables, messages.

The words are the terminal's; the viewer lays them out. Pictures are made in ``reports.plots``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.html.overview.answers import changes, facts, why, worst
from pytest_llmobs.reports.html.overview.metric_tables import metric_tables, suite_scores
from pytest_llmobs.reports.html.rows import Row
from pytest_llmobs.reports.terminal.spending import spending_section
from pytest_llmobs.reports.text.metric_words import not_compared
from pytest_llmobs.reports.text.page import Page

_UNCUT = 100_000
"""Cells a line: a browser breaks lines by itself."""


def overview(digest: Digest, rows: Sequence[Row]) -> dict[str, Any]:
    """Return what the first page says, in JSON types.

    Args:
        digest: The finished experiment.
        rows: The table's, to which examples lead.
    """
    page = Page(width=_UNCUT, color=False, encoding="utf-8")
    return {
        "facts": facts(digest),
        "why": why(digest, page),
        "examples": worst(digest, rows, page),
        "changes": changes(digest),
        "metrics": metric_tables(digest.metrics, page),
        "suite_scores": suite_scores(digest.experiment.suite_scores),
        "spending": spending_section(digest.spending, page),
        "messages": list(_messages(digest)),
    }


def _messages(digest: Digest) -> Iterator[list[str]]:
    """Yield each message with its standing in front, the gravest first; errors are among the reasons of the verdict."""
    for note in digest.notes:
        yield ["warning", note]
    for reason in digest.examples_not_compared:
        yield ["", not_compared(reason)]
    for look in digest.experiment.looks:
        if look.error:
            yield ["warning", f"{look.purpose}: {look.error}"]
        for note in look.notes:
            yield ["", note]
    for remark in digest.remarks:
        yield ["", remark]
