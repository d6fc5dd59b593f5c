"""How a question about runs was answered: what was pushed down to the files, and what had to be read for it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.records.conditions import RunFilter
    from pytest_llmobs.storage.store import Store

_LONGEST = 2000
"""Characters that are shown of the pushed-down expression: sets of ids are long."""


def explanation(
    store: Store,
    wanted: RunFilter,
    projects: Sequence[str] | None,
    columns: Sequence[str],
    *,
    limit: int | None,
    newest_first: bool,
) -> dict[str, Any]:
    """Answer a question and return what it took, as a document of JSON types.

    Raises:
        StoreError: The store can't be read.
    """
    from pytest_llmobs.storage.filtering.compilation import compiled
    from pytest_llmobs.storage.parquet.report import ScanReport

    begun = time.perf_counter()
    where = compiled(wanted, store, projects)
    report = ScanReport()
    tables = store.tables(
        list(columns), projects, filter=wanted, limit=limit, newest_first=newest_first, report=report
    )
    rows = sum(map(len, tables))
    return {
        "conditions": list(where.conditions),
        "pushed_down": None if where.pushdown is None else _one_line(str(where.pushdown)),
        "row_by_row": list(where.row_checks),
        "row_by_row_columns": list(where.mask_columns),
        "files": report.files,
        "files_skipped": report.skipped_files,
        "files_read": report.read_files,
        "row_groups": report.groups,
        "row_groups_skipped": report.skipped_groups,
        "row_groups_read": report.read_groups,
        "unsealed_files": report.unsealed,
        "rows_read": report.scanned_rows,
        "rows": rows,
        "seconds": time.perf_counter() - begun,
    }


def explanation_lines(document: Mapping[str, Any], page: Page) -> list[str]:
    """Return the document for people."""
    lines: list[str] = []
    for title, texts in _sections(document):
        lines.append(page.paint(title, "bold"))
        for text in texts:
            lines += page.item(text, mark=" ")
    return lines


def _sections(document: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str]]]:
    yield "asked for", document["conditions"] or ["every run"]
    pushed = document["pushed_down"] or "nothing: every row is read"
    if len(pushed) > _LONGEST:
        pushed = f"{pushed[:_LONGEST]}..."
    yield "pushed down to Arrow", [pushed]
    checks = document["row_by_row"] or ["nothing: what is pushed down says it all"]
    yield "checked row by row", checks
    yield "read", list(_amounts(document))


def _amounts(document: Mapping[str, Any]) -> Iterator[str]:
    for name, noun in (("files", "file"), ("row_groups", "row group")):
        skipped, read = document[f"{name}_skipped"], document[f"{name}_read"]
        yield f"{count(read, noun)} of {document[name]:,}; {skipped:,} skipped by their statistics"
    if document["unsealed_files"]:
        yield f"{count(document['unsealed_files'], 'file')} of processes that are running"
    seconds = figures.seconds(document["seconds"])
    yield f"{count(document['rows_read'], 'row')}, of which {document['rows']:,} are the answer, in {seconds}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
