"""How much fits: what is cut is counted, and nothing is cut in its middle."""

from __future__ import annotations

from collections.abc import Callable, Sequence

More = Callable[[int], str]
"""Returns the line that counts what is left out."""


def fitting(parts: Sequence[str], room: int, more: More, joint: str = "\n") -> str:
    """Return the first of some parts, as many as there is room for, and a line that counts the others.

    Args:
        parts: The most important one first.
        room: Characters in all. Where it doesn't even hold the line that counts, nothing is returned.
        more: Makes that line.
        joint: Stands between the parts.
    """
    whole = joint.join(parts)
    if len(whole) <= room:
        return whole
    # the longest it can get, so that what is reserved is enough whatever is left out
    used = len(more(len(parts)))
    if used > room:
        return ""
    taken: list[str] = []
    for part in parts:
        used += len(part) + len(joint)
        if used > room:
            break
        taken.append(part)
    return joint.join([*taken, more(len(parts) - len(taken))])


def blocks(parts: Sequence[str]) -> str:
    """Return parts that aren't empty with an empty line between them."""
    return "\n\n".join(filter(None, parts))
