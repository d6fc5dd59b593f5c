"""A version of a prompt in a line or two: its hash, when and by whom, and what experiments say of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS
from pytest_llmobs.reports.text.page import Page

if TYPE_CHECKING:
    from pytest_llmobs.experiments.prompt_verdicts import PromptVerdict

_AUTHOR = 30
"""Most cells of an author's name."""
_EXPERIMENTS = 3
"""Experiments that are named a verdict, the newest ones."""
_SIGNS = {"green": ("tick", "green"), "red": ("cross", "red")}


@dataclass(frozen=True, kw_only=True)
class VersionLine:
    """A commit of a prompt, or its file where that holds what is in no commit."""

    hash: str | None
    """None for the file."""
    when: datetime | None = None
    author: str = ""
    description: str | None = None
    tags: Sequence[str] = ()
    verdicts: Sequence[PromptVerdict] = ()

    @property
    def label(self) -> str:
        """What a line calls it."""
        return "the file" if self.hash is None else self.hash[:SHOWN_DIGITS]


def version_title(version: VersionLine, page: Page) -> str:
    """Return one line: hash, time, author and tags."""
    parts = [page.paint(version.label, "cyan")]
    if version.when is not None:
        parts.append(minute(version.when))
    if version.author:
        parts.append(page.clip(page.line(version.author), _AUTHOR))
    if version.tags:
        names = ", ".join(map(page.line, version.tags))
        parts.append(page.paint(f"({names})", "yellow"))
    return "  ".join(parts)


def minute(when: datetime) -> str:
    """Return a time in UTC, to the minute."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M}"


def verdict_lines(verdicts: Iterable[PromptVerdict], page: Page) -> list[str]:
    """Return a line a verdict, with the experiments that came to it, the newest first.

    Args:
        verdicts: Of one commit, the newest first.
        page: Where it goes.
    """
    names: dict[str, dict[str, None]] = {}
    for verdict in verdicts:
        name = page.line(verdict.experiment)
        if verdict.matched:
            name = f"{name} (matched)"
        names.setdefault(verdict.verdict, {})[name] = None
    lines: list[str] = []
    for word, experiments in names.items():
        sign, style = _SIGNS.get(word, ("dot", ""))
        text = f"{getattr(page.signs, sign)} {word}: {page.named(list(experiments), _EXPERIMENTS)}"
        lines += page.wrapped(text, style)
    return lines
