"""How many model calls were made and how many replayed, counted as they end."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.wording import usd


@dataclass
class Tally:
    """The model calls of one process, or of several, added up. Safe for threads."""

    made: int = 0
    replayed: int = 0
    saved: float | None = None
    """USD that the replayed ones had cost when they were recorded, as far as that is known."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def count(self, columns: Mapping[str, Any]) -> None:
        """Count a call that has ended.

        Args:
            columns: Of its run.
        """
        if columns.get("replayed"):
            self.add(0, 1, columns.get("saved_cost"))
        else:
            self.add(1, 0, None)

    def add(self, made: int, replayed: int, saved: float | None) -> None:
        """Count what another process has counted."""
        with self._lock:
            self.made += made
            self.replayed += replayed
            if saved is not None:
                self.saved = saved + (self.saved or 0.0)

    def text(self, folder: str) -> str:
        """Return what a session says of them: ``model calls: 12 made, 388 replayed from llm-cassettes ($0.41 saved)``.

        Empty where there were none.

        Args:
            folder: Where the recordings lie.
        """
        if not self.made and not self.replayed:
            return ""
        made = f"{self.made:,} made" if self.made else "none made"
        if not self.replayed:
            return f"model calls: {made}, none replayed from {folder}"
        saved = f" ({usd(self.saved)} saved)" if self.saved else ""
        return f"model calls: {made}, {self.replayed:,} replayed from {folder}{saved}"
