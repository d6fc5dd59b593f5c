"""Bytes become keys: UTF-8, escape sequences that come in pieces, pasted text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

PASTE = "Paste"
"""The name of a key that is a pasted text."""
UNKNOWN = "Unknown"
"""The name of a key that does nothing here."""

_ESCAPE = "\x1b"
_CONTROLS = {"\r": "Enter", "\t": "Tab", "\x7f": "Backspace", "\x08": "Backspace", " ": "Space"}
_FINALS = {
    "A": "ArrowUp",
    "B": "ArrowDown",
    "C": "ArrowRight",
    "D": "ArrowLeft",
    "F": "End",
    "H": "Home",
    "Z": "Shift+Tab",
    "M": "Enter",
}
_NUMBERS = {
    "1": "Home",
    "3": "Delete",
    "4": "End",
    "5": "PageUp",
    "6": "PageDown",
    "7": "Home",
    "8": "End",
}
_PASTE_BEGINS, _PASTE_ENDS = "\x1b[200~", "\x1b[201~"
_SEQUENCE = re.compile(r"\x1b\[([\x30-\x3f]*)[\x20-\x2f]*([\x40-\x7e])")
"""A control sequence: parameters, and the letter that ends it."""
_BEGUN = re.compile(r"\x1b(\[[\x30-\x3f]*[\x20-\x2f]*|O)?")
"""What may still become one."""
_MOST_OF_ONE = 64
"""Characters of a sequence; what is longer is none."""


@dataclass(frozen=True)
class Key:
    """One key, or one pasted text."""

    name: str
    """As in ``review.keys``: a letter, ``Enter``, ``Ctrl+Z``."""
    text: str = ""
    """What it writes where something is written; empty where nothing."""


class KeyReader:
    """Keys out of bytes, however the bytes are split over reads."""

    def __init__(self, encoding: str = "utf-8") -> None:
        """Begin.

        Args:
            encoding: The terminal's.
        """
        try:
            decoder = codecs.getincrementaldecoder(encoding)
        except LookupError:
            decoder = codecs.getincrementaldecoder("utf-8")
        self._decoder = decoder(errors="replace")
        self._held = ""

    @property
    def is_within(self) -> bool:
        """True while a key has begun that isn't whole."""
        return bool(self._held) or bool(self._decoder.getstate()[0])

    def feed(self, data: bytes) -> Iterator[Key]:
        """Yield the keys that are whole now."""
        self._held += self._decoder.decode(data)
        while self._held:
            key = self._next()
            if key is None:
                return
            yield key

    def end(self) -> Iterator[Key]:
        """Yield what was begun, now that nothing more comes: an Escape that begins no sequence is the key."""
        held, self._held = self._held, ""
        if held.startswith(_PASTE_BEGINS):
            yield Key(PASTE, held.removeprefix(_PASTE_BEGINS))
        elif held == _ESCAPE:
            yield Key("Escape")
        elif held:
            yield Key(UNKNOWN)

    def _next(self) -> Key | None:
        """Take the first key off what is held; None where it isn't whole."""
        if self._held[0] != _ESCAPE:
            char, self._held = self._held[0], self._held[1:]
            return _plain(char)
        if self._held.startswith(_PASTE_BEGINS):
            text, end, rest = self._held.removeprefix(_PASTE_BEGINS).partition(_PASTE_ENDS)
            if not end:
                return None
            self._held = rest
            return Key(PASTE, text)
        # it may be whole after the next read; without a limit, junk would hold up every key after it
        if _BEGUN.fullmatch(self._held) and len(self._held) < _MOST_OF_ONE:
            return None
        return self._sequence()

    def _sequence(self) -> Key:
        match = _SEQUENCE.match(self._held)
        if match is not None:
            self._held = self._held[match.end() :]
            return _named(match[1], match[2])
        second = self._held[1]
        if second == "O" and self._held[2] in _FINALS:  # what keypads send
            final, self._held = self._held[2], self._held[3:]
            return Key(_FINALS[final])
        begun = _BEGUN.match(self._held)
        if second in "[O" and begun is not None:  # a sequence that makes no sense: none of it is a key
            self._held = self._held[begun.end() :]
            return Key(UNKNOWN)
        # two: the first stands for itself, the second may begin a sequence
        if second == _ESCAPE:
            self._held = self._held[1:]
            return Key("Escape")
        # a letter behind Escape is Alt and the letter: it must not decide as the letter alone would
        self._held = self._held[2:]
        return Key(f"Alt+{_plain(second).name}")


def _plain(char: str) -> Key:
    if char in _CONTROLS:
        return Key(_CONTROLS[char], " " if char == " " else "")
    if char < " ":
        return Key(f"Ctrl+{chr(ord(char) + 64)}")
    if not char.isprintable() and not _joins(char):
        return Key(UNKNOWN)
    return Key(char, char)


def _joins(char: str) -> bool:
    """Tell whether a character, though it isn't seen, belongs to a picture: its joiner or its style."""
    return char in "\u200c\u200d\ufe0e\ufe0f"


def _named(parameters: str, final: str) -> Key:
    number = parameters.partition(";")[0]
    if final == "~":
        return Key(_NUMBERS.get(number, UNKNOWN))
    # what ends in M and has parameters is a mouse's
    if final == "M" and parameters:
        return Key(UNKNOWN)
    return Key(_FINALS.get(final, UNKNOWN))
