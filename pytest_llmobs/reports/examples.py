"""The examples that deserve a line: broken ones in detail, grouped by what changed; others by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pytest_llmobs.records.experiments import ExampleRow, ExampleState, Experiment
from pytest_llmobs.reports import cells, figures
from pytest_llmobs.reports.base import Context
from pytest_llmobs.reports.cases import Case, Group, cases, common_changes, groups, mean, shares
from pytest_llmobs.reports.changes import change_lines
from pytest_llmobs.reports.commands import show
from pytest_llmobs.reports.page import Page, indent

MOST_EXAMPLES = 10
"""Examples shown in detail, unless everything is asked for."""
MOST_SHARED, MOST_OWN = 14, 8
"""Lines of a change that examples share, and of one that an example has alone."""
_COMMENT_LINES = 4
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


def example_section(experiment: Experiment, page: Page, context: Context) -> list[str]:
    """Return the lines on broken and suspect examples, then one item for each other state."""
    listed = cases(experiment)
    lines: list[str] = []
    for red, title in titles(listed):
        mark, style = (page.signs.cross, "red") if red else ("!", "yellow")
        lines += page.item(title, mark=mark, style=style)
    lines += _details(listed, experiment, page, context)
    states = [
        line
        for text in other_states(experiment, page, everything=context.everything)
        for line in page.item(text, mark=page.signs.dot, style="dim")
    ]
    return lines + ([""] if lines and states else []) + states


def outcome(row: ExampleRow, page: Page) -> str:
    """Return a row's scores then and now: ``5/5 → 0/6`` where all are 0 or 1, else means: ``0.92 → 0.31``."""
    sides = [values for values in (row.baseline, row.candidate) if values]
    binary = all(value in (0.0, 1.0, None) for values in sides for value in values)
    return f" {page.signs.to} ".join(_passed(values) if binary else _mean(values) for values in sides)


def _passed(values: Sequence[float | None]) -> str:
    return f"{sum(value == 1.0 for value in values)}/{len(values)}" + _unscored(values)


def _mean(values: Sequence[float | None]) -> str:
    return (figures.rate(mean(values)) or "-") + _unscored(values)


def _unscored(values: Sequence[float | None]) -> str:
    missing = sum(value is None for value in values)
    return f" ({missing} unscored)" if missing else ""


def titles(listed: Sequence[Case]) -> Iterator[tuple[bool, str]]:
    """Yield how many examples broke, are suspect, dropped: whether that is red, and the words."""
    counted = Counter((case.state, case.red) for case in listed)
    for (state, red), text in _TITLES.items():
        if number := counted.pop((state, red), 0):
            yield red, text.format(figures.count(number, "example"))
    if others := sum(counted.values()):
        yield False, f"{figures.count(others, 'example')} to look at"


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


def _details(listed: Sequence[Case], experiment: Experiment, page: Page, context: Context) -> Iterator[str]:
    common = common_changes(listed)
    grouped = groups(listed, common)
    if common:
        yield from ("", page.paint(f"  same change in all {len(listed):,} examples", "bold"))
        yield from indent(list(_blocks(common, page, context, MOST_SHARED)))
    most = len(listed) if context.everything else MOST_EXAMPLES
    several = len({case.suite for case in listed}) > 1
    for group, share in zip(grouped, shares([len(group.cases) for group in grouped], most), strict=True):
        if share:
            yield ""
            yield from indent(list(_group(group, share, common, several, page, context)))
    if len(listed) > most:
        command = show(experiment.name, context, "--all")
        yield from ("", f"  {page.signs.ellipsis} {len(listed) - most:,} more: {command}")


def _group(
    group: Group, share: int, common: Sequence[str], several: bool, page: Page, context: Context
) -> Iterator[str]:
    if group.changes:
        alone = len(group.cases) == 1
        yield page.paint("what changed" if alone else f"same change in {len(group.cases):,} examples", "bold")
        yield from _blocks(group.changes, page, context, MOST_SHARED)
        yield ""
    for number, case in enumerate(group.cases[:share]):
        own = [block for block in case.changes if block not in group.changes and block not in common]
        if number and own:
            yield ""
        yield from _case(case, own, several, page, context)
    if len(group.cases) > share:
        yield page.paint(f"{page.signs.ellipsis} and {len(group.cases) - share:,} more examples", "dim")


def _blocks(changes: Sequence[str], page: Page, context: Context, most: int | None) -> Iterator[str]:
    for block in changes:
        most = None if context.everything else most
        yield from indent(change_lines(block, page, page.width - 6, most))


def _case(case: Case, own: Sequence[str], several: bool, page: Page, context: Context) -> Iterator[str]:
    name = f"{case.suite.rpartition('::')[2]}[{case.example_id}]" if several else case.example_id
    sign = {"broken": page.signs.cross, "dropped": page.signs.down}.get(case.state, "!")
    style = "red" if case.red else "yellow"
    yield page.paint(f"{sign} {page.clip_middle(page.line(name), page.width - 4)}", style)
    metric_width = min(max(cells.width(row.metric) for row in case.rows), 24)
    for row in case.rows:
        metric = cells.pad(page.clip_middle(page.line(row.metric), metric_width), metric_width)
        yield f"    {metric}  {outcome(row, page)}" + ("" if row.red == case.red else f"  ({row.state})")
    yield from _comments(case, page, context)
    yield from indent(list(_blocks(own, page, context, MOST_OWN)))
    if case.run_id:
        yield page.paint(f"    {show(case.run_id, context)}", "dim")


def _comments(case: Case, page: Page, context: Context) -> Iterator[str]:
    for comment in dict.fromkeys(row.comment for row in case.rows if row.comment):
        lines = cells.wrap(page.text(comment).strip(), page.width - 6)
        shown = lines if context.everything else lines[:_COMMENT_LINES]
        yield from (f"    {line}".rstrip() for line in shown)
        if len(lines) > len(shown):
            yield page.paint(f"    {page.signs.ellipsis} {len(lines) - len(shown)} more lines", "dim")
