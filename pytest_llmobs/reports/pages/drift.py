"""How far accepted code moved between the sessions of its baseline: what ``llmobs drift`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter

from pytest_llmobs.baselines.records import BaselineSession
from pytest_llmobs.gate.drift import SuiteDrift
from pytest_llmobs.reports.text import cells, figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import commit_id, count

_REMEDY = ": --llm-update-baseline=add on another one says how far it moves"
_SHOWN = 10
"""Sessions that are named, the newest."""


def drift_page(drifts: Sequence[SuiteDrift], page: Page) -> list[str]:
    """Return a block for each suite: its sessions, each metric's means in them, and what that means."""
    lines: list[str] = []
    for drift in drifts:
        if lines:
            lines.append("")
        lines += _suite(drift, page)
    return lines


def _suite(drift: SuiteDrift, page: Page) -> Iterator[str]:
    yield page.paint(page.clip_start(page.line(drift.suite), page.width), "cyan")
    yield f"  accepted code, {count(len(drift.sessions), 'session')}, {count(drift.examples, 'example')}"
    names = list(map(page.line, map(attrgetter("metric"), drift.metrics)))
    width = max(map(cells.width, names), default=0)
    for name, metric in zip(names, drift.metrics, strict=True):
        style = "yellow" if metric.moved else ""
        gap = " " * (width - cells.width(name))
        yield from page.item(f"{name}{gap}  {metric}", mark=f" {page.signs.dot}", style=style)
    yield ""
    sessions = list(zip(drift.sessions.values(), drift.passes, strict=True))
    if len(sessions) > _SHOWN:
        yield f"  {count(len(sessions) - _SHOWN, 'older session')}"
    for session, passes in sessions[-_SHOWN:]:
        yield from page.item(_session(session, passes), mark=" ")
    if drift.verdict:
        style = "yellow" if drift.has_days else ""
        remedy = _REMEDY if len(drift.sessions) == 1 else ""
        yield from page.item(f"{drift.verdict}{remedy}", mark=" !", style=style)


def _session(session: BaselineSession, passes: int) -> str:
    when = "unknown date"
    if session.recorded:
        when = figures.moment(session.recorded)
    code = commit_id(session.code) or "unknown commit"
    return f"{when} {code} ({count(passes, 'pass', 'passes')})"
