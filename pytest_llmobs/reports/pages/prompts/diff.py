"""Two versions of a prompt, message by message and word by word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmobs.reports.pages.prompts.log import variable_words
from pytest_llmobs.reports.pages.prompts.versions import VersionLine, verdict_lines, version_title
from pytest_llmobs.reports.text.page import Page, indent
from pytest_llmobs.reports.text.word_diff import word_segments
from pytest_llmobs.reports.text.word_diff_lines import word_diff_lines

if TYPE_CHECKING:
    from pytest_llmobs.prompts.history.differences import ContentDifference, PassageChange


def diff_page(
    before: VersionLine | None,
    after: VersionLine,
    difference: ContentDifference,
    page: Page,
    *,
    everything: bool = False,
) -> list[str]:
    """Return both versions with their experiments, the variables that came and went, and the texts.

    Args:
        before: None where the other is the first.
        after: The other.
        difference: Of their contents.
        page: Where it goes.
        everything: Show long unchanged parts whole.
    """
    lines = ["- nothing: there is no version before"] if before is None else _version("-", before, page)
    lines += _version("+", after, page)
    variables = variable_words(difference.variables_added, difference.variables_removed, page)
    if variables:
        lines += page.wrapped(f"variables: {variables}")
    if difference.kinds[0] != difference.kinds[1]:
        lines.append(f"kind: {difference.kinds[0]} {page.signs.to} {difference.kinds[1]}")
    lines.append("")
    if difference.is_none:
        return [*lines, "the same text"]
    return [*lines, *_messages(difference, page, everything)]


def _version(sign: str, version: VersionLine, page: Page) -> list[str]:
    lines = [f"{sign} {version_title(version, page)}"]
    narrow = replace(page, width=page.width - 4)
    if version.description:
        lines += indent(narrow.wrapped(version.description), 4)
    return lines + indent(verdict_lines(version.verdicts, narrow), 4)


def _messages(difference: ContentDifference, page: Page, everything: bool) -> Iterator[str]:
    for number, change in enumerate(difference.messages, 1):
        title = _title(change, number, page)
        if title:
            yield page.paint(title, "bold")
        if change.state != "same":
            segments = word_segments(*change.texts)
            yield from word_diff_lines(segments, page, page.width, everything=everything)


def _title(change: PassageChange, number: int, page: Page) -> str:
    """Return what tells one message from the others; nothing for a prompt that is one text before and after."""
    then, now = change.before, change.after
    roles: list[str] = []
    for passage in (then, now):
        if passage is not None:
            roles.append(page.line(passage.role or "text"))
    if set(roles) == {"text"} and then and now:
        return ""
    role = f" {page.signs.to} ".join(dict.fromkeys(roles))
    words = {"same": ": unchanged", "added": ": added", "removed": ": removed"}
    return f"message {number} ({role}){words.get(change.state, '')}"
