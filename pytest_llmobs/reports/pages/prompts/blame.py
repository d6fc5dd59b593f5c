"""Each line of a prompt with the commit that brought it, and the life of a phrase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pytest_llmobs.reports.pages.prompts.versions import VersionLine, version_title
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page, indent
from pytest_llmobs.reports.text.table import Table, column, draw, drop, fitted, total_width

_LEAST_TEXT = 30
"""Cells that are left for the lines; on a narrow page author and date give way."""
_AUTHOR = 14
"""Most cells of an author's name beside a line."""


@dataclass(frozen=True)
class LineOrigin:
    """A line and the version that brought it."""

    role: str | None
    """Of its message; None for a prompt that is one text."""
    message: int
    text: str
    version: VersionLine


@dataclass(frozen=True)
class PhraseStep:
    """A version with which a phrase came or went."""

    kind: Literal["came", "went"]
    version: VersionLine


def blame_page(lines: Sequence[LineOrigin], page: Page) -> list[str]:
    """Return each line behind its commit, date and author; messages have their role above them."""
    table: Table = [
        column("commit", "", lines, lambda line: line.version.label),
        column("date", "", lines, lambda line: _date(line.version)),
        column("author", "", lines, lambda line: page.clip(page.line(line.version.author), _AUTHOR)),
    ]
    table = fitted(table, page.width - _LEAST_TEXT, [drop("author"), drop("date")])
    size = total_width(table) + 2
    drawn: list[str] = []
    message = None
    _titles, _rule, *rows = draw(table, page)
    for line, row in zip(lines, rows, strict=True):
        if line.role is not None and line.message != message:
            message = line.message
            drawn.append(page.paint(f"message {message + 1} ({page.line(line.role)})", "bold"))
        drawn += _blamed(line.text, cells.pad(row, size), page)
    return drawn


def _blamed(text: str, lead: str, page: Page) -> Iterator[str]:
    gap = " " * cells.width(lead)
    for wrapped in cells.wrap(page.text(text), page.width - cells.width(lead)):
        yield f"{page.paint(lead, 'dim')}{wrapped}".rstrip()
        lead = gap


def _date(version: VersionLine) -> str:
    return "" if version.when is None else f"{version.when:%Y-%m-%d}"


def phrase_page(
    phrase: str, origin: VersionLine | None, steps: Sequence[PhraseStep], page: Page
) -> list[str]:
    """Return which commit brought a phrase, and, where it went meanwhile, all that happened to it.

    Args:
        phrase: As the user gave it.
        origin: None where the current version hasn't it.
        steps: When it came and went, the newest first.
        page: Where it goes.
    """
    shown = page.clip_middle(page.line(phrase), page.width - 20)
    if origin is not None:
        lines = [f'"{shown}" came with', *_version(origin, page)]
    else:
        lines = [f'"{shown}" is gone']
    if origin is None or len(steps) > 1:
        lines.append("")
        for step in steps:
            lines += [step.kind, *_version(step.version, page)]
    return lines


def _version(version: VersionLine, page: Page) -> list[str]:
    lines = [version_title(version, page)]
    if version.description:
        narrow = replace(page, width=page.width - 4)
        lines += indent(narrow.wrapped(version.description))
    return indent(lines)
