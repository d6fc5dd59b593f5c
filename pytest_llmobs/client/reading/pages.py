"""Pages of runs, with a cursor that says where the next one begins."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial

from pytest_llmobs.client.reading.views import Here, RunView
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.records.fit import shortened
from pytest_llmobs.records.runs import Run


@dataclass(frozen=True)
class Position:
    """Where a page ended: newest first, further runs started before that time, or have a smaller id."""

    start_time: datetime
    id: str


ReadPage = Callable[[Position | None, int], list[Run]]
"""Takes where the page before has ended, and the most runs."""


class RunPage(Here):
    """A page of runs, which is read when it is first looked at. Iterating goes on with the pages behind it."""

    def __init__(self, read: ReadPage, size: int, cursor: str | None = None) -> None:
        """Say what is on it.

        Args:
            read: Reads the runs.
            size: Most runs of a page.
            cursor: The ``next_cursor`` of the page before; None for the first page.

        Raises:
            ArgumentError: The cursor is none of ours.
        """
        self._read, self._size = read, size
        self._position = None if cursor is None else _position(cursor)

    @cached_property
    def _runs(self) -> list[Run]:
        # one more than is shown: whether there is a next page shows by that
        return self._read(self._position, self._size + 1)

    @cached_property
    def items(self) -> list[RunView]:
        """The runs of this page."""
        return list(map(RunView, self._runs[: self._size]))

    @property
    def next_cursor(self) -> str | None:
        """Where the next page begins, for ``cursor=``; None behind the last one."""
        if len(self._runs) <= self._size:
            return None
        last = self._runs[self._size - 1]
        return _cursor(Position(last.start_time, last.id))

    def has_next_page(self) -> bool:
        """Return True where there are runs behind this page."""
        return self.next_cursor is not None

    def get_next_page(self) -> RunPage:
        """Return the page behind this one; it may be awaited.

        Raises:
            ArgumentError: This is the last one.
        """
        cursor = self.next_cursor
        if cursor is None:
            raise ArgumentError("This is the last page: has_next_page() says so.")
        return RunPage(self._read, self._size, cursor)

    def iter_pages(self) -> Iterator[RunPage]:
        """Yield this page and those behind it."""
        page = self
        yield page
        while page.has_next_page():
            page = page.get_next_page()
            yield page

    def __getitem__(self, position: int) -> RunView:
        """Return a run of this page."""
        return self.items[position]

    def __iter__(self) -> Iterator[RunView]:
        """Yield the runs of this page and of those behind it."""
        for page in self.iter_pages():
            yield from page.items

    async def __aiter__(self) -> AsyncIterator[RunView]:
        """Yield the same; files are read in a thread."""
        import asyncio  # 20 ms that nobody else needs

        page = self
        while True:
            for run in await asyncio.to_thread(partial(getattr, page, "items")):
                yield run
            if not page.has_next_page():
                return
            page = page.get_next_page()


def _cursor(position: Position) -> str:
    text = json.dumps([position.start_time.isoformat(), position.id])
    return urlsafe_b64encode(text.encode()).decode()


def _position(cursor: str) -> Position:
    try:
        time, id = json.loads(urlsafe_b64decode(cursor))
        return Position(datetime.fromisoformat(time), str(id))
    except (ValueError, TypeError):
        raise ArgumentError(
            f"cursor={shortened(cursor)} is none: take the next_cursor of the page before, as it is."
        ) from None
