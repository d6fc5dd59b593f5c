"""Numbers that a page computes with: sorts, compares and rounds."""

from __future__ import annotations

_EXACT = 10**15
"""From here on ``viewer/page/source.js`` keeps whole numbers as their digits: a payload may mean an id."""


def safe_number(value: float | None) -> float | None:
    """Return a number as one that a browser computes with, however large it is; ``True``, a score too, becomes 1."""
    if value is None or (type(value) is not bool and -_EXACT < value < _EXACT):
        return value
    try:
        return float(value)
    except OverflowError:  # a whole number that no float holds
        return None
