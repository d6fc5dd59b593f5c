"""``llmobs runs``: the runs that a filter chooses, for people, machines and spreadsheets."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.run_columns import EVERYTHING, SHOWN, Row, RunColumns, chosen
from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.numbers import limit
from pytest_llmobs.cli.stores import open_store
from pytest_llmobs.records.conditions import Condition, Conjunction, FieldCondition, RunFilter, asks_of
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.storage.store import Store

_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "filter",
        nargs="?",
        metavar="FILTER",
        help="such as 'and(eq(status, \"error\"), gt(latency, 2))'; docs/filters.md has the language",
    )
    parser.add_argument(
        "--project", action="append", metavar="P", help="only runs of this project (repeatable; default: all)"
    )
    parser.add_argument("--root", action="store_true", help="only root runs")
    parser.add_argument("--judges", action="store_true", help="also runs of judges and other evaluators")
    parser.add_argument("--trace-filter", metavar="F", help="a filter that the root run of the trace fulfils")
    parser.add_argument("--tree-filter", metavar="F", help="a filter that any run of the trace fulfils")
    parser.add_argument(
        "--limit", type=limit, default=_SHOWN, metavar="N", help=f"most runs (0: all; default {_SHOWN})"
    )
    parser.add_argument("--oldest-first", action="store_true", help="turn the order round")
    parser.add_argument(
        "--select", metavar="A,B", help="the columns, such as id,name,inputs,metadata.plan,feedback"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print them for machines, all columns")
    form.add_argument("--csv", action="store_true", help="print them for spreadsheets")
    parser.add_argument(
        "--explain", action="store_true", help="say how the filter is answered, and what was read for it"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the runs, or how the question was answered.

    Raises:
        NotFoundError: A project is unknown.
        FilterError: A filter can't be understood, or a column to print is unknown.
        StoreError: There is no store, or it can't be read.
    """
    store = open_store(arguments.store, console)
    wanted = _wanted(arguments)
    columns = chosen(arguments.select, EVERYTHING if arguments.json else SHOWN)
    for project in arguments.project or ():
        store.check_project(project)
    if arguments.explain:
        return _explain(wanted, columns, arguments, store, console)
    rows, has_more = _rows(wanted, columns, arguments, store)
    if arguments.json:
        console.json(rows)
    elif arguments.csv:
        console.csv(columns.names, [list(row.values()) for row in rows])
    elif rows:
        _list(rows, columns, console)
        if arguments.select:
            _tell_of_empty(rows, columns, console)
    else:
        console.note("No run matches.")
    if has_more:
        console.note("More runs match: --limit 0 prints them all.")
    return 0


def _wanted(arguments: argparse.Namespace) -> RunFilter:
    """Return what is asked for, read at once, so that a mistake is told before anything is opened."""
    from pytest_llmobs.storage.filtering.language import parse

    parts: list[Condition] = []
    if arguments.filter is not None:
        parts.append(parse(arguments.filter))
    if arguments.root:
        parts.append(FieldCondition("is_root", "eq", True))
    if not arguments.judges and not asks_of(Conjunction(tuple(parts)), "evaluates"):
        parts.append(FieldCondition("evaluates", "eq", None))
    traces: list[Condition | None] = []
    for text in (arguments.trace_filter, arguments.tree_filter):
        traces.append(None if text is None else parse(text))
    return RunFilter(Conjunction(tuple(parts)), *traces)


def _rows(
    wanted: RunFilter, columns: RunColumns, arguments: argparse.Namespace, store: Store
) -> tuple[list[Row], bool]:
    """Return the rows, and whether there are more than the limit allows."""
    limit = arguments.limit if arguments.limit > 0 else None
    rows: list[Row] = []
    tables = store.tables(
        columns.needed,
        arguments.project,
        filter=wanted,
        limit=None if limit is None else limit + 1,
        newest_first=not arguments.oldest_first,
    )
    for table in tables:
        rows += columns.rows(table, store)
    return rows[:limit], limit is not None and len(rows) > limit


def _list(rows: Sequence[Row], columns: RunColumns, console: Console) -> None:
    from pytest_llmobs.reports.pages.runs import run_listing

    lines = run_listing(columns.names, rows, console.page)
    if lines:
        console.say("\n".join(lines))


def _tell_of_empty(rows: Sequence[Row], columns: RunColumns, console: Console) -> None:
    """Name the columns that were asked for and are nowhere: a metadata key with a letter too few, say."""
    from pytest_llmobs.reports.pages.runs import without_values

    for name in without_values(columns.names, rows):
        console.note(f"No {name} in {count(len(rows), 'run')}.")


def _explain(
    wanted: RunFilter, columns: RunColumns, arguments: argparse.Namespace, store: Store, console: Console
) -> int:
    from pytest_llmobs.cli.commands.scan_explanation import explanation, explanation_lines

    document: dict[str, Any] = explanation(
        store,
        wanted,
        arguments.project,
        columns.needed,
        limit=arguments.limit if arguments.limit > 0 else None,
        newest_first=not arguments.oldest_first,
    )
    if arguments.json:
        console.json(document)
    else:
        console.say("\n".join(explanation_lines(document, console.page)))
    return 0
