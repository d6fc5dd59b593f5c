"""Tables by ``tabulate``, wide characters counted right, that give way column by column until they fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

_STAND_IN = 0xF0000
"""First code point of a private plane: stands for one cluster whose width is not its length."""
_FILLER = "\U000ffffd"

Table = Sequence["Column"]
Step = Callable[[Table], Table]


@dataclass(frozen=True)
class Column:
    """One column: its title and its cells, each one line of plain text without trailing spaces."""

    key: str
    """What the giving-way steps call it."""
    title: str
    cells: Sequence[str]
    right: bool = False
    """True for figures."""

    @property
    def width(self) -> int:
        """Cells that the widest of title and cells takes."""
        return max(map(cells.width, (self.title, *self.cells)))


def draw(table: Table, page: Page) -> list[str]:
    """Return the table's lines: titles, a rule, then one line a row, without colours or trailing spaces.

    The titles go to ``tabulate`` as a row, because it makes a column two cells wider than its title.
    """
    from tabulate import DataRow, TableFormat, tabulate

    row = DataRow("", "  ", "")
    stand_ins: dict[str, str] = {}
    rows = zip(*((column.title, *column.cells) for column in table), strict=True)
    text = tabulate(
        [[_measured(cell, stand_ins) for cell in row_] for row_ in rows],
        tablefmt=TableFormat(None, None, None, None, row, row, 0, None),
        colalign=["right" if column.right else "left" for column in table],
        disable_numparse=True,
    )
    for cluster, stand_in in stand_ins.items():
        text = text.replace(stand_in, cluster)
    titles, *lines = (line.rstrip() for line in text.replace(_FILLER, "").split("\n"))
    return [titles, page.signs.rule * total_width(table), *lines]


def fitted(table: Table, limit: int, steps: Iterable[Step]) -> Table:
    """Apply ``steps`` in their order, one after the other, until the table takes at most ``limit`` cells."""
    table = [column for column in table if any(column.cells)]
    for step in steps:
        if total_width(table) <= limit:
            break
        table = step(table)
    return table


def total_width(table: Table) -> int:
    """Return the cells a drawn line takes: all columns and two spaces between neighbours."""
    return sum(column.width for column in table) + 2 * (len(table) - 1)


def drop(key: str) -> Step:
    """Return a step that leaves the column ``key`` out."""
    return lambda table: [column for column in table if column.key != key]


def swap(*columns: Column) -> Step:
    """Return a step that puts ``columns`` in the place of those with their keys: the same, said shorter."""
    shorter = {column.key: column for column in columns}
    return lambda table: [shorter.get(column.key, column) for column in table]


def squeeze(key: str, least: int, limit: int, page: Page) -> Step:
    """Return a step that cuts the middle of a column's texts by what is missing, down to ``least`` cells."""

    def step(table: Table) -> Table:
        return [cut(column, total_width(table) - limit) if column.key == key else column for column in table]

    def cut(column: Column, over: int) -> Column:
        room = max(column.width - over, least)
        return replace(column, cells=[page.clip_middle(text, room) for text in column.cells])

    return step


def _measured(text: str, stand_ins: dict[str, str]) -> str:
    """Give ``text`` as many code points as it takes cells, because ``tabulate`` alone counts code points.

    Leading spaces get a stand-in too: ``tabulate`` strips them. Marks without a base are dropped.
    """
    bare = text.lstrip(" ")
    lead = _stand_in(" ", stand_ins) * (len(text) - len(bare))
    if bare.isascii():
        return lead + bare
    return lead + "".join(
        cluster if size == 1 == len(cluster) else _stand_in(cluster, stand_ins) + _FILLER * (size - 1)
        for cluster, size in cells.clusters(bare)
        if size
    )


def _stand_in(cluster: str, stand_ins: dict[str, str]) -> str:
    return stand_ins.setdefault(cluster, chr(_STAND_IN + len(stand_ins)))
