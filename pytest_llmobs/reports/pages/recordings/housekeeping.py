"""Pages about recorded model replies: what ``llmobs cassettes`` prints. Reads nothing; what is shown is given."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_llmobs.files import display_path
from pytest_llmobs.replay.housekeeping.figures import Figures, ModelFigures
from pytest_llmobs.replay.housekeeping.pruning import Leftovers
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import column, draw_painted, fitted, squeeze
from pytest_llmobs.wording import count, noun

_LISTED = 20
"""Files that are named; the others are counted."""
_LEAST_MODEL = 16


def stats_page(figures: Figures, folder: str, page: Page) -> list[str]:
    """Return a row a model, and what is of no use any more."""
    models = figures.models
    table = [
        column("provider", "provider", models, lambda row: page.line(row.provider)),
        column("model", "model", models, lambda row: page.line(row.model or "(none named)")),
        column("requests", "requests", models, lambda row: f"{row.requests:,}", right=True),
        column("replies", "replies", models, lambda row: f"{row.recordings:,}", right=True),
        column("size", "size", models, lambda row: shown_size(row.size), right=True),
        column("retired", "", models, _retired),
    ]
    heading, rows = draw_painted(
        fitted(table, page.width, [squeeze("model", _LEAST_MODEL, page.width, page)]), page
    )
    replies = noun(figures.recordings, "reply", "replies")
    total = f"{figures.recordings:,} {replies} in {page.line(folder)}, {shown_size(figures.size)}"
    lines = [*heading, *rows, ""] if models else []
    return [*lines, *page.wrapped(f"{total}."), *_remarks(figures, page)]


def _retired(row: ModelFigures) -> str:
    return "" if row.retired is None else f"gone since {row.retired:%Y-%m-%d}"


def _remarks(figures: Figures, page: Page) -> Iterator[str]:
    problems = figures.damaged + figures.strangers
    if problems:
        text = f"{count(problems, 'file')} can't be relied on: `llmobs cassettes check` names them."
        yield from page.item(text, mark="!", style="yellow")
    if figures.orphans:
        text = f"{figures.orphans:,} were not asked for by the last session: `llmobs cassettes prune` lists them."
        yield from page.item(text, mark="!", style="yellow")


def leftovers_page(leftovers: Leftovers, page: Page) -> list[str]:
    """Return what may go, file by file."""
    if leftovers.is_empty:
        return page.wrapped("Nothing is left over: the last session asked for every recording.")
    paths = leftovers.paths
    lines = [page.clip_start(page.line(display_path(path)), page.width) for path in paths[:_LISTED]]
    if len(paths) > _LISTED:
        lines.append(f"and {len(paths) - _LISTED:,} more")
    recordings = count(len(leftovers.recordings), "recording")
    texts = f" and {count(len(leftovers.texts), 'text')} of their requests" if leftovers.texts else ""
    ending = f"{recordings}{texts} that the last session didn't ask for, {shown_size(leftovers.size)}."
    return [*lines, "", *page.wrapped(ending)]


def shown_size(size: int) -> str:
    """Return bytes as people read them."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{size / 1000:.1f} kB"
    return f"{size / 1_000_000:.1f} MB"
