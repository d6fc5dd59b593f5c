"""Many review queues as one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import column, draw_painted, drop, fitted, squeeze


@dataclass(frozen=True, kw_only=True)
class QueueLine:
    """One review queue as it is now."""

    name: str
    waiting: int | None = None
    """Items that want a reviewer, or one more; None where the queue can't be read."""
    for_me: int | None = None
    """Those of them that the reviewer who asks hasn't seen."""
    done: int | None = None
    disagreements: int | None = None
    """Items about which reviewers differ, and that nobody has settled."""
    file: str | None = None
    """The committed file; None where the store has its settings."""
    description: str | None = None
    problem: str = ""
    """Why it can't be read; empty where it can."""


def queue_listing(lines: Sequence[QueueLine], page: Page) -> list[str]:
    """Return the table, in the order given.

    What gives way, in this order, until it fits the page: the description, the file, the middle of the name.
    """
    table = [
        column("name", "queue", lines, lambda line: page.line(line.name)),
        column("waiting", "waiting", lines, _waiting, right=True),
        column("for_me", "for you", lines, lambda line: _figure(line.for_me), right=True),
        column("done", "done", lines, lambda line: _figure(line.done), right=True),
        column("disagreements", "disagreements", lines, lambda line: _figure(line.disagreements), right=True),
        column("file", "settings", lines, lambda line: page.line(line.file or "the store")),
        column("about", "about", lines, lambda line: page.clip(page.line(line.description or ""), 40)),
    ]
    steps = [
        drop("about"),
        squeeze("file", 20, page.width, page),
        drop("file"),
        squeeze("name", 8, page.width, page),
    ]
    heading, rows = draw_painted(fitted(table, page.width, steps), page)
    for line, row in zip(lines, rows, strict=True):
        heading.append(page.paint(row, "red" if line.problem else ""))
    return heading


def _waiting(line: QueueLine) -> str:
    return "broken" if line.problem else _figure(line.waiting)


def _figure(number: int | None) -> str:
    return "" if number is None else f"{number:,}"
