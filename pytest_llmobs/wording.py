"""Words that many messages share: counts, lists of names, near matches."""

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


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 trial``, ``1,000 trials``."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {plural or noun + 's'}"
