"""Does a file, as it is to be written, read as it is meant?

JSON Lines stand each for itself. In a CSV the type of a column hangs on all its cells, and in YAML a text may go on in
the next line: what is about to be written is read back, and refused where anything else would come out.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Container, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pytest_llmobs.datasets.base import Row, abridge, decoded
from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.editing.files.base import EditedFile
from pytest_llmobs.datasets.validation import check_rows
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path
from pytest_llmobs.records.examples import Example
from pytest_llmobs.wording import listed

Reader = Callable[[str, Path], Iterable[Row]]
_PARTS = ("inputs", "outputs", "metadata", "splits")
_ELSE = "Keep the dataset as JSON Lines, which has a form for every value."
_LISTED = 4
"""Ids that a message lists."""


class Remedy(NamedTuple):
    """What messages advise, by format."""

    ids: str
    """Where ids would become other ones."""
    others: str
    """Where examples would change that nobody touched."""


class RereadFile(EditedFile):
    """A file whose text is edited in pieces, and read back before it is written."""

    def _begin(self, content: bytes, path: Path, rows_of: Reader) -> list[Row]:
        """Read a file as it is, and return its rows.

        Raises:
            DatasetError: The file makes no sense.
        """
        self._path = path
        self._mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
        rows, self._before = read(content, path, rows_of)
        self._places = dict(zip(self._before, [row.place for row in rows], strict=True))
        self._text = content.removeprefix(codecs.BOM_UTF8).decode()
        return rows

    @property
    def examples(self) -> Mapping[str, Example]:
        """Those that the file is to hold now, by id, in its order."""
        if not self.put and not self.removed:
            return self._before
        examples = {**self._before, **self.put}
        for id in self.removed:
            examples.pop(id, None)
        return examples

    def place(self, id: str) -> str:
        """Return the file and the line of an example."""
        return self._places.get(id, super().place(id))


def read(content: bytes, path: Path, rows_of: Reader) -> tuple[list[Row], dict[str, Example]]:
    """Return the rows of a file, and its examples by id.

    Raises:
        DatasetError: The file makes no sense.
    """
    rows = list(rows_of(decoded(content, path), path))
    examples = check_rows(rows, Columns(), display_path(path), may_ask_the_same=True)
    return rows, {example.id: example for example in examples}


def check(
    content: bytes,
    path: Path,
    rows_of: Reader,
    wanted: Mapping[str, Example],
    put: Iterable[str],
    remedy: Remedy,
) -> None:
    """Refuse a file that reads otherwise than it is meant.

    Args:
        content: What is to be written.
        path: The file, for messages.
        rows_of: Its format's reader.
        wanted: Its examples, in their order.
        put: Ids of those that are written anew.
        remedy: Of the format.

    Raises:
        DatasetError: It does; the message names an example and what would come out.
    """
    name = display_path(path)
    try:
        _, found = read(content, path, rows_of)
    except DatasetError as error:
        raise DatasetError(
            f"{name} has no form for this change: it could not be read any more ({error}). Edit it by hand."
        ) from None
    if list(found) != list(wanted):
        _check_inputs(name, found, wanted, set(put), remedy)
        other = sorted(wanted.keys() ^ found.keys())
        raise DatasetError(
            f"{name} doesn't say the ids of its examples, which are derived from the inputs; with this change "
            f"{listed(list(map(repr, other)), _LISTED)} would be other ones. {remedy.ids}"
        )
    _check_examples(name, found, wanted, set(put), remedy)


def _check_inputs(
    name: str,
    found: Mapping[str, Example],
    wanted: Mapping[str, Example],
    anew: Container[str],
    remedy: Remedy,
) -> None:
    """Refuse what gives another example other inputs, and so another id."""
    for example, read_as in zip(wanted.values(), found.values(), strict=False):
        if example.id not in anew and example.inputs != read_as.inputs:
            told = _difference(example, read_as)
            raise DatasetError(f"{name}: this change would reach another example: {told}. {remedy.others}")


def _check_examples(
    name: str,
    found: Mapping[str, Example],
    wanted: Mapping[str, Example],
    anew: Container[str],
    remedy: Remedy,
) -> None:
    # hashes tell 1 from true and from 1.0; for what nobody touched equality will do
    for id, example in wanted.items():
        is_same = found[id].content == example.content if id in anew else found[id] == example
        if not is_same or found[id].source_run_id != example.source_run_id:
            told = _difference(example, found[id])
            if id in anew:
                raise DatasetError(f"{name} has no form for this change: {told}. {_ELSE}")
            raise DatasetError(f"{name}: this change would reach another example: {told}. {remedy.others}")


def _difference(wanted: Example, found: Example) -> str:
    pairs: list[tuple[str, Any, Any]] = [("source_run_id", wanted.source_run_id, found.source_run_id)]
    for part in _PARTS:
        one, other = getattr(wanted, part), getattr(found, part)
        if isinstance(one, Mapping):
            for key in dict.fromkeys((*one, *other)):
                pairs.append((f"{part}.{key}", one.get(key), other.get(key)))
        else:
            pairs.append((part, one, other))
    for what, one, other in pairs:
        if repr(one) != repr(other):
            return f"{what} of {wanted.id!r}, {abridge(one)}, would read as {abridge(other)}"
    return f"{wanted.id!r} would read otherwise"
