"""How baselines changed: what ``llmobs baseline diff`` prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import filterfalse
from typing import Any

from pytest_llmobs.baselines.records import Baseline, BaselineRow
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.means import scored_mean
from pytest_llmobs.reports.pages.moves import MOST, Shift, moves_table
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page, bound, indent
from pytest_llmobs.reports.text.table import column, draw_painted, fitted, squeeze
from pytest_llmobs.wording import count

_NAMED = 8


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
    lines: list[str] = []
    for change in changes:
        if lines:
            lines.append("")
        lines.append(page.paint(page.clip_start(page.line(change.path), page.width), "cyan"))
        lines += _change(change, ref, page, bound(MOST, everything))
    return lines


def baseline_diff_document(change: BaselineChange) -> dict[str, Any]:
    """Return one change for machines: means and examples that moved are empty where there is one side only."""
    then, now = change.then, change.now
    document: dict[str, Any] = {
        "path": change.path,
        "suite": (now or then or Baseline(suite="")).suite,
        "examples": {"then": then and len(then.rows), "now": now and len(now.rows)},
        "means": [],
        "moved": [],
        "remarks": [],
    }
    # of a new or deleted baseline everything would have moved
    if then is None or now is None:
        return document
    for metric in _metrics(then, now):
        before, after = _mean(then, metric), _mean(now, metric)
        mean = {"metric": metric, "then": before, "now": after, "difference": _difference(before, after)}
        document["means"].append(mean)
    document["moved"] = list(map(asdict, _shifts(then, now)))
    document["remarks"] = list(_remarks(then, now))
    return document


def _change(change: BaselineChange, ref: str, page: Page, most: int | None) -> Iterator[str]:
    then, now = change.then, change.now
    if then is None:
        yield page.paint(f"  new: {_size(now)}", "green")
    elif now is None:
        yield page.paint(f"  deleted: {_size(then)}", "red")
    else:
        yield from _both(then, now, ref, page, most)


def _size(baseline: Baseline | None) -> str:
    if baseline is None:
        return count(0, "example")
    return count(len(baseline.rows), "example")


def _both(then: Baseline, now: Baseline, ref: str, page: Page, most: int | None) -> Iterator[str]:
    inner = replace(page, width=page.width - 2)
    yield from indent(_means(then, now, ref, inner))
    shifts = _shifts(then, now)
    if shifts:
        yield ""
        yield from indent(moves_table(shifts, (ref, "now"), inner, most))
    remarks = list(_remarks(then, now))
    # git says that it differs, so that nothing at all would look like a mistake
    if not shifts and not remarks and then.suite_scores == now.suite_scores:
        remarks = ["no score changed: only times, costs or what was sent"]
    for text in remarks:
        yield from page.item(text, mark=f" {page.signs.dot}")


def _means(then: Baseline, now: Baseline, ref: str, page: Page) -> list[str]:
    metrics = _metrics(then, now)
    table = [
        column("metric", "metric", metrics, page.line),
        column(
            "before",
            page.clip(page.line(ref), 12),
            metrics,
            lambda metric: figures.rate(_mean(then, metric)),
            right=True,
        ),
        column("after", "now", metrics, lambda metric: figures.rate(_mean(now, metric)), right=True),
        column(
            "difference",
            page.signs.delta,
            metrics,
            lambda metric: figures.signed(_difference(_mean(then, metric), _mean(now, metric)), page),
            right=True,
        ),
    ]
    heading, rows = draw_painted(fitted(table, page.width, [squeeze("metric", 8, page.width, page)]), page)
    return [*heading, *rows]


def _metrics(then: Baseline, now: Baseline) -> list[str]:
    """Return ``pass``, then the scores of examples, then those of whole suites."""
    scores: set[str] = set()
    for row in (*then.rows.values(), *now.rows.values()):
        scores.update(row.scores)
    return [PASS, *sorted(scores), *sorted({*then.suite_scores, *now.suite_scores})]


def _difference(before: float | None, after: float | None) -> float | None:
    if before is None or after is None:
        return None
    return after - before


def _mean(baseline: Baseline, metric: str) -> float | None:
    if metric in baseline.suite_scores:
        return baseline.suite_scores[metric].value
    means = []
    for row in baseline.rows.values():
        means.append(scored_mean(row.repeats(metric)))
    return scored_mean(means)


def _shifts(then: Baseline, now: Baseline) -> list[Shift]:
    """Return what moved, the largest differences first."""
    shifts: list[Shift] = []
    for example, old in then.rows.items():
        new = now.rows.get(example)
        if new is not None:
            shifts += _example_shifts(example, old, new)
    return sorted(shifts, key=lambda shift: (-abs(shift.difference), shift.name, shift.metric))


def _example_shifts(example: str, old: BaselineRow, new: BaselineRow) -> Iterator[Shift]:
    for metric in (PASS, *sorted({*old.scores, *new.scores})):
        before, after = old.repeats(metric), new.repeats(metric)
        difference = _difference(scored_mean(before), scored_mean(after))
        if difference:
            yield Shift(example, metric, before, after, difference)


def _remarks(then: Baseline, now: Baseline) -> Iterator[str]:
    for key in sorted({*then.metrics, *now.metrics}):
        old, new = then.metrics.get(key, "none"), now.metrics.get(key, "none")
        if old != new:
            yield f"evaluator {key}: {old} -> {new}"
    if then.repeat != now.repeat:
        yield f"repeats: {then.repeat} -> {now.repeat}"
    if len(then.sessions) != len(now.sessions):
        yield f"sessions: {len(then.sessions)} -> {len(now.sessions)}"
    lists = {
        "new": _lacking(then, now.rows),
        "gone": _lacking(now, then.rows),
        "edited": list(_edited(then, now)),
        "known failures from now on": list(_newly_failing(then, now)),
    }
    for title, names in lists.items():
        if names:
            yield f"{title}: {_named(names)}"


def _lacking(baseline: Baseline, examples: Iterable[str]) -> list[str]:
    """Return the examples that a baseline doesn't have."""
    return [example for example in examples if example not in baseline.rows]


def _edited(then: Baseline, now: Baseline) -> Iterator[str]:
    for example, row in now.rows.items():
        old = then.rows.get(example)
        if old is not None and old.hash != row.hash:
            yield example


def _newly_failing(then: Baseline, now: Baseline) -> Iterator[str]:
    return filterfalse(then.known_failure, filter(now.known_failure, now.rows))


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    if len(names) > _NAMED:
        return f"{shown}, and {len(names) - _NAMED:,} more"
    return shown
