"""The worst examples in two lines each, below the change that most of them share: what a first look needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import chain

from pytest_llmobs.records.decisions import ExampleRow
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.commands import show_command
from pytest_llmobs.reports.digest.examples import ExampleDetail, ExamplesDigest
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.terminal.example_details import example_name, outcome, remarks, sign, style
from pytest_llmobs.reports.text.diffs import added_line, change_lines
from pytest_llmobs.reports.text.page import Page, indent
from pytest_llmobs.wording import count

WORST = 3
"""Examples shown however full the screen is."""
MOST = 5
"""Examples shown where there is room for them, the shared change not cut shorter."""
FEWEST_LINES = 6
"""Lines of the shared change that are shown, however full the screen is."""
_NOTED = ("broken", "suspect", "drifted")
"""States of examples whose comments begin with a line of the gate."""


def worst_examples(digest: Digest, page: Page, context: Context, room: int) -> list[str]:
    """Return the change that most examples share, then the worst ones, then how to see all.

    Args:
        digest: Of a finished experiment.
        page: Where it goes.
        context: How the session was started.
        room: Lines there are for all of it. The examples take theirs first; the change gets what is left, but no
            fewer than ``FEWEST_LINES``.
    """
    examples = digest.examples
    number = len(examples.detailed)
    if not number:
        return []
    # the change takes some lines, and how to see all is one
    least = min(len(list(_change(examples, page, FEWEST_LINES))), FEWEST_LINES) + 1
    told = _fitting(list(_worst(examples, page)), room - least)
    shown = len(told)
    worst = list(chain.from_iterable(told))
    if number > shown or _leaves_out(examples):
        command = show_command(digest.experiment.name, context, "--all")
        worst.append(f"  {page.signs.ellipsis} {count(number, 'example')}, uncut: {command}")
    return [*_change(examples, page, max(room - len(worst), FEWEST_LINES)), *worst]


def _fitting(told: list[list[str]], room: int) -> list[list[str]]:
    """Return the lines of as many examples as there is room for, ``WORST`` at least.

    Those beyond that are worth more than what each answered: the answers go first, from the last one on.
    """
    while len(told) > WORST:
        answers = max(room - len(told), 0)
        if len(told) <= room:
            return [*told[:answers], *(lines[:1] for lines in told[answers:])]
        told = told[:-1]
    return told


def _leaves_out(examples: ExamplesDigest) -> bool:
    """Tell whether an example has more than its first row and the shared change."""
    shared, _ = _shared_change(examples)
    for example in examples.detailed:
        if len(example.rows) > 1 or set(example.changes) - set(shared):
            return True
    return False


def _shared_change(examples: ExamplesDigest) -> tuple[tuple[str, ...], int]:
    """Return the blocks of changes that the most examples share, and how many examples these are."""
    if examples.common_changes:
        return examples.common_changes, len(examples.detailed)
    for group in examples.groups:
        if group.changes:
            return group.changes, len(group.examples)
    return examples.detailed[0].changes, 1


def _change(examples: ExamplesDigest, page: Page, room: int) -> Iterator[str]:
    changes, number = _shared_change(examples)
    if not changes:
        return
    lines: list[str] = []
    for block in changes:
        lines += change_lines(block, page, page.width - 4, max(room - 1 - len(lines), 2))
    yield page.paint(page.clip(f"  {_change_title(examples, number, page)}", page.width), "bold")
    # the first block explains most, so that what there is no room for is cut from the end
    yield from indent(lines[: room - 1], 4)


def _change_title(examples: ExamplesDigest, number: int, page: Page) -> str:
    every = len(examples.detailed)
    if number == 1:
        return f"what changed for {example_name(examples.detailed[0], examples, page)}"
    if number == every:
        return f"same change in all {every:,} examples"
    return f"same change in {number:,} of {every:,} examples"


def _worst(examples: ExamplesDigest, page: Page) -> Iterator[list[str]]:
    """Yield the lines of each of the worst examples: what failed, and what it answered."""
    said: set[str] = set()
    for lines in examples.remarks.values():
        said.update(lines)
    shown_above, _ = _shared_change(examples)
    for example in examples.detailed[:MOST]:
        first = example.rows[0]
        scores = f"{page.line(first.metric)} {outcome(first, page)}"
        text = f"{sign(example.state, page)} {example_name(example, examples, page)}  {scores}".rstrip()
        reason = page.line(_reason(first, said))
        if reason:
            text = f"{text}: {reason}"
        lines = [page.paint(page.clip(f"  {text}", page.width), style(example))]
        new_line = _new_line(example, shown_above)
        if new_line:
            lines.append(page.paint(page.clip(f"    + {page.line(new_line)}", page.width), "dim"))
        yield lines


def _reason(row: ExampleRow, said: Collection[str]) -> str:
    """Return why a row is there: first what failed, since a line holds little, then what the gate says of it."""
    note, line_break, failure = row.comment.strip().partition("\n")
    if not line_break or row.state not in _NOTED or note in said:
        return remarks(row, said)
    return "; ".join(filter(None, (remarks(replace(row, comment=failure), said), note)))


def _new_line(example: ExampleDetail, shown_above: Collection[str]) -> str:
    """Return the first new line of the last change that an example has alone: of its output, where that changed."""
    for change in reversed(example.changes):
        if change not in shown_above:
            return added_line(change)
    return ""
