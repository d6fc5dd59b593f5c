"""The arms of an A/B test side by side: what ``llmobs prompts ab NAME`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page, joined
from pytest_llmobs.reports.text.table import column, draw_painted, drop, fitted, squeeze
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.experiments.splits.comparison import Finding, SplitComparison
    from pytest_llmobs.experiments.splits.metrics import ArmMetric, Detect
    from pytest_llmobs.experiments.splits.users import ArmUsers
    from pytest_llmobs.measures.two_samples import Difference

_COST = "cost"
_LATENCY = "latency"
_TITLES = {_LATENCY: "latency (s)", _COST: "cost/1,000 ($)"}
"""Metrics with a unit -> how they are headed."""
_RUNS_OF_A_COST = 1_000
"""Runs whose cost is shown: that of one is a row of zeros."""
_LESS_IS_BETTER = (_LATENCY, _COST, "error rate")
_CAUSES = (
    "Usual causes: runs of one arm crash before they are logged, sampling keeps those of one arm (LLMOBS_KEEP), or the "
    "app calls ab() with another key or salt in places. Whatever it is, it makes the arms' users unlike: no difference "
    "below can be trusted, and none is named."
)
_SIZES = {_LATENCY: figures.seconds, _COST: figures.cost}
"""Metrics with a unit -> how a difference is told."""
_FIGURES = {
    "users": "users",
    "mean": "mean",
    "delta": "delta",
    "interval": "95 % interval",
    "p": "p",
    "holm": "Holm",
    "more": "more",
}
"""The columns of figures, and their titles."""
_SEVERAL_ARMS = "given several arms, as the weights or the arms changed; --since the change leaves none out"
_MIXED = (
    "no difference is named: the weights or the arms changed, so that the arms' users came at other times, or aren't "
    "equally often here; --since the change compares like with like"
)
_SEVERAL_USERS = "of several users at once; give each user a traced call of their own"


class _Row(NamedTuple):
    """A line of the table of metrics: the heading of a metric, or one arm of it."""

    name: str
    is_heading: bool = False
    users: str = ""
    mean: str = ""
    delta: str = ""
    interval: str = ""
    p: str = ""
    holm: str = ""
    more: str = ""


def comparison_text(comparison: SplitComparison, project: str, since: str, page: Page) -> str:
    """Return who was given what, whether that is as it should be, and how the arms differ.

    Args:
        comparison: Of the arms.
        project: Whose runs were read.
        since: From when on, ISO 8601; empty for all.
        page: Where it goes.
    """
    return joined(
        [
            _heading(comparison, project, since, page),
            [*_arms_table(comparison, page), *_assignment(comparison, page)],
            _metrics_table(comparison, page),
            _findings(comparison, page),
            _left_out(comparison, page),
            _how_to_read(comparison, page),
        ]
    )


def _heading(comparison: SplitComparison, project: str, since: str, page: Page) -> list[str]:
    period = f"since {figures.moment(since)}" if since else ""
    title = page.paint(f"A/B test of {page.line(comparison.prompt)}", "bold")
    numbers = (count(comparison.users, "user"), count(comparison.runs, "run"))
    return [title, *page.flow([page.line(project), period, *numbers])]


def _arms_table(comparison: SplitComparison, page: Page) -> list[str]:
    arms = comparison.arms
    if not arms:
        return []
    planned = sum(arm.expected or 0.0 for arm in arms)

    def meant(arm: ArmUsers) -> str:
        return "" if arm.expected is None else f"{arm.expected / planned:.1%}"

    table = [
        column("arm", "arm", arms, lambda arm: page.line(arm.arm)),
        column("commit", "commit", arms, _commit),
        column("users", "users", arms, lambda arm: f"{arm.users:,}", right=True),
        column("share", "share", arms, lambda arm: f"{arm.users / comparison.users:.1%}", right=True),
        column("meant", "meant", arms, meant, right=True),
        column("runs", "runs", arms, lambda arm: f"{arm.runs:,}", right=True),
    ]
    heading, rows = draw_painted(
        fitted(table, page.width, [squeeze("arm", 8, page.width, page), drop("commit")]), page
    )
    return [*heading, *rows]


def _commit(arm: ArmUsers) -> str:
    if len(arm.commits) > 1:
        return f"{len(arm.commits)} commits"
    return "".join(arm.commits)[:SHOWN_DIGITS]


def _assignment(comparison: SplitComparison, page: Page) -> Iterator[str]:
    """Yield what the check of the assignment says."""
    ratio = comparison.ratio
    if ratio.broken:
        shares = "; ".join(_shares(comparison))
        text = f"assignment is broken: {shares} (p {figures.probability(ratio.p)}). {_CAUSES}"
        yield from page.item(text, mark=page.signs.cross, style="red")
    elif ratio.p is not None:
        text = f"the shares are what the weights and chance would give (p {figures.probability(ratio.p)})"
        yield from page.item(text, mark=page.signs.tick, style="green")
    elif _arms_with_users(comparison) > 1:
        text = "too few users to check the shares: each arm should have 5 by its weight"
        yield from page.item(text, mark=page.signs.flat)


def _shares(comparison: SplitComparison) -> Iterator[str]:
    for arm in comparison.arms:
        meant = (arm.expected or 0.0) / sum(each.expected or 0.0 for each in comparison.arms)
        share = arm.users / comparison.users
        yield f"{arm.arm} has {share:.1%} of the users where the weights say {meant:.1%}"


def _arms_with_users(comparison: SplitComparison) -> int:
    return sum(arm.users > 0 for arm in comparison.arms)


def _metrics_table(comparison: SplitComparison, page: Page) -> list[str]:
    rows: list[_Row] = []
    for metric in comparison.metrics:
        rows.append(_Row(page.line(_TITLES.get(metric.metric, metric.metric)), is_heading=True))
        for arm in metric.arms:
            rows.append(_arm_row(metric.metric, arm, page))
    if not rows:
        return []
    table = [column("name", "metric", rows, attrgetter("name"))]
    for key, title in {**_FIGURES, "delta": page.signs.delta}.items():
        table.append(column(key, title, rows, attrgetter(key), right=True))
    squeezed = partial(squeeze, limit=page.width, page=page)
    steps = [squeezed("name", 12), drop("p"), drop("users"), squeezed("name", 6), drop("more"), drop("mean")]
    heading, lines = draw_painted(fitted(table, page.width, steps), page)
    painted = []
    for row, line in zip(rows, lines, strict=True):
        painted.append(page.paint(line, "bold" if row.is_heading else ""))
    return [*heading, *painted]


def _arm_row(metric: str, arm: ArmMetric, page: Page) -> _Row:
    row = _Row(f"  {page.line(arm.arm)}", users=f"{arm.users:,}")
    if arm.mean is not None:
        row = row._replace(mean=figures.rate(_shown(metric, arm.mean)))
    if arm.difference is None:
        return row
    return row._replace(
        delta=_signed(metric, arm.difference.difference, page),
        interval=_interval(metric, arm.difference, page),
        p=figures.probability(arm.difference.p),
        holm=figures.probability(arm.adjusted),
        more=_more(arm.more_users),
    )


def _shown(metric: str, value: float) -> float:
    """Return a value in the unit of its column."""
    return value * _RUNS_OF_A_COST if metric == _COST else value


def _signed(metric: str, value: float, page: Page) -> str:
    return figures.signed(_shown(metric, value), page)


def _interval(metric: str, difference: Difference, page: Page) -> str:
    if difference.low is None or difference.high is None:
        return ""
    return f"{_signed(metric, difference.low, page)} to {_signed(metric, difference.high, page)}"


def _more(users: int | None) -> str:
    if users is None:
        return ""
    return f"{users:,}" if users else "enough"


def _findings(comparison: SplitComparison, page: Page) -> Iterator[str]:
    """Yield the differences that chance doesn't explain, or why there is none to tell."""
    if comparison.ratio.broken:
        return
    if comparison.is_mixed and comparison.tests:
        yield from page.item(_MIXED, mark="!")
        return
    if _arms_with_users(comparison) < 2:
        yield from page.item("fewer than two arms have users: nothing to compare yet", mark=page.signs.flat)
    elif not comparison.tests:
        text = "too little to compare: a test takes two users with a value in each arm, and values that vary"
        yield from page.item(text, mark=page.signs.flat)
    elif not comparison.findings:
        yield from page.item("no difference that chance doesn't explain", mark=page.signs.flat)
    for finding in comparison.findings:
        yield from _finding(finding, page)


def _finding(finding: Finding, page: Page) -> list[str]:
    is_higher = finding.difference > 0
    word, mark = ("higher", page.signs.up) if is_higher else ("lower", page.signs.down)
    size = _SIZES.get(finding.metric, figures.rate)(abs(finding.difference))
    text = f"{finding.metric}: {finding.arm} is {word} by {size} (p {figures.probability(finding.p)})"
    return page.item(text, mark=mark, style=_style(finding.metric, is_higher))


def _style(metric: str, is_higher: bool) -> str:
    """Return the colour of a difference; of feedback nobody knows whether more is better."""
    if metric not in _LESS_IS_BETTER:
        return "bold"
    return "red" if is_higher else "green"


def _left_out(comparison: SplitComparison, page: Page) -> Iterator[str]:
    """Yield what doesn't count, or counts otherwise than the reader may think."""
    notes = []
    if len(comparison.weightings) > 1:
        weightings = "; then ".join(map(_weights_text, comparison.weightings))
        notes.append(f"the weights changed: {weightings}. Users are expected by those they came under")
    for number, thing, which in (
        (comparison.in_several_arms, "user", _SEVERAL_ARMS),
        (comparison.without_user, "run", "that says nothing of the user"),
        (comparison.of_several_users, "trace", _SEVERAL_USERS),
    ):
        if number:
            notes.append(f"left out: {count(number, thing)} {which}")
    for arm in comparison.arms:
        if len(arm.commits) > 1:
            commits = ", ".join(commit[:SHOWN_DIGITS] for commit in arm.commits)
            notes.append(
                f"{arm.arm} stands for several commits, as where a tag was moved, and mixes them: {commits}"
            )
    if comparison.without_weights:
        users = count(comparison.without_weights, "user")
        notes.append(f"not in the check of the shares: {users} whose run says nothing of the weights")
    for note in notes:
        yield from page.item(note, mark="!", style="yellow")


def _weights_text(weights: Mapping[str, float]) -> str:
    return ", ".join(f"{arm} {weight:g}" for arm, weight in weights.items())


def _how_to_read(comparison: SplitComparison, page: Page) -> Iterator[str]:
    """Yield what the columns mean, where there is anything in them."""
    if not comparison.tests:
        return
    base = comparison.arms[0].arm
    yield from page.wrapped(
        f"{page.signs.delta}: from {base}, over users' means. Holm: p adjusted for "
        f"{count(comparison.tests, 'difference')}. Both hold for one look, at a number of users planned beforehand: "
        "who looks again and again finds differences that aren't there.",
        "dim",
    )
    runs = comparison.runs / comparison.users
    yield from page.wrapped(
        f"more: users still needed to find a difference of {_size(comparison.detect, base)} in four tests of five; "
        f"a user comes with {runs:.1f} runs.",
        "dim",
    )


def _size(detect: Detect, base: str) -> str:
    if detect.relative:
        return f"{detect.size * 100:g} % of {base}'s mean"
    return f"{detect.size:g}"
