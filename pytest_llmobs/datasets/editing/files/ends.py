"""How lines end."""

from __future__ import annotations

RARE_BREAKS = ("\x85", "\u2028", "\u2029")
"""What ends a line in YAML, too."""


def text_end(text: str) -> str:
    r"""Return how lines end in a text: ``\r\n`` where one does, ``\r`` where no other end is in it."""
    for end in ("\r\n", "\n", "\r"):
        if end in text:
            return end
    return "\n"
