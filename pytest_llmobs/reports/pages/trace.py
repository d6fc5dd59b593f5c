"""One run with everything below it: what ``llmobs show RUN_ID`` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.payloads import block, fields_text
from pytest_llmobs.reports.text.tree import run_tree
from pytest_llmobs.wording import count

MOST_LINES = 12
"""Lines of one payload, unless everything is asked for."""
MOST_CALLS = 5
"""Model calls shown with their payloads, unless everything is asked for."""


def trace_text(run: Run, page: Page, *, trial: Trial | None = None, everything: bool = False) -> str:
    """Return a run's facts, its tree, its payloads, and those of the model calls below it.

    Args:
        run: With ``child_runs`` nested.
        page: Where it goes.
        trial: The trial whose root it is: its test, status and scores.
        everything: Every run's payloads, uncut.
    """
    below = [child for child in _family(run) if child is not run]
    chosen = below if everything else [child for child in below if child.run_type == "llm"][:MOST_CALLS]
    blocks = [
        _facts(run, page),
        list(_trial(trial, page)) if trial else [],
        run_tree(run, page, everything=everything),
        list(_payloads(run, page, everything)),
        *([_heading(child, page), *_payloads(child, page, everything)] for child in chosen),
    ]
    if len(chosen) < len(below) and not everything:
        blocks.append([page.paint("--all shows the payloads of every run, uncut", "dim")])
    return "\n\n".join("\n".join(lines) for lines in blocks if lines)


def _family(run: Run) -> Iterator[Run]:
    yield run
    for child in run.child_runs:
        yield from _family(child)


def _facts(run: Run, page: Page) -> list[str]:
    calls = [each for each in _family(run) if each.run_type == "llm"]
    costs = [call.total_cost for call in calls if call.total_cost is not None]
    tokens = sum(call.total_tokens or 0 for call in calls)
    parts = [page.line(run.name), run.run_type, run.status, figures.moment(run.start_time.isoformat())]
    parts += [figures.seconds(run.latency), count(len(calls), "model call") if calls else ""]
    parts += [f"{figures.tokens(tokens)} tokens" if tokens else "", figures.cost(sum(costs)) if costs else ""]
    lines = page.flow([part for part in parts if part])
    named = [f"project {page.line(run.project)}", f"run {run.id}"]
    tags = [f"tags {page.line(', '.join(run.tags))}"] if run.tags else []
    return [*lines, *page.flow([*named, *tags]), *block("metadata", _metadata(run, page), page)]


def _metadata(run: Run, page: Page) -> str:
    if run.metadata:
        return page.text(json.dumps(dict(run.metadata), ensure_ascii=False, default=str))
    return ""


def _trial(trial: Trial, page: Page) -> Iterator[str]:
    style = {"passed": "green", "failed": "red", "error": "red"}.get(trial.status, "yellow")
    yield page.paint(page.clip_start(f"{trial.status}  {page.line(trial.nodeid)}", page.width), style)
    for key, score in trial.scores.items():
        shown = score.value or figures.score(score.score)
        reason = score.comment or score.error or ("does not apply" if score.exempt else "")
        yield from page.item(f"{key} {shown}" + (f": {reason}" if reason else ""), mark=page.signs.dot)
    yield from block("failure", page.text(trial.message or ""), page)


def _heading(run: Run, page: Page) -> str:
    parts = [page.line(run.name), run.run_type, page.line(run.model or ""), figures.seconds(run.latency)]
    if run.stop_reason:
        parts.append(f"stopped by {page.line(run.stop_reason)}")
    if run.retries:
        parts.append(count(run.retries, "retry", "retries"))
    return page.paint(
        page.clip(f" {page.signs.dot} ".join(part for part in parts if part), page.width), "bold"
    )


def _payloads(run: Run, page: Page, everything: bool) -> Iterator[str]:
    most = None if everything else MOST_LINES
    if run.inputs:
        yield from block("inputs", fields_text(run.inputs, page), page, most, ", --all shows them")
    if run.outputs is not None:
        yield from block("output", fields_text(run.outputs, page), page, most, ", --all shows them")
    if run.error:
        yield from block("error", page.text(run.error), page, most, ", --all shows them")
