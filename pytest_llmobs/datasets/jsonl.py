"""JSON Lines: one example a line. The format to prefer: it diffs well and names a line for every error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from pytest_llmobs.datasets.base import Row, display_path, read_text
from pytest_llmobs.errors import DatasetError

_POSITION = re.compile(r" at line 1 column (\d+)$")
_ONE_A_LINE = 'Every line is one JSON object, such as {"inputs": {"query": "Hello"}}.'


class Jsonl:
    """Reads ``.jsonl`` and ``.ndjson``; blank lines are skipped."""

    suffixes = (".jsonl", ".ndjson")

    def rows(self, path: Path) -> Iterator[Row]:
        """Yield one row a line.

        Raises:
            DatasetError: A line is no JSON; the message names line and column.
        """
        from pydantic_core import from_json

        name = display_path(path)
        # Not splitlines(): U+2028 and its like may stand unescaped inside a JSON string.
        for number, line in enumerate(read_text(path).split("\n"), 1):
            if not line or line.isspace():
                continue
            try:
                yield Row(from_json(line, allow_inf_nan=False), f"{name}:{number}", True)
            except ValueError as error:
                raise _broken(line, f"{name}:{number}", str(error)) from None


def _broken(line: str, place: str, reason: str) -> DatasetError:
    """Return the error for a line, in the standard library's clearer words where it objects too."""
    column = 1
    position = _POSITION.search(reason)
    if position is not None:
        column = int(position[1])
        reason = reason[: position.start()]
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        column, reason = error.colno, error.msg
    except RecursionError:
        reason = "nested too deeply"
    near = line[max(0, column - 20) : column + 20].strip()
    message = f"{place}:{column}: broken JSON: {reason} near {near!r}. {_ONE_A_LINE}"
    if line.strip() in ("[", "{"):
        # One document spread over many lines, as most tools write JSON.
        message += " Put each object on one line, without a list around them."
    return DatasetError(message)
