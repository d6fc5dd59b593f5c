"""What is compared: the text of a value, in one form however it was typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any


def text_of(value: Any) -> str:
    """Return the text of inputs or outputs for comparison: the leaves in order of their keys, a line each.

    Strings stand as they are, numbers, booleans and other leaves as Python writes them; ``None`` is left out, and so
    are keys: two examples that ask the same under other names are alike.

    Args:
        value: A string, a number, or lists and mappings of them, nested as deep as may be.
    """
    leaves: list[str] = []
    pending = [value]
    while pending:  # no recursion, for JSON may be nested deeper than Python's stack
        current = pending.pop()
        if isinstance(current, str):
            leaves.append(current)
        elif isinstance(current, Mapping):
            keys = sorted(current, key=str, reverse=True)
            pending.extend(current[key] for key in keys)
        elif isinstance(current, list | tuple):
            pending.extend(reversed(current))
        elif current is not None:
            leaves.append(str(current))
    return "\n".join(leaves)


def normalized(text: str) -> str:
    """Return a text without what doesn't count: width and case of letters, and how blanks are written."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
