"""A dataset's change as a comment on a pull request.

Whatever the dataset holds stands in code: no text of it notifies anybody, is a link, an image or markup.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_llmobs.reports.pages.datasets.diff import DatasetDifference, change_lines, totals
from pytest_llmobs.reports.pages.datasets.versions import VersionLine, sized_title
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count

_WIDTH = 100
"""Cells of a line of code: wider ones are scrolled."""
_MOST = 60_000
"""Characters of a comment; GitHub takes 65,536."""
_BACKTICKS = re.compile("`+")
_OPEN = 30
"""Lines that are shown without a click."""


def diff_markdown(difference: DatasetDifference, *, everything: bool) -> str:
    """Return the comment: a heading with the totals, both versions, the splits, and the examples as a diff.

    Args:
        difference: What is compared.
        everything: Show all examples, and long texts whole, as far as a comment takes them.
    """
    page = Page(width=_WIDTH)
    changes = difference.changes
    lines = [f"### {_code(page.line(difference.dataset))}: {', '.join(totals(difference, page))}", ""]
    for sign, version in (("before", difference.before), ("after", difference.after)):
        lines.append(f"- {sign}: {_version(version, page)}")
    if len(changes.splits) > 1:
        lines += ["", "| split | before | after |", "|---|---:|---:|"]
        for split in changes.splits:
            name = _code(page.line(split.name)).replace("|", "\\|") if split.name else "(none)"
            lines.append(f"| {name} | {split.before:,} | {split.after:,} |")
    if not difference.is_none:
        body = list(change_lines(difference, page, everything=everything))
        lines += ["", *_folded(body)]
    return "\n".join(lines)


def _version(version: VersionLine, page: Page) -> str:
    return _code(sized_title(version, page))


def _folded(body: Sequence[str]) -> list[str]:
    """Return the diff as code, behind a click where it is long, and cut where a comment takes no more."""
    kept, size = 0, 0
    while kept < len(body) and size + len(body[kept]) < _MOST:
        size += len(body[kept]) + 1
        kept += 1
    code = _fenced(body[:kept])
    if kept < len(body):
        left_out = count(len(body) - kept, "more line")
        code += ["", f"… {left_out}: `llmobs dataset diff` prints them."]
    if len(body) <= _OPEN:
        return code
    return ["<details><summary>Examples</summary>", "", *code, "", "</details>"]


def _fenced(lines: Sequence[str]) -> list[str]:
    # a fence ends at one of its length: no text of the dataset may hold that
    longest = max(map(len, _BACKTICKS.findall("\n".join(lines))), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}diff", *lines, fence]


def _code(text: str) -> str:
    """Return a text as code within a line, whatever backticks it has."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    mark = "`" * (longest + 1)
    gap = " " if longest else ""
    return f"{mark}{gap}{text}{gap}{mark}"
