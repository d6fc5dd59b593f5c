"""Tables by ``tabulate``, wide characters counted right, that give way column by column until they fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TypeVar

from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

_STAND_IN = 0xF0000
"""First code point of a private plane: stands for one cluster beyond ASCII."""
_FILLER = "\U000ffffd"

_Row = TypeVar("_Row")
Table = Sequence["TextColumn"]
Step = Callable[[Table], Table]


@dataclass(frozen=True)
class TextColumn:
    """One column: its title and its cells, each one line of plain text without trailing spaces."""

    key: str
    """What the giving-way steps call it."""
    title: str
    cells: Sequence[str]
    right: bool = False
    """True for figures."""

    @cached_property
    def width(self) -> int:
        """Cells that the widest of title and cells takes."""
        # kept, because every step of ``fitted`` asks for it again, and measuring text is most of drawing a table
        return max(map(cells.width, (self.title, *self.cells)))


def column(
    key: str, title: str, rows: Iterable[_Row], cell: Callable[[_Row], str], *, right: bool = False
) -> TextColumn:
    """Return a column with a cell for each of ``rows``."""
    return TextColumn(key, title, list(map(cell, rows)), right)


def draw(table: Table, page: Page) -> list[str]:
    """Return the table's lines: titles, a rule, then one line a row, without colours or trailing spaces.

    The titles go to ``tabulate`` as a row, because it makes a column two cells wider than its title.
    """
    # 80 ms that a session without a table needn't spend
    from tabulate import DataRow, TableFormat, tabulate

    gap = DataRow("", "  ", "")
    stand_ins: dict[str, str] = {}
    measured = partial(_measured, stand_ins=stand_ins)
    columns = []
    for text_column in table:
        columns.append(list(map(measured, (text_column.title, *text_column.cells))))
    text = tabulate(
        list(zip(*columns, strict=True)),
        tablefmt=TableFormat(None, None, None, None, gap, gap, 0, None),
        colalign=list(map(_alignment, table)),
        disable_numparse=True,  # an example's id may look like a number
    )
    for cluster, stand_in in stand_ins.items():
        text = text.replace(stand_in, cluster)
    titles, *lines = map(str.rstrip, text.replace(_FILLER, "").split("\n"))
    return [titles, page.signs.rule * total_width(table), *lines]


def draw_painted(table: Table, page: Page) -> tuple[list[str], list[str]]:
    """Return the table's painted heading (titles and rule), and its rows, which the caller may paint."""
    titles, rule, *rows = draw(table, page)
    return [page.paint(titles, "bold"), page.paint(rule, "dim")], rows


def fitted(table: Table, limit: int, steps: Iterable[Step]) -> Table:
    """Apply ``steps`` in their order, one after the other, until the table takes at most ``limit`` cells."""
    table = _lean(table)
    for step in steps:
        if total_width(table) <= limit:
            break
        table = _lean(step(table))
    return table


def _lean(table: Table) -> Table:
    """Leave out what nobody has a value for: it says nothing, and takes room."""
    return [column for column in table if any(column.cells)]


def total_width(table: Table) -> int:
    """Return the cells a drawn line takes: all columns and two spaces between neighbours."""
    width = 2 * (len(table) - 1)
    for column in table:
        width += column.width
    return width


def drop(key: str) -> Step:
    """Return a step that leaves the column ``key`` out."""

    def step(table: Table) -> Table:
        return [column for column in table if column.key != key]

    return step


def swap(*columns: TextColumn) -> Step:
    """Return a step that puts ``columns`` in the place of those with their keys: the same, said shorter."""
    shorter = {column.key: column for column in columns}

    def step(table: Table) -> Table:
        return [shorter.get(column.key, column) for column in table]

    return step


def squeeze(key: str, least: int, limit: int, page: Page) -> Step:
    """Return a step that cuts the middle of a column's texts by what is missing, down to ``least`` cells."""

    def step(table: Table) -> Table:
        over = total_width(table) - limit
        for column in table:
            if column.key == key:
                room = max(column.width - over, least)
                texts = [page.clip_middle(text, room) for text in column.cells]
                return swap(replace(column, cells=texts))(table)
        return table

    return step


def _alignment(column: TextColumn) -> str:
    if column.right:
        return "right"
    return "left"


def _measured(text: str, stand_ins: dict[str, str]) -> str:
    """Give ``text`` as many code points as it takes cells, because ``tabulate`` alone counts code points.

    Leading spaces get a stand-in too: ``tabulate`` strips them. Marks without a base are dropped.
    """
    bare = text.lstrip(" ")
    lead = _stand_in(" ", stand_ins) * (len(text) - len(bare))
    if bare.isascii():
        return lead + bare
    pieces = [lead]
    for cluster, size in cells.clusters(bare):
        # where wcwidth is installed, tabulate asks it, and it sees some marks otherwise than we do
        if size == 1 and cluster.isascii():
            pieces.append(cluster)
        elif size:
            pieces.append(_stand_in(cluster, stand_ins) + _FILLER * (size - 1))
    return "".join(pieces)


def _stand_in(cluster: str, stand_ins: dict[str, str]) -> str:
    return stand_ins.setdefault(cluster, chr(_STAND_IN + len(stand_ins)))
