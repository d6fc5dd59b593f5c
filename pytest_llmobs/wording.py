"""Words that many messages share: counts, lists of names, near matches, a traceback in a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def nearest(value: str, choices: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the closest of ``choices``, or an empty string.

    Args:
        value: What the user wrote.
        choices: What would have been understood.
    """
    from difflib import get_close_matches

    matches = get_close_matches(value, list(choices), n=1, cutoff=0.6)
    if not matches:
        return ""
    return f" Did you mean {matches[0]!r}?"


def known(choices: Iterable[str]) -> str:
    """Return ``"Known: a, b, c."`` for a message, or ``"None is known."``."""
    names = sorted(choices)
    if not names:
        return "None is known."
    return f"Known: {', '.join(names)}."


def listed(names: Sequence[str], most: int) -> str:
    """Return ``"a, b and 3 more"`` for a message: the first ``most`` names, and how many there are besides."""
    shown = ", ".join(names[:most])
    if len(names) <= most:
        return shown
    return f"{shown} and {len(names) - most} more"


def count(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 trial``, ``1,000 trials``."""
    return f"{number:,} {noun(number, singular, plural)}"


def noun(number: int, singular: str, plural: str = "") -> str:
    """Return a noun as it stands behind a number that is written otherwise: ``trial``, ``trials``."""
    if number == 1:
        return singular
    return plural or f"{singular}s"


def last_line(text: str) -> str:
    """Return the last line that isn't blank: of a traceback it says what happened."""
    return text.rstrip().rpartition("\n")[2]


def text_lines(text: str) -> list[str]:
    """Return the lines of a text as people count them; one end of line after the last is no further line.

    ``str.splitlines`` would end one at U+2028, U+0085, a form feed and others too, which stand inside what models say.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not lines[-1]:
        lines.pop()
    return lines
