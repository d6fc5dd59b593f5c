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
    recorded: int = 0
    """Those of the made ones whose reply is a recording now."""
    missing: int = 0
    """Neither made nor replayed: not recorded, where nothing may be sent."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def count(self, columns: Mapping[str, Any]) -> None:
        """Count a call that has ended.

        Args:
            columns: Of its run.
        """
        if columns.get("replayed"):
            self.add(0, 1, columns.get("saved_cost"))
        else:
            self.add(1, 0, None, int(bool(columns.get("recording"))))

    @property
    def counts(self) -> tuple[int, int, float | None, int, int]:
        """What ``add`` takes elsewhere."""
        return self.made, self.replayed, self.saved, self.recorded, self.missing

    def add(self, made: int, replayed: int, saved: float | None, recorded: int = 0, missing: int = 0) -> None:
        """Count what another process has counted."""
        with self._lock:
            self.made += made
            self.replayed += replayed
            self.recorded += recorded
            self.missing += missing
            if saved is not None:
                self.saved = saved + (self.saved or 0.0)

    def text(self, folder: str) -> str:
        """Return what a session says of them.

        ``model calls: 12 made and recorded, 388 replayed from llm-cassettes ($0.41 saved)``.

        Empty where there were none.

        Args:
            folder: Where the recordings lie.
        """
        if not self.made and not self.replayed and not self.missing:
            return ""
        replayed = f"{self.replayed:,}" if self.replayed else "none"
        saved = f" ({usd(self.saved)} saved)" if self.saved else ""
        missing = f", {self.missing:,} without a recording" if self.missing else ""
        return f"model calls: {self._made()}, {replayed} replayed from {folder}{saved}{missing}"

    def _made(self) -> str:
        if not self.made:
            return "none made"
        if self.recorded == self.made:
            return f"{self.made:,} made and recorded"
        if not self.recorded:
            return f"{self.made:,} made, none of them recorded"
        return f"{self.made:,} made, {self.recorded:,} of them recorded"
