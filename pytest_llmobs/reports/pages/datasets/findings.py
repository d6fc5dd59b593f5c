"""What is wrong with datasets, dataset by dataset and kind by kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from pytest_llmobs.datasets.inspection.findings import KINDS, Finding
from pytest_llmobs.reports.text.page import Page, indent
from pytest_llmobs.wording import count


def findings_page(findings: Sequence[Finding], most: int | None, page: Page) -> list[str]:
    """Return a block a dataset, in it a heading a kind, and a message a finding.

    Args:
        findings: Those of a dataset together, and those of a kind within it.
        most: Findings of a kind that are shown; None for all.
        page: Where it goes.
    """
    lines: list[str] = []
    for dataset, of_dataset in groupby(findings, attrgetter("dataset")):
        if lines:
            lines.append("")
        lines.append(page.paint(page.clip_start(page.line(dataset), page.width), "cyan"))
        for kind, group in groupby(of_dataset, attrgetter("kind")):
            lines += indent(_kind(kind, list(group), most, replace(page, width=page.width - 2)))
    return lines


def _kind(kind: str, findings: Sequence[Finding], most: int | None, page: Page) -> list[str]:
    lines = page.wrapped(f"{kind}: {count(len(findings), 'finding')} ({KINDS[kind]})", "bold")
    for finding in findings[:most]:
        lines += page.item(finding.message, mark=page.signs.cross, style="red")
    if most is not None and len(findings) > most:
        left_out = f"{page.signs.ellipsis} {len(findings) - most:,} more (--limit 0 shows them)"
        lines += page.wrapped(left_out, "dim")
    return lines
