"""One line that is being written: its text, where the cursor is, and the part that is seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pytest_llmobs.cli.commands.review.terminal.key_reader import PASTE, Key
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

_FAR = 64
"""Characters looked at around the cursor for where a letter begins: a long text isn't gone through at each key."""
_BREAKS = ("Ctrl+J", "Alt+Enter")


@dataclass
class LineEditor:
    """A text and a cursor."""

    text: str = ""
    cursor: int = 0
    """Characters before it."""
    has_lines: bool = False
    """True where the text may have several: Ctrl+J breaks it, and a break is shown as a sign."""

    @classmethod
    def of(cls, text: str, *, has_lines: bool = False) -> LineEditor:
        """Return an editor of a text, the cursor at its end."""
        return cls(text, len(text), has_lines)

    def press(self, key: Key) -> None:
        """Write or move; a key that means nothing here does nothing."""
        move = _MOVES.get(key.name)
        if move is not None:
            move(self)
        elif key.name in _BREAKS and self.has_lines:
            self._insert("\n")
        elif key.name == PASTE:
            text = key.text.replace("\r\n", "\n").replace("\r", "\n")
            if not self.has_lines:
                text = " ".join(text.split("\n"))
            self._insert(text)
        elif key.text:
            self._insert(key.text)

    def seen(self, room: int, page: Page) -> tuple[str, int]:
        """Return the part of the text that fits, harmless, and the column of the cursor in it."""
        # no more of a long text is made harmless than may be seen
        before = self._shown(self.text[max(self.cursor - 2 * room, 0) : self.cursor], page)
        after = self._shown(self.text[self.cursor : self.cursor + 2 * room], page)
        # a quarter of the room is kept for what follows the cursor, as far as there is something
        kept = min(cells.width(after), room // 4)
        before = cells.clip_start(before, max(room - kept - 1, 1))
        column = cells.width(before)
        return page.encodable(before + page.clip(after, max(room - column, 0))), column

    def _shown(self, text: str, page: Page) -> str:
        mark = "⏎" if page.takes("⏎") else "\\n"
        return page.text(text).replace("\n", mark)

    def _insert(self, text: str) -> None:
        self.text = self.text[: self.cursor] + text + self.text[self.cursor :]
        self.cursor += len(text)

    def _letter_before(self) -> int:
        """Return where the letter before the cursor begins, with all its marks."""
        parts = list(cells.clusters(self.text[max(self.cursor - _FAR, 0) : self.cursor]))
        return self.cursor - len(parts[-1][0]) if parts else self.cursor

    def _letter_after(self) -> int:
        for letter, _ in cells.clusters(self.text[self.cursor : self.cursor + _FAR]):
            return self.cursor + len(letter)
        return self.cursor

    def _left(self) -> None:
        self.cursor = self._letter_before()

    def _right(self) -> None:
        self.cursor = self._letter_after()

    def _start(self) -> None:
        self.cursor = 0

    def _end(self) -> None:
        self.cursor = len(self.text)

    def _drop(self, start: int, end: int) -> None:
        self.text = self.text[:start] + self.text[end:]
        self.cursor = start

    def _backspace(self) -> None:
        self._drop(self._letter_before(), self.cursor)

    def _delete(self) -> None:
        self._drop(self.cursor, self._letter_after())

    def _drop_before(self) -> None:
        self._drop(0, self.cursor)

    def _drop_after(self) -> None:
        self._drop(self.cursor, len(self.text))

    def _drop_word(self) -> None:
        kept = self.text[: self.cursor].rstrip()
        self._drop(len(kept) - len(kept.split(" ")[-1]) if kept else 0, self.cursor)


@dataclass
class Entry:
    """Something that is being written, and what becomes of it."""

    title: str
    line: LineEditor
    finish: Callable[[str], None]
    """Takes the text; what it raises leaves the line open."""
    keep: Callable[[str], None] | None = None
    """Takes the text at every key, where it is part of the draft."""
    before: str = ""
    """The text that Escape brings back."""


_MOVES: Mapping[str, Callable[[LineEditor], None]] = {
    "ArrowLeft": LineEditor._left,
    "ArrowRight": LineEditor._right,
    "Ctrl+B": LineEditor._left,
    "Ctrl+F": LineEditor._right,
    "Home": LineEditor._start,
    "Ctrl+A": LineEditor._start,
    "End": LineEditor._end,
    "Ctrl+E": LineEditor._end,
    "Backspace": LineEditor._backspace,
    "Delete": LineEditor._delete,
    "Ctrl+D": LineEditor._delete,
    "Ctrl+U": LineEditor._drop_before,
    "Ctrl+K": LineEditor._drop_after,
    "Ctrl+W": LineEditor._drop_word,
}
"""As in every shell."""
