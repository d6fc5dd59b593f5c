"""``llmobs feedback``: what was said of runs, listed and summed."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.moments import read_moment
from pytest_llmobs.cli.numbers import limit
from pytest_llmobs.cli.stores import open_store
from pytest_llmobs.errors import NotFoundError, StoreError
from pytest_llmobs.records.feedback import Feedback, FeedbackStats
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.feedback.selection import Selection
    from pytest_llmobs.storage.store import Store

_SHOWN = 20
_CSV_FIELDS = ("created_at", "key", "score", "value", "comment", "correction", "unscored")
_CSV_HEADER = (*_CSV_FIELDS, "source", "project", "run_id", "trace_id", "modified_at", "id")
_FIGURES = ("n", "avg", "comments", "values")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--project", metavar="P", help="only what is about this project or its runs")
    parser.add_argument(
        "--key", action="append", metavar="K", help="only this key, such as user_rating (repeatable)"
    )
    parser.add_argument(
        "--run", metavar="ID", help="only what is about this run; the id's beginning is enough"
    )
    parser.add_argument(
        "--since",
        metavar="WHEN",
        help="only what was given since: 2h, 3d, 2w, 2026-11-30, '2026-11-30 09:00'",
    )
    parser.add_argument(
        "--by",
        metavar="WHAT",
        help="sum by value, comment, source, day, another key, a field of the run (name, model …) "
        "or metadata.NAME",
    )
    parser.add_argument(
        "--limit", type=limit, default=_SHOWN, metavar="N", help=f"most records (0: all; default {_SHOWN})"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print them for machines")
    form.add_argument("--csv", action="store_true", help="print them for spreadsheets")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print sums and records.

    Raises:
        NotFoundError: A project, key or run is unknown, or nothing can be sliced by ``--by``.
        ArgumentError: A time makes no sense.
        StoreError: There is no store, or it can't be read.
    """
    store = open_store(arguments.store, console)
    selection = _selection(arguments, store)
    if arguments.by is not None:
        return _slices(selection, arguments, store, console)
    return _list(selection, arguments, store, console)


def _selection(arguments: argparse.Namespace, store: Store) -> Selection:
    from pytest_llmobs.feedback.reading import check_project
    from pytest_llmobs.feedback.selection import Selection

    selection = Selection(
        run_ids=_run_ids(arguments.run, store),
        keys=arguments.key,
        project=arguments.project,
        start_time=read_moment("--since", arguments.since),
    )
    check_project(store, selection)
    return selection


def _run_ids(which: str | None, store: Store) -> Sequence[str] | None:
    """Return the id that is meant; a whole one need not be a stored run's."""
    from pytest_llmobs.tracing.ids import is_id

    if which is None:
        return None
    if is_id(which.lower()):
        return [which.lower()]
    try:
        return [store.read_run(which.lower(), load_children=False).id]
    except StoreError as error:
        raise NotFoundError(str(error)) from error


def _list(selection: Selection, arguments: argparse.Namespace, store: Store, console: Console) -> int:
    from pytest_llmobs.feedback.reading import chosen_feedback, with_projects
    from pytest_llmobs.feedback.sums import said_of, sums_by_key

    stats = sums_by_key(said_of(store, selection))
    limit = arguments.limit if arguments.limit > 0 else None
    records = with_projects(store, list(islice(chosen_feedback(store, selection, limit), limit)))
    if arguments.json:
        by_key = {key: asdict(own) for key, own in stats.items()}
        console.json({"sums": by_key, "feedback": list(map(asdict, records))})
    elif arguments.csv:
        console.csv(_CSV_HEADER, map(_csv_row, records))
    elif not stats:
        _say_why_none(selection, store, console)
    else:
        _print(stats, records, console)
    return 0


def _print(stats: dict[str, FeedbackStats], records: Sequence[Feedback], console: Console) -> None:
    from pytest_llmobs.reports.pages.feedback import feedback_listing, sums_listing

    lines = sums_listing(["key"], [([key], own) for key, own in stats.items()], console.page)
    console.say("\n".join([*lines, "", *feedback_listing(records, console.page)]))
    left_out = sum(own.n for own in stats.values()) - len(records)
    if left_out > 0:
        console.note(f"{left_out:,} older: llmobs feedback --limit 0")


def _slices(selection: Selection, arguments: argparse.Namespace, store: Store, console: Console) -> int:
    from pytest_llmobs.feedback.slices import slices
    from pytest_llmobs.reports.pages.feedback import sums_listing

    groups = slices(store, selection, arguments.by)
    if arguments.json:
        rows = [{"slice": about[0], "key": about[1], **asdict(own)} for about, own in groups.items()]
        console.json({"by": arguments.by, "sums": rows})
    elif arguments.csv:
        console.csv((arguments.by, "key", *_FIGURES), _csv_sums(groups.items()))
    elif not groups:
        _say_why_none(selection, store, console)
    else:
        console.say("\n".join(sums_listing([arguments.by, "key"], list(groups.items()), console.page)))
        if all(about[0] is None for about in groups):
            console.note(f"nothing is told apart by {arguments.by!r}: neither feedback nor its runs have any")
    return 0


def _say_why_none(selection: Selection, store: Store, console: Console) -> None:
    """Say what is known where nothing was found.

    Raises:
        NotFoundError: Nobody has ever said anything under one of the keys.
    """
    from pytest_llmobs.feedback.selection import Selection
    from pytest_llmobs.feedback.sums import said_of

    keys = sorted(said_of(store, Selection())["key"].unique().to_pylist())
    if not keys:
        console.note(
            f'No feedback in {store.place!r} yet. `Client().create_feedback(run_id, "user_rating", score=1)` in the '
            "app writes it: docs/feedback.md."
        )
        return
    for key in selection.keys or ():
        if key not in keys:
            raise NotFoundError(f"Unknown key {key!r}.{nearest(key, keys)} {known(keys)}")
    console.note(f"No feedback is meant by all of these options. {known(keys)}")


def _csv_row(feedback: Feedback) -> list[Any]:
    row: list[Any] = [getattr(feedback, name) for name in _CSV_FIELDS]
    row += [feedback.source.type, feedback.project, feedback.run_id, feedback.trace_id]
    row += [feedback.modified_at, feedback.id]
    return list(map(_csv_value, row))


def _csv_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def _csv_sums(groups: Iterable[tuple[tuple[str | None, str], FeedbackStats]]) -> Iterable[list[Any]]:
    for about, stats in groups:
        yield [*about, *(getattr(stats, name) for name in _FIGURES)]
