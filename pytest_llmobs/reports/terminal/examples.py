"""The examples that deserve a line: broken ones in detail, grouped by what changed; others by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pytest_llmobs.records.decisions import ExampleState
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.commands import show_command
from pytest_llmobs.reports.digest.examples import ExampleCount, ExampleGroup, ExamplesDigest, ListedExamples
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.terminal.example_details import Above, blocks, example_lines
from pytest_llmobs.reports.text.page import Page, bound, indent
from pytest_llmobs.wording import count

MOST_EXAMPLES = 10
"""Examples shown in detail, unless everything is asked for."""
MOST_SHARED = 14
"""Lines of a change that several examples share."""
_NAMES = 8
_NAME_WIDTH = 40
_TITLES: Mapping[tuple[ExampleState, bool], str] = {
    ("broken", True): "{} broke",
    ("suspect", True): "{} failed and could not be cleared by running again",
    ("suspect", False): "{} suspect: always passed, fails now, not often enough to call it broken",
    ("dropped", True): "{} with the largest drops",
}
_MEANINGS: Mapping[ExampleState, str] = {
    "flaky": "failed, then passed when run again",
    "known": "failed now and in the baseline",
    "fixed": "failed in the baseline, passed now",
    "new": "not in the baseline",
    "removed": "in the baseline, no longer in the dataset: counts as missing",
    "edited": "changed since the baseline: no longer comparable, counts as missing",
}
"""What a state means whose examples need no details."""


def example_section(digest: Digest, page: Page, context: Context) -> list[str]:
    """Return the lines on broken and suspect examples, then one item for each other state."""
    examples = digest.examples
    lines = list(_titles(examples, page))
    lines += _details(digest, page, context)
    states: list[str] = []
    for listed in examples.listed:
        text = _listed(listed, page, bound(_NAMES, context.everything))
        states += page.item(text, mark=page.signs.dot, style="dim")
    if lines and states:
        lines.append("")
    return lines + states


def title(counted: ExampleCount) -> str:
    """Return how many examples broke, are suspect, dropped: ``2 examples broke``."""
    examples = count(counted.number, "example")
    text = _TITLES.get((counted.state, counted.red))
    if text is None:
        return f"{examples} {counted.state}"
    return text.format(examples)


def _titles(examples: ExamplesDigest, page: Page) -> Iterator[str]:
    """Yield an item for each state, followed by what most comments of its examples say."""
    remarked: set[ExampleState] = set()
    for counted in examples.counts:
        mark, style = "!", "yellow"
        if counted.red:
            mark, style = page.signs.cross, "red"
        yield from page.item(title(counted), mark=mark, style=style)
        # red and other suspects share their remarks
        if counted.state not in remarked:
            remarked.add(counted.state)
            for remark in examples.remarks.get(counted.state, ()):
                yield from page.item(remark, mark=" ", style="dim")


def _listed(listed: ListedExamples, page: Page, most: int | None) -> str:
    names = []
    for _, example_id in listed.examples:
        names.append(page.clip_middle(page.line(example_id), _NAME_WIDTH))
    return f"{len(names):,} {listed.state} ({_MEANINGS[listed.state]}): {page.named(names, most)}"


def _details(digest: Digest, page: Page, context: Context) -> Iterator[str]:
    examples = digest.examples
    number = len(examples.detailed)
    if examples.common_changes:
        yield from ("", page.paint(f"  same change in all {number:,} examples", "bold"))
        yield from indent(blocks(examples.common_changes, page, MOST_SHARED, context))
    most = MOST_EXAMPLES
    if context.everything:
        most = number
    above = _above(examples)
    sizes = [len(group.examples) for group in examples.groups]
    for group, share in zip(examples.groups, shares(sizes, most), strict=True):
        if share:
            yield ""
            yield from indent(_group(group, share, above, page, context))
    if number > most:
        command = show_command(digest.experiment.name, context, "--all")
        yield from ("", f"  {page.signs.ellipsis} {number - most:,} more: {command}")


def _above(examples: ExamplesDigest) -> Above:
    """Return what was said above all groups."""
    remarks: set[str] = set()
    for lines in examples.remarks.values():
        remarks.update(lines)
    suites = {example.suite for example in examples.detailed}
    return Above(examples.common_changes, remarks, len(suites) > 1)


def _group(group: ExampleGroup, share: int, above: Above, page: Page, context: Context) -> Iterator[str]:
    number = len(group.examples)
    if group.changes:
        shared = f"same change in {number:,} examples"
        if number == 1:
            shared = "what changed"
        yield page.paint(shared, "bold")
        yield from blocks(group.changes, page, MOST_SHARED, context)
        yield ""
    above = above.and_changes(group.changes)
    for place, example in enumerate(group.examples[:share]):
        has_own = not set(example.changes) <= set(above.changes)
        # examples without changes of their own stay close together, as one list
        if place and has_own:
            yield ""
        yield from example_lines(example, above, page, context)
    if group.changes and number > share:
        more = f"{page.signs.ellipsis} and {count(number - share, 'more example')}"
        yield page.paint(more, "dim")


def shares(sizes: Sequence[int], most: int) -> list[int]:
    """Deal ``most`` places to groups of these sizes, one place a round, the first group first."""
    # in turns: one change that hit hundreds must not push all other kinds of failure out of sight
    dealt = [0] * len(sizes)
    while most > 0 and dealt != list(sizes):
        for number, size in enumerate(sizes):
            if dealt[number] < size and most > 0:
                dealt[number] += 1
                most -= 1
    return dealt
