"""A version of a dataset in a line: what it is called, its hash, when it became the current one, its tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count

SHOWN_DIGITS = 12
"""Of a version's hash; eight are enough to name one."""


@dataclass(frozen=True, kw_only=True)
class VersionLine:
    """One version."""

    version: str
    """Its hash."""
    examples: int | None = None
    """How many it has; None where nobody knows."""
    name: str = ""
    """What the user called it (``v1``, ``HEAD``), or ``the file``; empty where its hash was given."""
    when: datetime | None = None
    """UTC: since when it was the current one."""
    commit: str = ""
    """The git commit that brought it, whole, or empty."""
    subject: str = ""
    """Of that commit."""
    tags: Sequence[str] = ()


def version_title(line: VersionLine, page: Page) -> str:
    """Return one line that names a version: what it is called, its hash, time, commit and tags."""
    parts = [page.paint(page.line(line.name), "bold"), page.paint(line.version[:SHOWN_DIGITS], "cyan")]
    if line.when is not None:
        parts.append(minute(line.when))
    if line.commit:
        parts.append(line.commit[:7])
    if line.tags:
        names = ", ".join(map(page.line, line.tags))
        parts.append(page.paint(f"({names})", "yellow"))
    return "  ".join(filter(None, parts))


def sized_title(line: VersionLine, page: Page) -> str:
    """Return the same with the number of examples."""
    title = version_title(line, page)
    return title if line.examples is None else f"{title}  {count(line.examples, 'example')}"


def minute(when: datetime) -> str:
    """Return a time in UTC, to the minute."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M}"
