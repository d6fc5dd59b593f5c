"""What was found in one file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

What = Literal["id", "payload"]


@dataclass
class Hits:
    """What was found in one file."""

    form: str
    """How it was read."""
    counts: Counter[What] = field(default_factory=Counter)
    places: dict[What, set[str]] = field(default_factory=lambda: {"id": set(), "payload": set()})
    """Columns that hold it."""
    problem: str = ""
    """Why the file could not be read, or not whole."""

    def add(self, what: What, count: int, place: str = "") -> None:
        """Count what was found."""
        if count:
            self.counts[what] += count
            if place:
                self.places[what].add(place)
