"""JSON Lines: one example a line. The format to prefer: it diffs well and names a line for every error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import Row, read_text
from pytest_llmobs.datasets.json_text import decoder, explain
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path

_POSITION = re.compile(r" at line 1 column (\d+)$")
_WRITTEN_AT_ONCE = 100
_ONE_A_LINE = 'Every line is one JSON object, such as {"inputs": {"query": "Hello"}}.'


class Jsonl:
    """Reads ``.jsonl`` and ``.ndjson``; blank lines are skipped."""

    suffixes = (".jsonl", ".ndjson")

    def rows(self, path: Path) -> Iterator[Row]:
        """Yield one row a line.

        Raises:
            DatasetError: A line is no JSON; the message names line and column.
        """
        return rows_of(read_text(path), path)

    def every_row(self, path: Path) -> Iterator[Row | DatasetError]:
        """Yield what ``rows`` does, and in the place of a line that is no JSON what is wrong with it.

        Raises:
            DatasetError: The file is one list, or in another encoding.
        """
        text = read_text(path)
        if text.lstrip().startswith("["):
            raise DatasetError(_is_list(text, path))
        for number, line in lines_of(text):
            try:
                yield from rows_of(line, path, number)
            except DatasetError as error:
                yield error


def rows_of(text: str, path: Path, first: int = 1) -> Iterator[Row]:
    """Yield one row a line of the text of a file.

    Args:
        text: The whole text, or some lines of it.
        path: The file, for messages.
        first: The number of its first line.

    Raises:
        DatasetError: A line is no JSON; the message names line and column.
    """
    from pydantic_core import from_json

    name = display_path(path)
    if text.lstrip().startswith("["):
        raise DatasetError(_is_list(text, path))
    values: list[Any] = []
    numbers: list[int] = []
    for number, line in lines_of(text, first):
        try:
            values.append(from_json(line, allow_inf_nan=False, cache_strings="keys"))
        except ValueError as error:
            raise _broken(line, f"{name}:{number}", str(error)) from None
        numbers.append(number)
    if _has_lost_something(text, values):
        _read_again(text, name, first)
    for value, number in zip(values, numbers, strict=True):
        yield Row(value, f"{name}:{number}", True)


def lines_of(text: str, first: int = 1) -> Iterator[tuple[int, str]]:
    """Yield the lines that aren't blank, with their numbers."""
    # Not splitlines(): U+2028 and its like may stand unescaped inside a JSON string.
    for number, line in enumerate(text.split("\n"), first):
        if line and not line.isspace():
            yield number, line


def _has_lost_something(text: str, values: Sequence[Any]) -> bool:
    """Return False where writing the values again proves that no key stood twice and no number became infinity.

    Each key has a colon and so have texts, here as there. Proved so, ten thousand lines take a tenth of the time that
    looking at each takes.
    """
    from pydantic_core import to_json

    if "\\u003" in text:  # a colon may also be written \u003a
        return True
    colons = 0
    # A few at a time: fresh memory for all of them costs more than writing them.
    for start in range(0, len(values), _WRITTEN_AT_ONCE):
        written = to_json(values[start : start + _WRITTEN_AT_ONCE])
        if b"Infinity" in written:
            return True
        colons += written.count(b":")
    return colons != text.count(":")


def _read_again(text: str, name: str, first: int) -> None:
    """Refuse the first line that other parsers would read differently; there may be none."""
    for number, line in lines_of(text, first):
        try:
            decoder.decode(line)
        except ValueError as error:
            raise DatasetError(f"{name}:{number}: {error}.") from None


def _broken(line: str, place: str, reason: str) -> DatasetError:
    """Return the error for a line, in the standard library's clearer words where it objects too."""
    column = 1
    position = _POSITION.search(reason)
    if position is not None:
        column = int(position[1])
        reason = reason[: position.start()]
    column, reason = explain(line, column, reason)
    near = line[max(0, column - 20) : column + 20].strip()
    message = f"{place}:{column}: broken JSON: {reason} near {near!r}. {_ONE_A_LINE}"
    if line.strip() == "{":
        # One document spread over many lines, as most tools write JSON.
        message += " Put each object on one line."
    return DatasetError(message)


def _is_list(text: str, path: Path) -> str:
    line = text.count("\n", 0, text.index("[")) + 1
    return (
        f"{display_path(path)}:{line}: this is one JSON list, not one JSON object a line. "
        f"Rename the file to {path.with_suffix('.json').name}, or put each object on a line of its own without a list "
        "around them."
    )
