"""One run with everything below it: what ``llmobs show RUN_ID`` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pytest_llmobs.measures.model_calls import spending
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page, bound, joined
from pytest_llmobs.reports.text.payloads import block, fields_text
from pytest_llmobs.reports.text.tree import run_tree
from pytest_llmobs.wording import count

MOST_LINES = 12
"""Lines of one payload, unless everything is asked for."""
MOST_CALLS = 5
"""Model calls shown with their payloads, unless everything is asked for."""
_HINT = ", --all shows them"


def trace_text(run: Run, page: Page, *, trial: Trial | None = None, everything: bool = False) -> str:
    """Return a run's facts, its tree, its payloads, and those of the model calls below it.

    Args:
        run: With ``child_runs`` nested.
        page: Where it goes.
        trial: The trial whose root it is: its test, status and scores.
        everything: Every run's payloads, uncut.
    """
    _, *below = _family(run)
    chosen = below
    # of all that happened, what the model was asked explains most
    if not everything:
        chosen = list(filter(_is_call, below))[:MOST_CALLS]
    most = bound(MOST_LINES, everything)
    blocks = [
        _facts(run, page),
        list(_trial(trial, page)),
        run_tree(run, page, everything=everything),
        list(_payloads(run, page, most)),
    ]
    for child in chosen:
        blocks.append([_heading(child, page), *_payloads(child, page, most)])
    if len(chosen) < len(below):
        blocks.append([page.paint("--all shows the payloads of every run, uncut", "dim")])
    return joined(blocks)


def _family(run: Run) -> Iterator[Run]:
    yield run
    for child in run.child_runs:
        yield from _family(child)


def _is_call(run: Run) -> bool:
    return run.run_type == "llm"


def _facts(run: Run, page: Page) -> list[str]:
    spent = spending(_family(run))
    parts = [page.line(run.name), run.run_type, run.status, figures.moment(run.start_time.isoformat())]
    parts.append(figures.took(run))
    if spent.all_calls:
        parts.append(count(spent.all_calls, "model call"))
    if spent.tokens:
        parts.append(f"{figures.tokens(spent.tokens)} tokens")
    if spent.cost is not None:
        parts.append(figures.spent(spent.cost, is_whole=not spent.unpriced))
    elif spent.unpriced:
        parts.append("cost unknown")
    if spent.saved:
        parts.append(f"{figures.cost(spent.saved)} when it was recorded")
    place = [f"project {page.line(run.project)}", f"run {run.id}"]
    if run.tags:
        place.append(f"tags {page.line(', '.join(run.tags))}")
    return [*page.flow(parts), *page.flow(place), *block("metadata", _metadata(run, page), page)]


def _metadata(run: Run, page: Page) -> str:
    if run.metadata:
        return page.text(json.dumps(dict(run.metadata), ensure_ascii=False, default=str))
    return ""


def _trial(trial: Trial | None, page: Page) -> Iterator[str]:
    if trial is None:
        return
    style = {"passed": "green", "failed": "red", "error": "red"}.get(trial.status, "yellow")
    which = trial.nodeid or f"{trial.suite}[{trial.example_id}]"  # an evaluation has no tests
    yield page.paint(page.clip_start(f"{trial.status}  {page.line(which)}", page.width), style)
    for key, score in trial.scores.items():
        yield from page.item(_score(key, score), mark=page.signs.dot)
    yield from block("failure", page.text(trial.message or ""), page)


def _score(key: str, score: TrialScore) -> str:
    text = f"{key} {score.value or figures.score(score.score)}"
    reason = score.comment or score.error
    if not reason and score.exempt:
        reason = "does not apply"
    if reason:
        return f"{text}: {reason}"
    return text


def _heading(run: Run, page: Page) -> str:
    parts = [page.line(run.name), run.run_type, page.line(run.model or ""), figures.took(run)]
    if run.stop_reason:
        parts.append(f"stopped by {page.line(run.stop_reason)}")
    if run.retries:
        parts.append(count(run.retries, "retry", "retries"))
    return page.paint(page.clip(page.dotted(parts), page.width), "bold")


def _payloads(run: Run, page: Page, most: int | None) -> Iterator[str]:
    if run.inputs:
        yield from block("inputs", fields_text(run.inputs, page), page, most, _HINT)
    if run.outputs is not None:
        yield from block("output", fields_text(run.outputs, page), page, most, _HINT)
    if run.error:
        yield from block("error", page.text(run.error), page, most, _HINT)
