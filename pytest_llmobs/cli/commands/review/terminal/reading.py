"""What is read on the screen: the item under way or the help, and how far one has read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.review.terminal import item_blocks
from pytest_llmobs.cli.commands.review.terminal.document import Document, text_block
from pytest_llmobs.cli.commands.review.terminal.legend import help_blocks
from pytest_llmobs.reports.text.page import Page

if TYPE_CHECKING:
    from pytest_llmobs.review.keys import Keymap
    from pytest_llmobs.review.sessions import ReviewSession


class Reading:
    """The text on the screen, and its line at the top."""

    def __init__(self, session: ReviewSession, keymap: Keymap) -> None:
        """Begin at the top of the item that the engine shows.

        Args:
            session: The engine.
            keymap: What the help tells of.
        """
        self._session, self._keymap = session, keymap
        self._document = Document(())
        self._drawn_of: Any = None
        self._top, self._page = 0, Page()
        self._is_help = False
        self.room = 10
        """Lines of text that are seen: a page, for whoever reads on."""

    @property
    def is_help(self) -> bool:
        """True while the help is read."""
        return self._is_help

    @property
    def top(self) -> int:
        """The line that is seen first."""
        return self._top

    def go_to_top(self) -> None:
        """Read from the beginning."""
        self._top = 0

    def show_help(self, is_help: bool) -> None:
        """Read the help, or the item again."""
        self._is_help = is_help
        self._top = 0

    def help_document(self) -> Document:
        """Return the help."""
        return Document(help_blocks(self._keymap, self._session.queue))

    def lay_out(self, page: Page) -> None:
        """Take note of what is drawn on; what is read stays in view where the width changes."""
        if page.width != self._page.width and self._top:
            place = self._document.on(self._page).place(self._top)
            self._top = self._document.on(page).line_at(place)
        self._page = page

    def document(self) -> Document:
        """Return the text, made anew where what it is of has changed."""
        current = self._session.current
        material = None if current is None else current.material
        drawn_of = (material, None if current is None else current.correction, self._is_help)
        # what was wrapped of a long text is kept for as long as it is the same
        if drawn_of == self._drawn_of:
            return self._document
        self._drawn_of = drawn_of
        if self._is_help:
            self._document = self.help_document()
        elif current is None:
            self._document = Document([text_block("", self._session.why_empty)])
        else:
            self._document = Document(item_blocks.blocks(current))
        return self._document

    def scroll(self, how: str) -> None:
        """Read on or back.

        Args:
            how: ``page``, ``line``, each also with ``back`` behind it, ``start`` or ``end``.
        """
        text, room = self.document().on(self._page), self.room
        if how == "end":
            self._top = text.last_start(room)
            return
        # a line of the page before is seen once more, to find the place again
        steps = {"page": room - 1, "page back": 1 - room, "line": 1, "line back": -1, "start": -self._top}
        self._top = text.clamped(self._top + (steps[how] or 1), room)
