"""The commits of a prompt, one below the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS
from pytest_llmobs.reports.pages.prompts.versions import VersionLine, verdict_lines, version_title
from pytest_llmobs.reports.text.page import Page, indent


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """One commit, and what it changed."""

    version: VersionLine
    is_head: bool = False
    """True where it is to be told from other heads."""
    parents: Sequence[str] = ()
    """More than one where it joins heads."""
    added: Sequence[str] = ()
    """Variables that came with it."""
    removed: Sequence[str] = ()
    problem: str = ""
    """Why its content can't be read; empty where it can."""


def log_page(entries: Sequence[LogEntry], page: Page) -> list[str]:
    """Return a block a commit: a line that names it, then what there is to say of it."""
    lines: list[str] = []
    for entry in entries:
        title = version_title(entry.version, page)
        if entry.is_head:
            title = f"{title}  {page.paint('head', 'bold')}"
        lines.append(title)
        narrow = replace(page, width=page.width - 2)
        lines += indent(_details(entry, narrow))
    return lines


def _details(entry: LogEntry, page: Page) -> Iterator[str]:
    if entry.problem:
        yield from page.wrapped(entry.problem, "red")
    if entry.version.description:
        yield from page.wrapped(entry.version.description)
    if len(entry.parents) > 1:
        yield f"joins {' and '.join(parent[:SHOWN_DIGITS] for parent in entry.parents)}"
    variables = variable_words(entry.added, entry.removed, page)
    if variables:
        yield from page.wrapped(f"variables: {variables}")
    yield from verdict_lines(entry.version.verdicts, page)


def variable_words(added: Sequence[str], removed: Sequence[str], page: Page) -> str:
    """Return ``+plan, -tier``; empty where none came or went."""
    words = [f"+{name}" for name in added]
    words += [f"{page.signs.minus}{name}" for name in removed]
    return ", ".join(words)
