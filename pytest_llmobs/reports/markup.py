"""Foreign text made safe for Markdown: it shows as it is, and mentions, links or closes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_llmobs.reports.page import Page

_PAGE = Page()
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~$!&])")
_BREAK = "\u200b"
"""A space without width: a mention or a link that is broken by it stays text."""


def plain(text: str) -> str:
    """Return foreign text as one line that shows as it is: no markup, no mention, no link, no table cell's end."""
    escaped = _SPECIAL.sub(r"\\\1", _PAGE.line(text))
    return escaped.replace("@", f"@{_BREAK}").replace("://", f":{_BREAK}//").replace("www.", f"www{_BREAK}.")


def code(text: str) -> str:
    """Return foreign text as an inline code span of one line."""
    line = _PAGE.line(text)
    ticks = "`" * (_longest_run(line) + 1)
    gap = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{gap}{line}{gap}{ticks}"


def fence(lines: Sequence[str], language: str = "") -> str:
    """Return foreign lines as a code block that they can't close."""
    body = "\n".join(_PAGE.text(line) for line in lines)
    ticks = "`" * max(_longest_run(body) + 1, 3)
    return f"{ticks}{language}\n{body}\n{ticks}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
