"""The versions of a dataset, one below the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_llmobs.reports.pages.datasets.versions import VersionLine, version_title
from pytest_llmobs.reports.text.page import Page, indent
from pytest_llmobs.wording import count

_EXPERIMENTS = 3
"""Experiments that are named, the newest ones."""


@dataclass(frozen=True, kw_only=True)
class VersionCounts:
    """How many examples a version changed of the one before it."""

    added: int
    removed: int
    modified: int


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """One version, what it changed, and who used it."""

    version: VersionLine
    changes: VersionCounts | None = None
    """None where what it or the one before held can't be read any more, or it is the first."""
    green: Sequence[str] = ()
    """Experiments that used it and aren't red, the newest first."""
    red: Sequence[str] = ()
    problem: str = ""
    """Why nobody knows what it held; empty where somebody does."""


def log_page(entries: Sequence[LogEntry], page: Page) -> list[str]:
    """Return a block a version: a line that names it, then what there is to say of it."""
    lines: list[str] = []
    for entry in entries:
        lines.append(version_title(entry.version, page))
        lines += indent(_details(entry, replace(page, width=page.width - 2)))
    return lines


def _details(entry: LogEntry, page: Page) -> Iterator[str]:
    if entry.problem:
        yield from page.wrapped(entry.problem, "red")
    parts: list[str] = []
    if entry.version.examples is not None:
        parts.append(count(entry.version.examples, "example"))
    if entry.changes is not None:
        parts.append(_signed(entry.changes, page))
    yield from page.flow(parts)
    if entry.version.subject:
        yield page.clip(page.line(entry.version.subject), page.width)
    for names, sign, word, style in (
        (entry.green, page.signs.tick, "green", "green"),
        (entry.red, page.signs.cross, "red", "red"),
    ):
        if names:
            text = f"{sign} {word}: {page.named(list(map(page.line, names)), _EXPERIMENTS)}"
            yield from page.wrapped(text, style)


def _signed(changes: VersionCounts, page: Page) -> str:
    """Return ``+2 −1 ~3``."""
    return f"+{changes.added:,} {page.signs.minus}{changes.removed:,} ~{changes.modified:,}"
