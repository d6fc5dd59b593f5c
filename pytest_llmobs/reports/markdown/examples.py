"""The examples: how many broke, the worst ones folded, the others by name, and those of quieter states."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from operator import attrgetter

from pytest_llmobs.records.decisions import ExampleRow
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.commands import show_command
from pytest_llmobs.reports.digest.examples import ExampleDetail, ExamplesDigest, ListedExamples
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.markdown.changes import change_block, shared_changes
from pytest_llmobs.reports.markdown.inert import code, fenced, items, names, prose
from pytest_llmobs.reports.markdown.room import blocks, fitting
from pytest_llmobs.reports.terminal.example_details import outcome, remarks, sign
from pytest_llmobs.reports.terminal.examples import title
from pytest_llmobs.reports.text.metric_words import not_compared
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.short_names import short_example
from pytest_llmobs.wording import count

_FOLDED = 10
"""Examples with details; more are named."""
_NAMED = 30
_LONGEST_NAME = 80
_REASON = 160
"""Characters of a reason in the line that stays visible."""
_LONGEST_REASON = 250
"""The same in the fold."""
_REMARKS = 4_000
"""Characters that what examples share may take: all of a traceback, it may be."""
_SCORES = 2_000
_CHANGES = 2_500
"""Characters that the scores and the changes of one example may take."""


def examples_section(digest: Digest, page: Page, context: Context, room: int) -> str:
    """Return how many examples need a look, then the worst ones, folded, as many as there is room for."""
    examples = digest.examples
    if not examples.detailed:
        return ""
    several = len(set(map(attrgetter("suite"), examples.detailed))) > 1
    above = _said_above(examples)
    uncompared = map(not_compared, digest.examples_not_compared)
    remarks = fitting(items([*uncompared, *sorted(above.remarks)], page), _REMARKS, "line")
    heading = blocks([f"**{', '.join(map(title, examples.counts))}**", remarks])
    others = _others(examples.detailed[_FOLDED:], digest, context, page)
    # the names of the others come first: an example that is neither shown nor named would be lost
    room -= len(heading) + len(others) + len("\n\n" * 2)
    parts = []
    for example in examples.detailed[:_FOLDED]:
        parts.append(_folded(example, above, page, context, several=several))
    return blocks([heading, fitting(parts, room, "example", mark="", joint="\n\n"), others])


def states_section(digest: Digest, page: Page, room: int) -> str:
    """Return the examples that need no details, an item a state."""
    items = []
    several = len(digest.metrics.suites) > 1
    for listed in digest.examples.listed:
        items.append(f"- {_listed(listed, page, several=several)}")
    return fitting(items, room, "state")


def _listed(listed: ListedExamples, page: Page, *, several: bool) -> str:
    named = []
    for suite, example_id in listed.examples:
        named.append(short_example(suite, example_id, several=several))
    return f"{len(named):,} {listed.state}: {names(named, page, _NAMED, _LONGEST_NAME)}"


@dataclass(frozen=True)
class _Above:
    """What the report tells of once for all."""

    changes: Set[str]
    remarks: Set[str]
    """Lines of reasons."""


def _said_above(examples: ExamplesDigest) -> _Above:
    changes: set[str] = set()
    for _, shared in shared_changes(examples):
        changes.update(shared)
    remarks: set[str] = set()
    for lines in examples.remarks.values():
        remarks.update(lines)
    return _Above(changes, remarks)


def _folded(example: ExampleDetail, above: _Above, page: Page, context: Context, *, several: bool) -> str:
    name = code(short_example(example.suite, example.example_id, several=several), page, _LONGEST_NAME)
    summary = f"{sign(example.state, page)} {name} · {_row(example.rows[0], above, page, _REASON)}"
    own = [change for change in example.changes if change not in above.changes]
    command = ""
    if example.run_id:
        command = fenced([page.text(show_command(example.run_id, context))], "sh")
    parts = [
        f"<details><summary>{summary}</summary>",
        fitting(_scores(example, above, page), _SCORES, "metric"),
        change_block(own, page, _CHANGES) if own else "",
        command,
        "</details>",
    ]
    return blocks(parts)


def _scores(example: ExampleDetail, above: _Above, page: Page) -> Sequence[str]:
    lines = []
    for row in example.rows:
        lines.append(f"- {sign(row.state, page)} {_row(row, above, page, _LONGEST_REASON)}")
    return lines


def _row(row: ExampleRow, above: _Above, page: Page, most: int) -> str:
    """Return a row's metric, its scores then and now, and why."""
    text = f"{code(row.metric, page, _LONGEST_NAME)} {prose(outcome(row, page), page)}".rstrip()
    lines = remarks(row, above.remarks).split("\n")
    reason = prose("; ".join(filter(None, map(str.strip, lines))), page, most)
    if reason:
        return f"{text}: {reason}"
    return text


def _others(examples: Sequence[ExampleDetail], digest: Digest, context: Context, page: Page) -> str:
    if not examples:
        return ""
    named = names(list(map(attrgetter("example_id"), examples)), page, _NAMED, _LONGEST_NAME)
    command = fenced([page.text(show_command(digest.experiment.name, context, "--all"))], "sh")
    return f"{count(len(examples), 'more example')}: {named}\n\n{command}"
