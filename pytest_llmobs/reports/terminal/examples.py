"""The examples that deserve a line: broken ones in detail, grouped by what changed; others by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_llmobs.records.decisions import ExampleState
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.base import Context
from pytest_llmobs.reports.cases import Case, Group, cases, common_changes, groups, shared_remarks, shares
from pytest_llmobs.reports.next_commands import show
from pytest_llmobs.reports.terminal.example_details import Told, blocks, case_lines
from pytest_llmobs.reports.text.page import Page, indent
from pytest_llmobs.wording import count

MOST_EXAMPLES = 10
"""Examples shown in detail, unless everything is asked for."""
MOST_SHARED = 14
"""Lines of a change that several examples share."""
_NAMES = 8
_TITLES: Mapping[tuple[ExampleState, bool], str] = {
    ("broken", True): "{} broke",
    ("suspect", True): "{} failed and could not be cleared by running again",
    ("suspect", False): "{} suspect: always passed, fails now, not often enough to call it broken",
    ("dropped", True): "{} with the largest drops",
}
STATES: Mapping[ExampleState, tuple[str, str]] = {
    "flaky": ("flaky", "failed, then passed when run again"),
    "known": ("known", "failed now and in the baseline"),
    "fixed": ("fixed", "failed in the baseline, passed now"),
    "new": ("new", "not in the baseline"),
    "removed": ("removed", "in the baseline, no longer in the dataset: counts as missing"),
    "edited": ("edited", "changed since the baseline: no longer comparable, counts as missing"),
}
"""State of an example that needs no details -> its name and what it means."""


@dataclass(frozen=True)
class Title:
    """How many examples are in one state."""

    state: ExampleState
    red: bool
    text: str


def example_section(experiment: Experiment, page: Page, context: Context) -> list[str]:
    """Return the lines on broken and suspect examples, then one item for each other state."""
    listed = cases(experiment)
    lines: list[str] = []
    shared = shared_remarks(listed)
    for title in titles(listed):
        mark, style = (page.signs.cross, "red") if title.red else ("!", "yellow")
        lines += page.item(title.text, mark=mark, style=style)
        for remark in shared.pop(title.state, ()):
            lines += page.item(remark, mark=" ", style="dim")
    told = [line for remarks in shared_remarks(listed).values() for line in remarks]
    lines += _details(listed, told, experiment, page, context)
    states = [
        line
        for text in other_states(experiment, page, everything=context.everything)
        for line in page.item(text, mark=page.signs.dot, style="dim")
    ]
    return lines + ([""] if lines and states else []) + states


def titles(listed: Sequence[Case]) -> Iterator[Title]:
    """Yield how many examples broke, are suspect, dropped."""
    counted = Counter((case.state, case.red) for case in listed)
    for (state, red), text in _TITLES.items():
        if number := counted.pop((state, red), 0):
            yield Title(state, red, text.format(count(number, "example")))
    for (state, red), number in counted.items():
        yield Title(state, red, f"{count(number, 'example')} {state}")


def other_states(experiment: Experiment, page: Page, *, everything: bool = False) -> Iterator[str]:
    """Yield one text for each state that needs no details, with the names of its examples."""
    for state, (title, meaning) in STATES.items():
        rows = [row for row in experiment.decision.examples if row.state == state and not row.red]
        names = list(dict.fromkeys((row.suite, row.example_id) for row in rows))
        shown = names if everything else names[:_NAMES]
        listed = ", ".join(page.clip_middle(page.line(example_id), 40) for _, example_id in shown)
        more = f", {page.signs.ellipsis} {len(names) - len(shown):,} more" if len(names) > len(shown) else ""
        if names:
            yield f"{len(names):,} {title} ({meaning}): {listed}{more}"


def _details(
    listed: Sequence[Case], told: Collection[str], experiment: Experiment, page: Page, context: Context
) -> Iterator[str]:
    common = common_changes(listed)
    grouped = groups(listed, common)
    if common:
        yield from ("", page.paint(f"  same change in all {len(listed):,} examples", "bold"))
        yield from indent(list(blocks(common, page, MOST_SHARED, context)))
    most = len(listed) if context.everything else MOST_EXAMPLES
    several = len({case.suite for case in listed}) > 1
    for group, share in zip(grouped, shares([len(group.cases) for group in grouped], most), strict=True):
        if share:
            yield ""
            yield from indent(list(_group(group, share, Told(common, told, several), page, context)))
    if len(listed) > most:
        command = show(experiment.name, context, "--all")
        yield from ("", f"  {page.signs.ellipsis} {len(listed) - most:,} more: {command}")


def _group(group: Group, share: int, told: Told, page: Page, context: Context) -> Iterator[str]:
    if group.changes:
        alone = len(group.cases) == 1
        yield page.paint("what changed" if alone else f"same change in {len(group.cases):,} examples", "bold")
        yield from blocks(group.changes, page, MOST_SHARED, context)
        yield ""
    told = replace(told, changes=(*told.changes, *group.changes))
    for number, case in enumerate(group.cases[:share]):
        if number and set(case.changes) - set(told.changes):
            yield ""
        yield from case_lines(case, told, page, context)
    if group.changes and len(group.cases) > share:
        yield page.paint(
            f"{page.signs.ellipsis} and {count(len(group.cases) - share, 'more example')}", "dim"
        )
