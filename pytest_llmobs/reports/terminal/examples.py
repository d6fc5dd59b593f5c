"""The examples that deserve a line: broken ones in detail, grouped by what changed; others by name.

A first look gets the worst of them alone; ``worst_examples`` draws these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pytest_llmobs.records.decisions import ExampleState
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.examples import ExampleCount, ExampleGroup, ExamplesDigest, ListedExamples
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.terminal.example_details import Above, blocks, example_lines
from pytest_llmobs.reports.terminal.extent import Extent, extent_of
from pytest_llmobs.reports.terminal.worst_examples import worst_examples
from pytest_llmobs.reports.text.metric_words import FAILS_ALIKE, not_compared
from pytest_llmobs.reports.text.page import Page, bound, indent
from pytest_llmobs.reports.text.short_names import short_example
from pytest_llmobs.wording import count

_NAMES = 8
_REMARKS = 3
"""Lines shared by the examples of a state that are shown, and about how many lines of the page each takes."""
_NAME_WIDTH = 40
_TITLES: Mapping[tuple[ExampleState, bool], str] = {
    ("broken", True): "{} broke",
    ("suspect", True): "{} failed and could not be cleared by running again",
    ("suspect", False): "{} suspect: failed now, not proved to be broken",
    ("drifted", True): "{} drifted: the accepted code fails alike today",
    ("drifted", False): f"{{}} drifted: {FAILS_ALIKE}",
    ("dropped", True): "{} with the largest drops",
    ("dropped", False): "{} with the largest drops",
}
_MEANINGS: Mapping[ExampleState, str] = {
    "flaky": "passed in the baseline, failed at least once now",
    "known": "failed now and in the baseline",
    "fixed": "failed in the baseline, passed now",
}
"""What a state means whose examples need no details; of those that the baseline lacks a note of the gate says it."""


def example_section(digest: Digest, page: Page, context: Context, room: int) -> list[str]:
    """Return the lines on broken and suspect examples, then one item for each other state.

    Args:
        digest: Of a finished experiment.
        page: Where it goes.
        context: Says whether everything is asked for: all examples with all that is known of them.
        room: Lines there are, where it isn't.
    """
    examples = digest.examples
    extent = extent_of(digest, context)
    lines = [*_titles(digest, page, extent), *_not_compared(digest, page)]
    states = list(_states(digest, page, extent))
    if extent is Extent.EVERYTHING:
        lines += _details(examples, page, context)
        if lines and states:
            lines.append("")
        return lines + states
    room -= len(lines) + len(states)
    return [*lines, *worst_examples(digest, page, context, room), *states]


def _states(digest: Digest, page: Page, extent: Extent) -> Iterator[str]:
    several = len(digest.metrics.suites) > 1
    for listed in digest.examples.listed:
        text = _listed(listed, page, bound(_NAMES, extent is Extent.EVERYTHING), several)
        yield from extent.item(text, page, mark=page.signs.dot, style="dim")


def title(counted: ExampleCount) -> str:
    """Return how many examples broke, are suspect, dropped: ``2 examples broke``."""
    examples = count(counted.number, "example")
    text = _TITLES.get((counted.state, counted.red))
    if text is None:
        return f"{examples} {counted.state}"
    return text.format(examples)


def _titles(digest: Digest, page: Page, extent: Extent) -> Iterator[str]:
    """Yield an item for each state, followed by what most comments of its examples say."""
    examples = digest.examples
    remarked: set[ExampleState] = set()
    said: set[str] = set()
    drift_is_said = any(row.verdict == "DRIFTED" for row in digest.experiment.decision.metrics)
    for counted in examples.counts:
        mark, style = "!", "yellow"
        if counted.red:
            mark, style = page.signs.cross, "red"
        text = title(counted)
        if counted.state == "drifted" and drift_is_said:  # the metric's note has said what that means
            text = f"{count(counted.number, 'example')} drifted"
        yield from page.item(text, mark=mark, style=style)
        # red and other suspects share their remarks
        if counted.state not in remarked:
            remarked.add(counted.state)
            remarks = [text for text in examples.remarks.get(counted.state, ()) if text not in said]
            said.update(remarks)
            yield from _remarks(remarks, page, extent)


def _remarks(remarks: Sequence[str], page: Page, extent: Extent) -> Iterator[str]:
    """Yield what examples share: it may be all of a traceback, and the examples are still to come."""
    most = bound(_REMARKS, extent is Extent.EVERYTHING)
    for remark in remarks[:most]:
        # cut before it is laid out: it may be megabytes
        text = remark if most is None else page.clip(remark, most * page.width)
        yield from page.item(text, mark=" ", style="dim")
    if most is not None and len(remarks) > most:
        text = f"{page.signs.ellipsis} {count(len(remarks) - most, 'more line')}"
        yield from page.item(text, mark=" ", style="dim")


def _not_compared(digest: Digest, page: Page) -> Iterator[str]:
    """Yield why examples are not compared with the accepted code today, unless a metric has said so."""
    for note in digest.examples_not_compared:
        yield from page.item(not_compared(note), mark=" ", style="dim")


def _listed(listed: ListedExamples, page: Page, most: int | None, several: bool) -> str:
    names = []
    for suite, example_id in listed.examples:
        name = page.line(short_example(suite, example_id, several=several))
        names.append(page.clip_middle(name, _NAME_WIDTH))
    meaning = f" ({_MEANINGS[listed.state]})" if listed.state in _MEANINGS else ""
    return f"{len(names):,} {listed.state}{meaning}: {page.named(names, most)}"


def _details(examples: ExamplesDigest, page: Page, context: Context) -> Iterator[str]:
    if examples.common_changes:
        number = len(examples.detailed)
        yield from ("", page.paint(f"  same change in all {number:,} examples", "bold"))
        yield from indent(blocks(examples.common_changes, page))
    above = _above(examples)
    for group in examples.groups:
        yield ""
        yield from indent(_group(group, above, page, context))


def _above(examples: ExamplesDigest) -> Above:
    """Return what was said above all groups."""
    remarks: set[str] = set()
    for lines in examples.remarks.values():
        remarks.update(lines)
    suites = {example.suite for example in examples.detailed}
    return Above(examples.common_changes, remarks, len(suites) > 1)


def _group(group: ExampleGroup, above: Above, page: Page, context: Context) -> Iterator[str]:
    number = len(group.examples)
    if group.changes:
        shared = f"same change in {number:,} examples"
        if number == 1:
            shared = "what changed"
        yield page.paint(shared, "bold")
        yield from blocks(group.changes, page)
        yield ""
    above = above.and_changes(group.changes)
    for place, example in enumerate(group.examples):
        has_own = not set(example.changes) <= set(above.changes)
        # examples without changes of their own stay close together, as one list
        if place and has_own:
            yield ""
        yield from example_lines(example, above, page, context)
