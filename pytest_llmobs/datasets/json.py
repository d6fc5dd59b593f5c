"""JSON: one list of examples, or one example a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from pytest_llmobs.datasets.base import Row, abridge, read_text
from pytest_llmobs.datasets.json_text import UnsafeJsonError, decoder
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path

_SPACE = re.compile(r"[ \t\r\n]*")
_A_LIST = 'Write one list of examples, [{"inputs": {"query": "Hello"}}, …], or one such object a line.'


class Json:
    """Reads ``.json``; the layout is free, and several objects need no list around them."""

    suffixes = (".json",)

    def rows(self, path: Path) -> Iterator[Row]:
        """Yield one row an item of the list, or one an object.

        Raises:
            DatasetError: The file is no JSON, or its top is neither a list nor objects; the message names the line.
        """
        return _Reading(read_text(path), display_path(path)).rows()


class _Reading:
    """A text, and how far it has been read."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self._position = 0
        self._line = 1

    def rows(self) -> Iterator[Row]:
        """Yield the examples, whichever way they are written."""
        if self._take("["):
            yield from self._listed()
        else:
            yield from self._loose()
        if self._next():
            raise self._broken("there is more behind the list")

    def _listed(self) -> Iterator[Row]:
        if self._take("]"):
            return
        while True:
            yield self._row()
            if self._take("]"):
                return
            if not self._take(","):
                raise self._broken("Expecting ',' or ']' behind an example")

    def _loose(self) -> Iterator[Row]:
        while self._next():
            row = self._row()
            if not isinstance(row.data, dict):
                raise DatasetError(f"{row.place}: {abridge(row.data)} is no object. {_A_LIST}")
            yield row

    def _row(self) -> Row:
        """Read one example."""
        self._next()
        place = f"{self._name}:{self._line}"
        try:
            value, end = decoder.raw_decode(self._text, self._position)
        except json.JSONDecodeError as error:
            raise self._refused(f"{error.lineno}:{error.colno}", error.msg) from None
        except RecursionError:
            raise self._refused(f"{self._line}", "nested too deeply") from None
        except UnsafeJsonError as error:
            raise DatasetError(f"{place}: {error}.") from None
        except ValueError:
            raise self._refused(f"{self._line}", "a number of more than 4,300 digits") from None
        self._move(end)
        return Row(value, place)

    def _next(self) -> str:
        """Skip space, and return the character behind it: an empty string at the end."""
        space = _SPACE.match(self._text, self._position)
        if space is not None:
            self._move(space.end())
        return self._text[self._position : self._position + 1]

    def _take(self, character: str) -> bool:
        """Skip space and this character; return False where it isn't there."""
        if self._next() != character:
            return False
        self._move(self._position + 1)
        return True

    def _move(self, end: int) -> None:
        self._line += self._text.count("\n", self._position, end)
        self._position = end

    def _broken(self, reason: str) -> DatasetError:
        return self._refused(str(self._line), reason)

    def _refused(self, position: str, reason: str) -> DatasetError:
        return DatasetError(f"{self._name}:{position}: broken JSON: {reason}. {_A_LIST}")
