"""How lines end."""

from __future__ import annotations


def text_end(text: str) -> str:
    r"""Return how lines end in a text: ``\r\n`` where one does, ``\r`` where no other end is in it."""
    for end in ("\r\n", "\n", "\r"):
        if end in text:
            return end
    return "\n"
