"""The text of the one progress line that a long experiment shows while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_llmobs.reports.text import cells, figures
from pytest_llmobs.reports.text.page import Page

_FEW = 3
"""Trials from which on the pace is trusted for an estimate of the time left."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an experiment is."""

    done: int
    """Trials that ended."""
    total: int
    """Trials expected."""
    elapsed: float
    """Seconds since the first trial started."""
    means: Mapping[str, float] = field(default_factory=dict)
    """Running mean of each metric over the trials that ended."""
    cost: float | None = None
    """USD so far, judges included; None where no price is known."""
    cost_is_whole: bool = True
    """False where it leaves out calls whose price isn't known."""
    failed: int = 0
    """Trials that failed or raised."""


def progress_line(progress: Progress, page: Page) -> str:
    """Return one line of at most the page's width: trials, failures, means, cost, time left.

    Where it gets too long, the metrics are left out from the last one on; their number is said.

    Args:
        progress: The counts.
        page: Its width bounds the line.
    """
    head = [f"llm {progress.done:,}/{progress.total:,}"]
    if progress.failed:
        head.append(f"{progress.failed:,} failed")
    tail = []
    if progress.cost is not None:
        tail.append(figures.spent(progress.cost, is_whole=progress.cost_is_whole))
    tail.append(time_left(progress))
    means = [f"{page.line(metric)} {figures.rate(mean)}" for metric, mean in progress.means.items()]
    # cost and time at the end are what a waiting reader looks for; metrics give way
    line = page.dotted([*head, *means, *tail])
    for kept in reversed(range(len(means))):
        if cells.width(line) <= page.width:
            return line
        line = page.dotted([*head, *means[:kept], f"+{len(means) - kept}", *tail])
    return page.clip(line, page.width)


def time_left(progress: Progress) -> str:
    """Return ``42 s left`` by the pace so far; nothing before a few trials ended or once all did."""
    if not _FEW <= progress.done < progress.total:
        return ""
    left = progress.elapsed / progress.done * (progress.total - progress.done)
    return f"{figures.seconds(max(round(left), 1)).replace('.00', '').replace('.0 s', ' s')} left"
