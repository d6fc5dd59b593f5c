"""The runs that a query admits, with the details that were selected; and page by page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pytest_llmobs.client.reading.details import Detail, detailed, with_feedback, with_order
from pytest_llmobs.client.reading.fields import FEEDBACK, ORDER, columns_of, select_fields
from pytest_llmobs.client.reading.pages import Position, ReadPage
from pytest_llmobs.client.reading.query import behind

if TYPE_CHECKING:
    from pytest_llmobs.records.conditions import RunFilter
    from pytest_llmobs.records.runs import Run
    from pytest_llmobs.storage.store import Store


def matching_runs(
    store: Store,
    projects: Sequence[str] | None,
    wanted: RunFilter,
    select: Iterable[Any] | None = None,
    limit: int | None = None,
    newest_first: bool = True,
) -> Iterator[Run]:
    """Return the runs that match; nothing is read before the first is asked for.

    Args:
        store: Has them.
        projects: Names; None for all.
        wanted: The filter.
        select: The fields that are needed; None for all.
        limit: Most runs; None for all.
        newest_first: False turns the order round.

    Raises:
        ArgumentError: A field is unknown.
    """
    fields = select_fields(select)
    if limit == 0:
        return iter(())
    details: list[Detail] = []
    if fields is None or FEEDBACK in fields:
        details.append(with_feedback)
    if fields is not None and ORDER in fields:
        details.append(with_order)
    runs = store.runs(
        projects, filter=wanted, limit=limit, newest_first=newest_first, columns=columns_of(fields)
    )
    return detailed(store, runs, details, limit)


def page_reader(
    store: Store, projects: Sequence[str] | None, wanted: RunFilter, select: Iterable[Any] | None
) -> ReadPage:
    """Return what reads the runs behind a position.

    Raises:
        ArgumentError: A field is unknown.
    """
    fields = select_fields(select)

    def read(position: Position | None, limit: int) -> list[Run]:
        return list(matching_runs(store, projects, behind(wanted, position), fields, limit))

    return read
