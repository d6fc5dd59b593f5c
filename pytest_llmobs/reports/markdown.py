"""A summary for a pull request, in the Markdown that GitHub and GitLab share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports import figures
from pytest_llmobs.reports.base import Context
from pytest_llmobs.reports.case_lines import MOST_OWN, outcome, remarks
from pytest_llmobs.reports.cases import Case, cases, common_changes, groups, shared_remarks, shares
from pytest_llmobs.reports.changes import change_lines
from pytest_llmobs.reports.commands import titled_commands
from pytest_llmobs.reports.examples import MOST_SHARED, other_states, titles
from pytest_llmobs.reports.markup import code, fence, plain
from pytest_llmobs.reports.metric_columns import Line, columns
from pytest_llmobs.reports.metrics import metric_notes, table_lines, worth_showing
from pytest_llmobs.reports.page import Page
from pytest_llmobs.reports.spending import spending_section
from pytest_llmobs.reports.suite_scores import suite_section
from pytest_llmobs.reports.table import fitted
from pytest_llmobs.reports.verdicts import headline, limits

MOST_EXAMPLES = 10
MOST_ROWS = 20
"""Rows of the table of metrics; suites with nothing to report are left out beyond it."""
MOST_CHARACTERS = 60_000
"""GitHub takes 65,536 in a comment."""
_PAGE = Page(width=160)
_FENCED = Page(width=100)
"""Of code blocks, which don't wrap."""
_CIRCLES = {"red": "🔴", "green": "🟢", "yellow": "🟡"}


class MarkdownReport:
    """What a reviewer reads: the verdict first, then the table; what broke is behind a fold."""

    name = "markdown"

    def render(self, experiment: Experiment, page: Page, context: Context) -> str:
        """Return the summary. ``page`` counts for nothing: Markdown has neither width nor colours."""
        folds = list(_folds(experiment, context))
        text = _joined([*_head(experiment, context), *folds, *_foot(experiment, context)])
        while len(text) > MOST_CHARACTERS and folds:
            folds.pop()
            short = "More examples broke than a comment can hold; the whole is in the job's log."
            text = _joined([*_head(experiment, context), *folds, short, *_foot(experiment, context)])
        return text


def _joined(blocks: Sequence[str]) -> str:
    return "\n\n".join(block for block in blocks if block)


def _head(experiment: Experiment, context: Context) -> Iterator[str]:
    style, verdict = headline(experiment, context)
    yield f"### {_CIRCLES[style]} {plain(verdict)}"
    yield "\n".join(f"> {plain(limit)}" for limit in limits(experiment))
    lines = table_lines(experiment, _PAGE)
    shown = lines if context.everything else worth_showing(lines, MOST_ROWS)
    for suite in dict.fromkeys(line.row.suite for line in shown):
        yield f"{code(suite)}\n\n{_table([line for line in shown if line.row.suite == suite])}"
    if left_out := len({line.row.suite for line in lines} - {line.row.suite for line in shown}):
        yield f"{figures.count(left_out, 'more suite')}: nothing to report"
    yield "\n".join(f"- {plain(note)}" for _, note in metric_notes([line.row for line in shown]))
    if told := suite_section(experiment.suite_scores, _FENCED, everything=context.everything):
        yield fence(told)


def _table(lines: Sequence[Line]) -> str:
    from tabulate import tabulate

    table = fitted(columns(lines, _PAGE), _PAGE.width, [])
    rows = [
        [f"**{plain(cell)}**" if line.row.red and cell == line.verdict else plain(cell) for cell in row]
        for line, row in zip(lines, zip(*(column.cells for column in table), strict=True), strict=True)
    ]
    titles = [plain(column.title) for column in table]
    align = ["right" if column.right else "left" for column in table]
    return tabulate(rows, headers=titles, tablefmt="pipe", colalign=align, disable_numparse=True)


def _folds(experiment: Experiment, context: Context) -> Iterator[str]:
    """Yield one fold a group of examples with the same change."""
    listed = cases(experiment)
    common = common_changes(listed)
    grouped = groups(listed, common)
    most = len(listed) if context.everything else MOST_EXAMPLES
    several = len({case.suite for case in listed}) > 1
    told = [line for remarks in shared_remarks(listed).values() for line in remarks]
    if listed:
        counted = [f"- **{plain(t.text)}**" if t.red else f"- {plain(t.text)}" for t in titles(listed)]
        yield "\n".join([*counted, *(f"- {plain(remark)}" for remark in dict.fromkeys(told))])
        yield _changes("Changed for all of them", common, MOST_SHARED)
    for group, share in zip(grouped, shares([len(group.cases) for group in grouped], most), strict=True):
        if share:
            names = ", ".join(case.example_id for case in group.cases[:share])
            more = f" and {len(group.cases) - share:,} more" if len(group.cases) > share else ""
            body = [_changes("Same change", group.changes, MOST_SHARED)]
            body += [_case(case, {*common, *group.changes, *told}, several) for case in group.cases[:share]]
            yield _fold(f"{names}{more}", _joined(body))


def _fold(summary: str, body: str) -> str:
    # inside <summary> GitHub reads HTML, not Markdown
    shown = (
        _PAGE.clip(_PAGE.line(summary), 120).replace("&", "&amp;").replace("<", "&lt;").replace("@", "&#64;")
    )
    return f"<details><summary>{shown}</summary>\n\n{body}\n\n</details>"


def _changes(title: str, blocks: Sequence[str], most: int) -> str:
    lines = [line for block in blocks for line in change_lines(block, _PAGE, _PAGE.width, most)]
    return f"{title}:\n\n{fence(lines, 'diff')}" if lines else ""


def _case(case: Case, told: set[str], several: bool) -> str:
    where = f" in {code(case.suite)}" if several else ""
    scores = ", ".join(f"{plain(row.metric)} {plain(outcome(row, _PAGE))}" for row in case.rows)
    comments = list(dict.fromkeys(text for row in case.rows if (text := remarks(row, told))))
    own = [block for block in case.changes if block not in told]
    lines = [line for comment in comments for line in comment.split("\n")[:6]]
    parts = [
        f"**{plain(case.example_id)}**{where}: {scores}",
        fence(lines) if lines else "",
        _changes("Changed", own, MOST_OWN),
    ]
    return _joined(parts)


def _foot(experiment: Experiment, context: Context) -> Iterator[str]:
    yield "\n".join(f"- {plain(text)}" for text in other_states(experiment, _PAGE))
    decision = experiment.decision
    yield "\n".join(f"- **{plain(error)}**" for error in dict.fromkeys(decision.errors))
    yield "\n".join(f"- {plain(note)}" for note in dict.fromkeys((*decision.notes, *experiment.notes)))
    facts = [experiment.name, figures.moment(experiment.started), figures.commit_id(experiment.commit)]
    spent = [line.strip() for line in spending_section(experiment, Page(width=10_000))]
    yield f"<sub>{plain(' · '.join([*(fact for fact in facts if fact), *spent]))}</sub>"
    if next_up := titled_commands(experiment, context):
        yield fence([f"# {title}\n{command}" for title, command in next_up], "sh")
