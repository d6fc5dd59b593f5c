"""How a list of YAML grows and shrinks: which characters go, and what comes in their place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from pytest_llmobs.datasets.editing.files.ends import RARE_BREAKS, text_end
from pytest_llmobs.datasets.editing.files.items import ItemList, line_after, line_begin, line_end

_COMMA = re.compile(r"\s*(?:#[^\n]*\n\s*)*,")
_END = re.compile(r"^\.\.\.\s*(#.*)?$", re.MULTILINE)
"""The mark that a document ends here."""
_ONLY_COMMA = re.compile(r"\s*,?\s*(#.*)?")


class Splice(NamedTuple):
    """Characters of a text, and what comes in their place."""

    begin: int
    end: int
    text: str


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """Return a text with the splices made; those that take out what another one takes out too may overlap."""
    pieces: list[str] = []
    position = 0
    for splice in sorted(splices, key=lambda splice: splice[:2]):
        pieces += (text[position : max(position, splice.begin)], splice.text)
        position = max(position, splice.end)
    pieces.append(text[position:])
    return "".join(pieces)


def inner_indent(text: str, found: ItemList) -> int:
    """Return how far the keys of an item in lines are indented."""
    column = found.begin - line_begin(text, found.begin)
    for item in reversed(found.items):
        if item.keys:
            begin = item.extent.begin
            return begin - line_begin(text, begin)
    return column + 2


def step(text: str, found: ItemList | None) -> int:
    """Return by how many blanks what is below a key is indented: as the first key does it that has something below."""
    for item in found.items if found is not None else ():
        for key in item.keys or ():
            if key.keys:
                above, below = key.extent.begin, key.keys[0].extent.begin
                width = (below - line_begin(text, below)) - (above - line_begin(text, above))
                return min(max(width, 2), 9)
    return 2


def dash_line(text: str, found: ItemList, number: int) -> int:
    """Return where the line with an item's dash begins."""
    column = found.begin - line_begin(text, found.begin)
    begin = line_begin(text, found.items[number].extent.begin)
    # the dash may stand alone, above its item
    while begin and text[begin + column : begin + column + 1] != "-":
        begin = line_begin(text, begin - 1)
    return begin


def removals(text: str, found: ItemList, numbers: Sequence[int]) -> list[Splice]:
    """Return what takes items out: in lines with their lines, in brackets with one comma."""
    if not found.is_flow:
        return list(map(partial(_lines_of, text, found), numbers))
    # a comma that nothing stands before is no list
    if len(numbers) == len(found.items):
        first = found.items[0].extent
        return [Splice(first.begin, found.end - 1, "")]
    return list(map(partial(_between_commas, text, found), numbers))


def _lines_of(text: str, found: ItemList, number: int) -> Splice:
    extent = found.items[number].extent
    end = extent.tail if extent.tail > extent.end else line_after(text, extent.end)
    above = found.items[number - 1].extent if number else None
    if above is not None and above.tail > above.end:
        # blank lines behind the item would belong to the text above
        while end < len(text) and not text[end : line_end(text, end)].strip():
            end = line_after(text, end)
    return Splice(dash_line(text, found, number), end, "")


def _between_commas(text: str, found: ItemList, number: int) -> Splice:
    extent = found.items[number].extent
    begin, end = line_begin(text, extent.begin), line_after(text, extent.end)
    has_own_lines = not text[begin : extent.begin].strip() and _ONLY_COMMA.fullmatch(text[extent.end : end])
    if has_own_lines:
        return Splice(begin, end, "")
    if number + 1 < len(found.items):
        return Splice(extent.begin, found.items[number + 1].extent.begin, "")
    return Splice(found.items[number - 1].extent.end, extent.end, "")


def addition(text: str, found: ItemList | None, items: Sequence[str]) -> list[Splice]:
    """Return what appends items, as they are written: with dashes, or in braces."""
    end = text_end(text)
    if found is None or not found.is_flow:
        return [_below(text, found, f"{end.join(items)}", end)]
    if not found.items:
        return [Splice(found.begin + 1, found.begin + 1, ", ".join(items))]
    last = found.items[-1].extent
    begin = line_begin(text, last.begin)
    comma = _COMMA.match(text, last.end)
    if text[begin : last.begin].strip() or "\n" not in text[last.end : found.end]:
        return [Splice(last.end, last.end, "".join(f", {item}" for item in items))]
    indent = " " * (last.begin - begin)
    behind = line_end(text, last.end if comma is None else comma.end())
    lines = f",{end}".join(f"{indent}{item}" for item in items)
    if comma is not None:
        return [Splice(behind, behind, f"{end}{lines},")]
    return [Splice(last.end, last.end, ","), Splice(behind, behind, f"{end}{lines}")]


def _below(text: str, found: ItemList | None, lines: str, end: str) -> Splice:
    """Return what appends lines to a list in lines, or to a file that has none."""
    marked_end = _END.search(text)
    position = marked_end.start() if marked_end else len(text)
    if found is not None and found.items:
        last = found.items[-1].extent
        position = last.tail
        # a text that ends with a line break of its own may have the document's end behind it
        if last.tail == last.end and not text[:position].endswith(RARE_BREAKS):
            position = line_after(text, last.end)
    before = text[:position]
    opening = end if before and not before.endswith(("\n", *RARE_BREAKS)) else ""
    return Splice(position, position, f"{opening}{lines}{end}")
