"""What the store tells the user without ever breaking the user's call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_llmobs import notices


class StoreWarning(UserWarning):
    """Runs can't be stored or exported, or what was stored can't be read."""


def warn(message: str) -> None:
    """Warn of the store; see ``pytest_llmobs.notices``."""
    notices.warn(message, StoreWarning)


class OnceForEachPath:
    """Tells of each path once, however often the same is tried again."""

    def __init__(self, warn: Callable[[str], Any]) -> None:
        """Pass messages on.

        Args:
            warn: Takes them; must not raise.
        """
        self.warn = warn
        """Takes a message that is always told."""
        self._told: set[Path] = set()

    def tell(self, path: Path, message: str) -> None:
        """Pass the message on, unless one about ``path`` was told before."""
        if path not in self._told:
            self._told.add(path)
            self.warn(message)
