"""One word of the output, explained."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One thing that the output names."""

    words: tuple[str, ...]
    """How it is written; the first is the usual one."""
    meaning: str
    advice: str = ""
    """What to do about it; empty where there is nothing to do."""
