"""A YAML file that is edited: of an item that changes, the keys that change are written anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.editing.files.base import Finished, pinned_ids
from pytest_llmobs.datasets.editing.files.dumping import block, flow
from pytest_llmobs.datasets.editing.files.ends import text_end
from pytest_llmobs.datasets.editing.files.items import Item, ItemList, items_of, line_begin, line_end
from pytest_llmobs.datasets.editing.files.keys import Keys, lines_for
from pytest_llmobs.datasets.editing.files.layout import (
    Splice,
    addition,
    inner_indent,
    removals,
    spliced,
    step,
)
from pytest_llmobs.datasets.editing.files.reread import Remedy, RereadFile, check
from pytest_llmobs.datasets.rows import row_of
from pytest_llmobs.datasets.versions.versions import version_of
from pytest_llmobs.datasets.yaml import rows_of
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path
from pytest_llmobs.records.examples import Example

_REMEDY = Remedy(
    ids="Write the id of each into its item first.",
    others="An anchor (&name) stands for the same wherever it is used (*name): write out there what it stands for.",
)


class YamlFile(RereadFile):
    """The items of a file, and the examples of them."""

    def __init__(self, content: bytes, path: Path) -> None:
        """Read a file.

        Raises:
            DatasetError: An item is no example.
        """
        super().__init__()
        rows = self._begin(content, path, rows_of)
        self._written = {
            id for id, row in zip(self._before, rows, strict=True) if row.data.get("id") is not None
        }

    def finish(self) -> Finished:
        """Return the file with the changes.

        Raises:
            DatasetError: An anchor that is used elsewhere would go, or a value would read otherwise.
        """
        wanted = self.examples
        text = self._text
        found = items_of(text)
        is_end_touched = self.put.keys() - self._before.keys() or self.put.keys() & set(
            list(self._before)[-1:]
        )
        if found is not None and found.open_text is not None and is_end_touched:
            # said outright, the text is the same whatever follows
            marks = text[found.open_text : line_end(text, found.open_text)]
            kept = marks.replace("+", "", 1)
            text = f"{text[: found.open_text]}-{kept}{text[found.open_text + len(marks) :]}"
            found = items_of(text)
        splices = list(self._splices(text, found))
        if found is not None:
            self._refuse_lost_anchors(text, found, splices)
        content = self._mark + spliced(text, splices).encode()
        if self.put or self.removed:
            check(content, self._path, partial(rows_of, warns=False), wanted, self.put, _REMEDY)
        return Finished(content, version_of(tuple(wanted.values())))

    def _splices(self, text: str, found: ItemList | None) -> Iterator[Splice]:
        pinned = pinned_ids(self._before, self._written, self.put, self.removed)
        numbers: list[int] = []
        for number, (id, old) in enumerate(self._before.items()):
            if id in self.removed:
                numbers.append(number)
            elif found is not None and (id in self.put or id in pinned):
                yield from self._replaced(text, found, found.items[number], old, self.put.get(id, old))
        if found is not None and numbers:
            yield from removals(text, found, numbers)
        added: list[str] = []
        for id, example in self.put.items():
            if id not in self._before:
                added.append(_new_item(text, found, example))
        if added:
            yield from addition(text, found, added)

    def _replaced(
        self, text: str, found: ItemList, item: Item, old: Example, new: Example
    ) -> Iterator[Splice]:
        before, after = row_of(old), row_of(new)
        if old.id not in self._written:
            before.pop("id")
        width = step(text, found)
        names = set(map(attrgetter("name"), item.keys or ()))
        keys = Keys(text, item.keys or (), width)
        splices = keys.edited(_flat(before, names), _flat(after, names))
        if splices is None:
            yield _whole(text, item, after, width)
        else:
            yield from splices

    def _refuse_lost_anchors(self, text: str, found: ItemList, splices: Sequence[Splice]) -> None:
        """Refuse to take out an anchor that something refers to which stays.

        Raises:
            DatasetError: It would be.
        """
        for anchor, alias in found.references:
            if _is_within(anchor, splices) and not _is_within(alias, splices):
                name = text[anchor:].split(None, 1)[0]
                line, used = text.count("\n", 0, anchor) + 1, text.count("\n", 0, alias) + 1
                raise DatasetError(
                    f"{display_path(self._path)}:{line}: the anchor {name} is used in line {used}, which does "
                    "not change. Write out there what it stands for, and try again."
                )


def _flat(row: Mapping[str, Any], names: Set[str]) -> dict[str, Any]:
    """Return an example's values by key: flat ones, such as ``inputs.query``, where the item has such keys."""
    if not any("." in name for name in names):
        return dict(row)
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if key in names or not isinstance(value, Mapping):
            flat[key] = value
            continue
        for name, item in value.items():
            flat[f"{key}.{name}"] = item
    return flat


def _is_within(position: int, splices: Sequence[Splice]) -> bool:
    return any(splice.begin <= position < splice.end for splice in splices)


def _whole(text: str, item: Item, row: Mapping[str, Any], width: int) -> Splice:
    begin, end = item.extent.begin, item.extent.end
    # braces stay braces, on one line
    if item.is_flow:
        return Splice(begin, end, flow(row))
    return Splice(begin, end, lines_for(text, begin, end, row, width))


def _new_item(text: str, found: ItemList | None, example: Example) -> str:
    row = row_of(example)
    if found is None:
        return f"- {block(row, 2, end=text_end(text))}"
    if found.is_flow:
        return flow(row)
    column = found.begin - line_begin(text, found.begin)
    indent = inner_indent(text, found)
    dash = f"{' ' * column}-".ljust(indent)
    return f"{dash}{block(row, indent, end=text_end(text), step=step(text, found))}"
