"""What changed since the baseline: what examples share once, then what each has alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_llmobs.records.prompt_uses import shown_uses
from pytest_llmobs.reports.digest.examples import ExamplesDigest
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.markdown.inert import code, cut_lines, fenced, prose
from pytest_llmobs.reports.markdown.room import blocks, fitting
from pytest_llmobs.reports.text.diffs import change_lines
from pytest_llmobs.reports.text.page import Page

_CELLS = 100
"""Cells of a line, within which two versions of it are shown around what differs."""
_LONGEST_LINE = 200
_MOST_LINES = 40
_MOST_GROUPS = 3
_FENCE = 60
"""Characters that a fence takes beside its lines."""

Shared = tuple[str, tuple[str, ...]]
"""What examples share, and how many of them."""


def changes_section(digest: Digest, page: Page, room: int) -> str:
    """Return what changed for most examples as a diff; without any, the prompts that have other commits."""
    shared = shared_changes(digest.examples)
    parts = []
    for title, changes in shared:
        # each has its share; the title's stars and the empty lines around it take a little
        share = room // len(shared) - len(title) - 20
        parts.append(f"**{title}**\n\n{change_block(changes, page, share)}")
    if not parts:
        parts.append(fitting(list(_prompts(digest, page)), room, "prompt"))
    return blocks(parts)


def shared_changes(examples: ExamplesDigest) -> list[Shared]:
    """Return what all detailed examples share, or the largest groups of them; of a single example all."""
    detailed = examples.detailed
    if len(detailed) == 1 and detailed[0].changes:
        return [("What changed", detailed[0].changes)]
    shared: list[Shared] = []
    if examples.common_changes:
        shared.append((f"What changed for all {len(detailed):,} examples", examples.common_changes))
    for group in examples.groups[:_MOST_GROUPS]:
        if group.changes:
            number = f"{len(group.examples):,} of {len(detailed):,}"
            shared.append((f"What changed for {number} examples", group.changes))
    return shared


def change_block(changes: Sequence[str], page: Page, room: int) -> str:
    """Return blocks of changes as one diff that is coloured; lines that didn't change are cut first."""
    lines: list[str] = []
    for change in changes:
        # a later block gets two lines at least: that there is one says something already
        most = max(_MOST_LINES - len(lines), 2)
        lines += cut_lines(change_lines(change, page, _CELLS, most), _LONGEST_LINE)
    # a diff ends with context, which may be empty lines
    while lines and not lines[-1].strip():
        lines.pop()
    body = fitting(lines, room - _FENCE, "line", mark="  ")
    if not body:
        return ""
    return fenced(body.split("\n"), "diff")


def _prompts(digest: Digest, page: Page) -> Iterator[str]:
    """Yield a line for each prompt of which another commit is used."""
    lines: dict[str, None] = {}
    for change in digest.experiment.decision.prompts:
        line = f"- prompt {code(change.name, page)}: {_commit(change.before, page)} → {_commit(change.after, page)}"
        if change.description:
            line = f"{line}, {prose(change.description, page)}"
        lines[line] = None
    yield from lines


def _commit(written: str, page: Page) -> str:
    if not written:
        return "none"
    return code(shown_uses(written), page)
