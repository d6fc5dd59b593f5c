"""A JSON Lines file that is edited: whatever isn't changed stays as its author wrote it, byte for byte."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_llmobs.datasets.base import Row, decoded, display_path
from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.identity import derived_id
from pytest_llmobs.datasets.jsonl import lines_of, rows_of
from pytest_llmobs.datasets.rows import line_of
from pytest_llmobs.datasets.validation import check_rows
from pytest_llmobs.records.examples import Example


@dataclass
class _Line:
    """One line of a file; blank ones have no example."""

    text: str
    id: str | None = None
    has_id: bool = True
    """False where the file leaves the id to us."""


class EditedFile:
    """The lines of a dataset's file, and the examples on them."""

    def __init__(self, content: bytes, path: Path) -> None:
        """Read a file.

        Args:
            content: What it holds.
            path: For messages.

        Raises:
            DatasetError: A line is no example.
        """
        self._mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
        text = decoded(content, path)
        rows = list(rows_of(text, path))
        have_ids = list(map(_has_id, rows))
        examples = check_rows(rows, Columns(), display_path(path), may_ask_the_same=True)
        self._end = "\r\n" if b"\r\n" in content else "\n"
        self._lines = list(map(_Line, _raw_lines(content)))
        self._positions: dict[str, int] = {}
        """Example id -> the index of its line."""
        self.examples: dict[str, Example] = {}
        """By id, in the order of the file."""
        numbers = [number for number, _ in lines_of(text)]
        for number, has_id, example in zip(numbers, have_ids, examples, strict=True):
            line = self._lines[number - 1]
            line.id, line.has_id = example.id, has_id
            self._positions[example.id] = number - 1
            self.examples[example.id] = example

    def add(self, example: Example) -> None:
        """Append an example, whose id is free."""
        self._positions[example.id] = len(self._lines)
        self._lines.append(_Line(f"{line_of(example)}{self._end}", example.id))
        self.examples[example.id] = example

    def replace(self, example: Example) -> None:
        """Write the line of an example anew."""
        line = self._lines[self._positions[example.id]]
        line.text, line.has_id = f"{line_of(example)}{self._end}", True
        self.examples[example.id] = example

    def remove(self, id: str) -> None:
        """Take out the line of an example."""
        line = self._lines[self._positions.pop(id)]
        line.text, line.id = "", None
        del self.examples[id]

    def content(self) -> bytes:
        """Return what the file is to hold now."""
        self._keep_ids()
        pieces: list[str] = []
        for line in self._lines:
            # the last line of a file may lack its end
            if pieces and not pieces[-1].endswith("\n"):
                pieces.append(self._end)
            if line.text:
                pieces.append(line.text)
        return self._mark + "".join(pieces).encode()

    def _keep_ids(self) -> None:
        """Write down the ids that would be derived otherwise now: those of equal inputs depend on each other."""
        taken = {line.id for line in self._lines if line.id is not None and line.has_id}
        for line in self._lines:
            if line.id is None or line.has_id:
                continue
            example = self.examples[line.id]
            if derived_id(example.inputs, taken) != line.id:
                self.replace(example)
            taken.add(line.id)


def _has_id(row: Row) -> bool:
    return not isinstance(row.data, Mapping) or row.data.get("id") is not None


def _raw_lines(content: bytes) -> list[str]:
    """Return the lines of a file with their ends, as they are."""
    lines = content.removeprefix(codecs.BOM_UTF8).decode().split("\n")
    last = lines.pop()
    ended = [f"{line}\n" for line in lines]
    return [*ended, last] if last else ended
