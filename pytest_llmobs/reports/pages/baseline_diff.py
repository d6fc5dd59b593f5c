"""How baselines changed: what ``llmobs baseline diff`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_llmobs.reports.cases import mean
from pytest_llmobs.reports.pages.moves import MOST, Shift, moves_table
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page, indent
from pytest_llmobs.reports.text.table import Column, draw, fitted, squeeze
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.baselines.records import Baseline, BaselineRow

_NAMED = 8
_PASS = "pass"


@dataclass(frozen=True, kw_only=True)
class BaselineChange:
    """One baseline then and now."""

    path: str
    """As the user would name it."""
    then: Baseline | None
    """None where it is new."""
    now: Baseline | None
    """None where it was deleted."""


def baseline_diff(
    changes: Sequence[BaselineChange], ref: str, page: Page, *, everything: bool = False
) -> list[str]:
    """Return a block for each change: means, examples that moved, evaluators, what came and went."""
    if not changes:
        return [f"no baseline differs from {page.line(ref)}"]
    blocks = [list(_block(change, ref, page, everything)) for change in changes]
    return [line for number, block in enumerate(blocks) for line in ([""] if number else []) + block]


def _block(change: BaselineChange, ref: str, page: Page, everything: bool) -> Iterator[str]:
    yield page.paint(page.clip_start(page.line(change.path), page.width), "cyan")
    if change.then is None or change.now is None:
        side = change.now or change.then
        word, style = ("new", "green") if change.then is None else ("deleted", "red")
        examples = count(len(side.rows) if side else 0, "example")
        yield page.paint(f"  {word}: {examples}", style)
        return
    inner = Page(width=page.width - 2, color=page.color, encoding=page.encoding)
    yield from indent(_means(change.then, change.now, ref, inner))
    shifts = _shifts(change.then, change.now)
    if shifts:
        yield ""
        yield from indent(moves_table(shifts, (ref, "now"), inner, None if everything else MOST))
    remarks = list(_remarks(change.then, change.now))
    if not (shifts or remarks or change.then.suite_scores != change.now.suite_scores):
        remarks = ["no score changed: only times, costs or what was sent"]
    for text in remarks:
        yield from page.item(text, mark=f" {page.signs.dot}")


def _means(then: Baseline, now: Baseline, ref: str, page: Page) -> list[str]:
    metrics = [
        _PASS,
        *sorted({key for side in (then, now) for row in side.rows.values() for key in row.scores}),
        *sorted({*then.suite_scores, *now.suite_scores}),
    ]
    before, after = ([_mean(side, metric) for metric in metrics] for side in (then, now))
    differences = [_difference(*pair, page) for pair in zip(before, after, strict=True)]
    table = [
        Column("metric", "metric", [page.line(metric) for metric in metrics]),
        Column(
            "before", page.clip(page.line(ref), 12), [figures.rate(value) for value in before], right=True
        ),
        Column("after", "now", [figures.rate(value) for value in after], right=True),
        Column("difference", page.signs.delta, differences, right=True),
    ]
    titles, rule, *lines = draw(fitted(table, page.width, [squeeze("metric", 8, page.width, page)]), page)
    return [page.paint(titles, "bold"), page.paint(rule, "dim"), *lines]


def _difference(before: float | None, after: float | None, page: Page) -> str:
    if before is None or after is None:
        return ""
    return figures.signed(after - before, page)


def _mean(baseline: Baseline, metric: str) -> float | None:
    if metric in baseline.suite_scores:
        return baseline.suite_scores[metric].value
    return mean([mean(_values(row, metric)) for row in baseline.rows.values()])


def _values(row: BaselineRow, metric: str) -> Sequence[float | None]:
    if metric == _PASS:
        return row.passes
    return row.scores.get(metric, ())


def _shifts(then: Baseline, now: Baseline) -> list[Shift]:
    """Return what moved, the largest differences first."""
    found: list[Shift] = []
    for example in [example for example in then.rows if example in now.rows]:
        old, new = then.rows[example], now.rows[example]
        for metric in (_PASS, *sorted({*old.scores, *new.scores})):
            before, after = mean(_values(old, metric)), mean(_values(new, metric))
            if before is not None and after is not None and before != after:
                found.append(
                    Shift(example, metric, _values(old, metric), _values(new, metric), after - before)
                )
    return sorted(found, key=lambda shift: (-abs(shift.difference), shift.name, shift.metric))


def _remarks(then: Baseline, now: Baseline) -> Iterator[str]:
    for key in sorted({*then.metrics, *now.metrics}):
        old, new = then.metrics.get(key, "none"), now.metrics.get(key, "none")
        if old != new:
            yield f"evaluator {key}: {old} -> {new}"
    if then.repeat != now.repeat:
        yield f"repeats: {then.repeat} -> {now.repeat}"
    lists = {
        "new": [example for example in now.rows if example not in then.rows],
        "gone": [example for example in then.rows if example not in now.rows],
        "edited": [e for e, row in now.rows.items() if e in then.rows and row.hash != then.rows[e].hash],
        "known failures from now on": [
            e for e, row in now.rows.items() if _fails(row) and not _failed(then, e)
        ],
    }
    for title, names in lists.items():
        if names:
            more = f", and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
            yield f"{title}: {', '.join(names[:_NAMED])}{more}"


def _failed(baseline: Baseline, example: str) -> bool:
    return example in baseline.rows and _fails(baseline.rows[example])


def _fails(row: BaselineRow) -> bool:
    return any(value == 0 for value in row.passes)
