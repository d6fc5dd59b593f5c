"""A JSON Lines file that is edited, a line an example."""

from __future__ import annotations

import codecs
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate
from operator import add, attrgetter, not_
from pathlib import Path
from typing import NamedTuple

from pytest_llmobs.datasets.base import Row, decoded
from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.editing.files.base import EditedFile, Finished
from pytest_llmobs.datasets.editing.files.index import Entry, Index, entry_of
from pytest_llmobs.datasets.identity import derived_id
from pytest_llmobs.datasets.jsonl import lines_of, rows_of
from pytest_llmobs.datasets.rows import line_of
from pytest_llmobs.datasets.validation import check_rows
from pytest_llmobs.files import display_path
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.garbage_collection import paused

_NUMBER_BEHIND = re.compile(r"-\d+$")
"""By which a derived id is told from an equal one."""


class JsonlFile(EditedFile):
    """The lines of a dataset's file, and the examples on them; an indexed line is read when it is asked for."""

    def __init__(self, content: bytes, path: Path, index: Index | None = None) -> None:
        """Open a file.

        Args:
            content: What it holds.
            path: For messages.
            index: Of this content, if there is one; without it every line is read.

        Raises:
            DatasetError: A line is no example.
        """
        super().__init__()
        self._content, self._path = content, path
        self._read: dict[str, Example] | None = None
        """All examples, where all lines were read."""
        if index is None:
            found = _read(content, path)
            self._read = found.examples
            index = found.indexed()
        self._index = index
        """As the file was."""
        # one byte is looked for much faster than two
        self._end = b"\r\n" if b"\r" in content and b"\r\n" in content else b"\n"
        self._examples = _Examples(self)

    @property
    def examples(self) -> Mapping[str, Example]:
        """Those that the file is to hold now, by id, in its order."""
        return self._examples

    def place(self, id: str) -> str:
        """Return the file and the line of an example."""
        number = self._index.position(id)
        if number is None:
            return super().place(id)
        line = self._content.count(b"\n", 0, self._index.starts[number]) + 1
        return f"{display_path(self._path)}:{line}"

    def has(self, id: str) -> bool:
        """Tell whether the file is to hold an example."""
        return id in self.put or (id not in self.removed and self._index.position(id) is not None)

    def example(self, id: str) -> Example:
        """Return an example that the file is to hold.

        Raises:
            KeyError: There is none.
        """
        if id in self.put:
            return self.put[id]
        number = self._index.position(id)
        if number is None or id in self.removed:
            raise KeyError(id)
        if self._read is not None:
            return self._read[id]
        return self._on_line(number, id)

    def all(self) -> dict[str, Example]:
        """Return every example that the file is to hold, in its order."""
        if self._read is None:
            self._read = _read(self._content, self._path).examples
        return {id: example for id, example in (self._read | self.put).items() if id not in self.removed}

    def count(self) -> int:
        """Return how many examples the file is to hold."""
        added = list(map(self._index.position, self.put)).count(None)
        return len(self._index) + added - len(self.removed)

    def version(self) -> str:
        """Return the version of the dataset before the changes."""
        return self._index.version()

    def finish(self) -> Finished:
        """Return the file with the changes."""
        edits, added = self._edits()
        pieces = self._spliced(edits)
        starts = _moved(self._index.starts, edits)
        entries: dict[str, Entry | None] = {}
        for edit in edits:
            number = self._index.position(edit.id)
            if number is not None and edit.example is not None:
                entries[edit.id] = entry_of(edit.example, starts[number])
        entries |= dict.fromkeys(self.removed)
        size = sum(map(len, pieces))
        for example in added:
            if size and bytes(pieces[-1][-1:]) != b"\n":
                pieces.append(self._end)
                size += len(self._end)
            pieces.append(line_of(example).encode() + self._end)
            entries[example.id] = entry_of(example, size)
            size += len(pieces[-1])
        index = self._index.changed(entries, starts)
        return Finished(b"".join(pieces), index.version(), index)

    def _on_line(self, number: int, id: str) -> Example:
        start, end = self._span(number)
        # no mark of UTF-8 is within a line that the index knows
        text = self._content[start:end].decode()
        (example,) = check_rows(rows_of(text, self._path), Columns(), display_path(self._path))
        return replace(example, id=id)

    def _span(self, number: int) -> tuple[int, int]:
        """Return where a line begins and where it ends, its end included."""
        start = self._index.starts[number]
        end = self._content.find(b"\n", start)
        return start, len(self._content) if end < 0 else end + 1

    def _edits(self) -> tuple[list[_Edit], list[Example]]:
        """Return what becomes of lines that are there, in the order of the file, and what is appended."""
        edits: list[_Edit] = []
        added: list[Example] = []
        for example in (*self.put.values(), *self._pinned()):
            number = self._index.position(example.id)
            if number is None:
                added.append(example)
                continue
            begin, end = self._span(number)
            line = line_of(example).encode() + _line_end(self._content[begin:end])
            edits.append(_Edit(begin, end, line, example.id, example))
        for id in self.removed:
            number = self._index.position(id)
            if number is not None:
                edits.append(_Edit(*self._span(number), b"", id, None))
        return sorted(edits, key=attrgetter("begin")), added

    def _spliced(self, edits: Sequence[_Edit]) -> list[bytes | memoryview]:
        """Return the file, in pieces that aren't copies, with other lines in the place of some."""
        content = memoryview(self._content)
        pieces: list[bytes | memoryview] = []
        position = 0
        for edit in edits:
            pieces += (content[position : edit.begin], edit.line)
            position = edit.end
        pieces.append(content[position:])
        return list(filter(len, pieces))

    def _pinned(self) -> Iterator[Example]:
        """Yield the examples whose id must be written down now: those of equal inputs depend on each other."""
        old = self._index
        numbers: set[int] = set()
        for id in self.removed:
            for number in old.beginning(_NUMBER_BEHIND.sub("", id)):
                if old.derived[number]:
                    numbers.add(number)
        taken = _Taken(self, old)
        for number in sorted(numbers, key=old.starts.__getitem__):
            example = self._kept(number)
            if example is None:
                continue
            taken.before = old.starts[number]
            if derived_id(example.inputs, taken) != example.id:
                taken.pinned.add(example.id)
                yield example

    def _kept(self, number: int) -> Example | None:
        """Return an example that is neither removed nor replaced."""
        id = self._index.id(number)
        if id in self.removed or id in self.put:
            return None
        return self.example(id)


class _Edit(NamedTuple):
    """A line that is written anew, or taken out."""

    begin: int
    end: int
    """Behind the line's end."""
    line: bytes
    """Empty where it is taken out."""
    id: str
    example: Example | None


def _moved(starts: array[int], edits: Sequence[_Edit]) -> array[int]:
    """Return where lines begin after edits."""
    if not edits:
        return starts
    # a line moves by what all edits above it have grown
    edges = [edit.begin for edit in edits]
    growth = [len(edit.line) - (edit.end - edit.begin) for edit in edits]
    shifts = list(accumulate(growth, initial=0))
    edits_above = map(partial(bisect_left, edges), starts)
    return array("Q", map(add, starts, map(shifts.__getitem__, edits_above)))


class _Taken:
    """The ids that are taken when a reader has come to a line: every written one, and those derived above it."""

    def __init__(self, file: JsonlFile, index: Index) -> None:
        self._file, self._index = file, index
        self.before = 0
        """The offset of the line."""
        self.pinned: set[str] = set()
        """Ids that are to be written."""

    def __contains__(self, id: object) -> bool:
        if not isinstance(id, str) or not self._file.has(id):
            return False
        number = self._index.position(id)
        if number is None or id in self._file.put or id in self.pinned:
            return True
        return not self._index.derived[number] or self._index.starts[number] < self.before


class _Examples(Mapping[str, Example]):
    """What a file is to hold, read as far as it is asked for."""

    def __init__(self, file: JsonlFile) -> None:
        self._file = file

    def __getitem__(self, id: str) -> Example:
        return self._file.example(id)

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self._file.has(id)

    def __iter__(self) -> Iterator[str]:
        return iter(self._file.all())

    def __len__(self) -> int:
        return self._file.count()


class _Read(NamedTuple):
    """What all lines of a file say."""

    examples: dict[str, Example]
    starts: list[int]
    """The offset of each one's line."""
    derived: list[bool]
    """Whether the file leaves its id to us."""

    def indexed(self) -> Index:
        """Return the index of the file."""
        entries: dict[str, Entry] = {}
        for example, start, derived in zip(self.examples.values(), self.starts, self.derived, strict=True):
            entries[example.id] = entry_of(example, start, derived=derived)
        return Index.of(entries)


@paused()
def _read(content: bytes, path: Path) -> _Read:
    text = decoded(content, path)
    rows = list(rows_of(text, path))
    derived = list(map(not_, map(_has_id, rows)))
    examples = check_rows(rows, Columns(), display_path(path), may_ask_the_same=True)
    mark = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    lengths = [len(line) + 1 for line in content[mark:].split(b"\n")]
    offsets = list(accumulate(lengths, initial=mark))
    starts = [offsets[number - 1] for number, _ in lines_of(text)]
    return _Read({example.id: example for example in examples}, starts, derived)


def _has_id(row: Row) -> bool:
    return not isinstance(row.data, Mapping) or row.data.get("id") is not None


def _line_end(line: bytes) -> bytes:
    if line.endswith(b"\r\n"):
        return b"\r\n"
    return b"\n" if line.endswith(b"\n") else b""
