"""Many experiments as one table: a line each, the means of their metrics side by side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.means import unjudged
from pytest_llmobs.reports.terminal.spending import spending
from pytest_llmobs.reports.terminal.verdicts import word
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import Column, Step, draw, drop, fitted, squeeze, swap


@dataclass(frozen=True, kw_only=True)
class Digest:
    """One experiment in a line."""

    name: str
    started: str
    """ISO 8601, UTC."""
    duration: float
    """Seconds."""
    trials: int
    """Trials, confirming ones included."""
    means: Mapping[str, float]
    """Metric -> the candidate's mean; over several suites weighted by their examples. Scores that don't gate too."""
    cost: float | None
    """USD, judges included; None where nothing is known."""
    verdict: str
    """``red``, ``green``, ``no baseline`` or ``interrupted``."""
    partial: bool
    """True where the user ran a selection."""
    commit: str | None


def digest(experiment: Experiment) -> Digest:
    """Reduce an experiment to its line."""
    trials = [*experiment.trials, *experiment.confirmation]
    return Digest(
        name=experiment.name,
        started=experiment.started,
        duration=experiment.duration,
        trials=len(trials),
        means=_means(experiment),
        cost=spending(trials).cost,
        verdict=word(experiment),
        partial=experiment.partial,
        commit=experiment.commit,
    )


def listing(digests: Sequence[Digest], page: Page) -> list[str]:
    """Return the table, in the order given.

    What gives way, in this order, until it fits the page: the year, the commit, the middle of metrics' titles,
    metrics from the rarest on, the cost, the middle of names, the number of trials.
    """
    metrics = _ranked(digests)
    table = [
        Column("name", "name", [page.line(each.name) for each in digests]),
        Column("when", "when (UTC)", [_when(each) for each in digests]),
        Column("trials", "trials", [f"{each.trials:,}" for each in digests], right=True),
        *(_metric(metric, digests, page) for metric in metrics),
        Column("cost", "cost", [figures.cost(each.cost) for each in digests], right=True),
        Column("verdict", "verdict", [_verdict(each, page) for each in digests]),
        Column("commit", "commit", [page.line(figures.commit_id(each.commit)) for each in digests]),
    ]
    drawn = fitted(table, page.width, _steps(metrics, digests, page))
    titles, rule, *lines = draw(drawn, page)
    painted = [
        page.paint(line, "red" if each.verdict == "red" else "")
        for each, line in zip(digests, lines, strict=True)
    ]
    kept = {column.key for column in drawn}
    hidden = [metric for metric in metrics if f"metric {metric}" not in kept]
    hidden += [key for key in ("cost", "trials") if key not in kept]
    more = f"no room for {', '.join(hidden)}: widen the terminal, or use --json" if hidden else ""
    return [
        page.paint(titles, "bold"),
        page.paint(rule, "dim"),
        *painted,
        *(page.wrapped(more, "dim") if more else []),
    ]


def _steps(metrics: Sequence[str], digests: Sequence[Digest], page: Page) -> list[Step]:
    short = Column("when", "when (UTC)", [_when(each)[5:] for each in digests])
    return [
        swap(short),
        drop("commit"),
        *(swap(_metric(metric, digests, page, most)) for most in (12, 9) for metric in metrics),
        *(drop(f"metric {metric}") for metric in reversed(metrics[1:])),
        squeeze("name", 32, page.width, page),
        drop("cost"),
        squeeze("name", 16, page.width, page),
        drop("trials"),
        squeeze("name", 8, page.width, page),
    ]


def _means(experiment: Experiment) -> dict[str, float]:
    examples = {plan.name: len({trial.example_id for trial in plan.expected}) for plan in experiment.suites}
    sums: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in (*experiment.decision.metrics, *unjudged(experiment)):
        if row.candidate is not None:
            weight = max(examples.get(row.suite, 0), 1)
            sums[row.metric].append((row.candidate * weight, weight))
    return {metric: sum(s for s, _ in parts) / sum(w for _, w in parts) for metric, parts in sums.items()}


def _ranked(digests: Sequence[Digest]) -> list[str]:
    """Return all metrics: ``pass`` first, then those that most experiments have."""
    spread = Counter(metric for each in digests for metric in each.means)
    return sorted(spread, key=lambda metric: (metric != "pass", -spread[metric]))


def _metric(metric: str, digests: Sequence[Digest], page: Page, most: int = 16) -> Column:
    means = [figures.rate(each.means.get(metric)) for each in digests]
    return Column(f"metric {metric}", page.clip_middle(page.line(metric), most), means, right=True)


def _when(each: Digest) -> str:
    return figures.moment(each.started).removesuffix(" UTC")


def _verdict(each: Digest, page: Page) -> str:
    sign = {"red": page.signs.cross, "green": page.signs.tick, "interrupted": "!"}.get(
        each.verdict, page.signs.dot
    )
    return f"{sign} {each.verdict}" + (", partial" if each.partial else "")
