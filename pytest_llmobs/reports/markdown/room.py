"""How much fits: what is cut is counted, and nothing is cut in its middle."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_llmobs.wording import count


def fitting(parts: Sequence[str], room: int, what: str, mark: str = "- ", joint: str = "\n") -> str:
    """Return the first of some parts, as many as there is room for, and a line that counts the others.

    Args:
        parts: The most important one first.
        room: Characters in all. Where it doesn't even hold the line that counts, nothing is returned.
        what: What a part is, for that line: ``error``.
        mark: How that line begins: as an item of a list does, unless the parts are none.
        joint: Stands between the parts.
    """
    whole = joint.join(parts)
    if len(whole) <= room:
        return whole
    # the longest it can get, so that what is reserved is enough whatever is left out
    used = len(_more(len(parts), what, mark))
    if used > room:
        return ""
    taken: list[str] = []
    for part in parts:
        used += len(part) + len(joint)
        if used > room:
            break
        taken.append(part)
    return joint.join([*taken, _more(len(parts) - len(taken), what, mark)])


def _more(number: int, what: str, mark: str) -> str:
    return f"{mark}… {count(number, f'more {what}')}"


def blocks(parts: Sequence[str]) -> str:
    """Return parts that aren't empty with an empty line between them."""
    return "\n\n".join(filter(None, parts))
