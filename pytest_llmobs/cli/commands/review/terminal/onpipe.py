"""Reviewing without a screen: keys that a script sends, or a person at a terminal that has none; a line a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.review.terminal import item_blocks
from pytest_llmobs.cli.commands.review.terminal.document import Document
from pytest_llmobs.cli.commands.review.terminal.done import decision_count, done_line
from pytest_llmobs.cli.commands.review.terminal.key_reader import Key, KeyReader
from pytest_llmobs.cli.commands.review.terminal.reviewing import Reviewing
from pytest_llmobs.cli.console import Console
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.review.sessions import ReviewSession

_MOST_OF_AN_ITEM = 200
"""Lines of one item that are printed: what is longer is read on a terminal with a screen."""
_LINE_ENDS = ("Enter", "Ctrl+J")


def review_by_keys(
    session: ReviewSession, keys: IO[bytes], console: Console, *, prints: bool, asks_again: bool
) -> Reviewing:
    """Do what keys say that come one after the other, to their end.

    Args:
        session: The engine.
        keys: Where they come from; ``e``, ``c``, ``/`` and ``=`` take the rest of their line.
        console: Gets a line for each decision.
        prints: Print those lines.
        asks_again: A person types: show each item, and go on after a key that makes no sense.

    Raises:
        ArgumentError: A key makes no sense, and nobody is there to ask. What came before it was done.
    """
    reviewing = Reviewing(session, prefills=False)
    talk = _Talk(reviewing, console, prints=prints, asks_again=asks_again)
    talk.print_item()
    for number, key in enumerate(_read(keys, console.page.encoding, reviewing), 1):
        is_end = key.name in _LINE_ENDS and not reviewing.is_writing
        if is_end and not talk.is_meant(reviewing):
            continue
        is_understood = talk.press(Key("Enter") if is_end else key)
        if not is_understood and not asks_again:
            if session.current is None:
                console.note(f"Key {number} and those after it were left: {reviewing.message}")
                break
            name = "the line's end" if key.name in _LINE_ENDS else repr(key.name)
            raise ArgumentError(f"Key {number} ({name}): {reviewing.message} Nothing after it was done.")
        if reviewing.quits:
            break
    return reviewing


class _Talk:
    """What is printed between keys."""

    def __init__(self, reviewing: Reviewing, console: Console, *, prints: bool, asks_again: bool) -> None:
        self._reviewing, self._console = reviewing, console
        self._prints, self._asks_again = prints, asks_again
        self._printed = self._told = 0
        self._keys_of_line = 0
        self._skips_line = False
        """The rest of a line is left where a key of it made no sense."""

    def is_meant(self, reviewing: Reviewing) -> bool:
        """Tell whether the end of a line is the key Enter.

        Of a person's lines it is where nothing stands before it, since every line is sent by it; of a script's where
        something was said that it can save: ``echo a`` sends one as well.
        """
        count, self._keys_of_line, self._skips_line = self._keys_of_line, 0, False
        return not reviewing.is_blank and not (self._asks_again and count)

    def press(self, key: Key) -> bool:
        """Do what a key does, and tell of it; return False where it made no sense."""
        self._keys_of_line += 1
        if self._skips_line:
            return True
        is_understood = self._reviewing.press(key)
        if self._reviewing.take_edit():
            # without a screen there is no place that an editor could use
            self._reviewing.edit_here()
        self._print_help(self._reviewing.take_help())
        self._skips_line = self._asks_again and not is_understood
        self.tell()
        return is_understood

    def tell(self) -> None:
        """Print what was done since the last time, and to a person the next item."""
        new = self._reviewing.done[self._printed :]
        self._printed += len(new)
        if self._asks_again and self._reviewing.message:
            self._console.note(self._reviewing.message)
        elif not self._asks_again:
            for notice in self._reviewing.notices[self._told :]:
                self._console.note(notice)
        self._told = len(self._reviewing.notices)
        if self._prints:
            for done in new:
                self._console.say(done_line(done, self._console.page))
        if new and not self._reviewing.quits:
            self.print_item()

    def _print_help(self, asked: Document | None) -> None:
        if asked is not None and self._asks_again:
            self._console.say("\n".join(["", *asked.on(self._console.page).lines(0, _MOST_OF_AN_ITEM)]))

    def print_item(self) -> None:
        """Print the item under way to a person, or why there is none; scripts need neither."""
        current = self._reviewing.current
        if not self._asks_again:
            return
        if current is None:
            self._console.note(f"{self._reviewing.why_empty} u takes back, q quits.")
            return
        text = Document(item_blocks.blocks(current)).on(self._console.page)
        lines = list(text.lines(0, _MOST_OF_AN_ITEM))
        if not text.is_end(_MOST_OF_AN_ITEM):
            lines.append(self._console.page.signs.ellipsis)
        self._console.say("\n".join(["", f"item {current.number:,}", *lines]))


def _read(source: IO[bytes], encoding: str, reviewing: Reviewing) -> Iterator[Key]:
    reader = KeyReader(encoding)
    while data := source.read(1):
        yield from reader.feed(data)
    yield from reader.end()
    if reviewing.is_writing:
        # the end of the keys is the end of the line
        yield Key("Enter")


def as_json(reviewing: Reviewing, session: ReviewSession) -> Mapping[str, Any]:
    """Return what a session came to, for machines."""
    return {
        "queue": session.queue.name,
        "reviewer": session.reviewer,
        "done": list(map(vars, reviewing.done)),
        "left": session.progress.left,
    }


def summary(reviewing: Reviewing, session: ReviewSession) -> str:
    """Return what to say when a session ends."""
    parts = [
        f"{count(decision_count(reviewing.done), 'decision')} in {session.queue.name!r}, {session.progress.left:,} left"
    ]
    if session.current is None and session.why_empty:
        parts.append(session.why_empty)
    elif not reviewing.is_blank:
        parts.append("What you said of the item under way is kept for next time")
    return ". ".join(part.rstrip(".") for part in parts) + "."
