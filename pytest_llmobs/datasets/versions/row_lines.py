"""The lines of a kept version, told apart when they are asked for: one edit needs the place of one row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import overload


class RowLines(Sequence[str]):
    """The lines of a file behind its first one."""

    def __init__(self, content: bytes) -> None:
        """Take nothing apart yet.

        Args:
            content: UTF-8, with a line end behind every line. What damage has made something else of isn't refused.
        """
        self._content = content
        self._behind_first = content.index(b"\n") + 1

    @cached_property
    def _lines(self) -> list[str]:
        lines = self._content[self._behind_first :].decode(errors="replace").split("\n")
        lines.pop()
        return lines

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        return self._lines[index]

    @cached_property
    def _count(self) -> int:
        return self._content.count(b"\n", self._behind_first)

    def __len__(self) -> int:
        return self._count

    def beginning(self, start: str) -> int | None:
        """Return the number of the first line that begins so, or None."""
        end = self._content.find(b"\n" + start.encode(), self._behind_first - 1)
        if end < 0:
            return None
        return self._content.count(b"\n", self._behind_first, end + 1)
