"""What the store tells the user without ever breaking the user's call."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any


class StoreWarning(UserWarning):
    """Runs can't be stored or exported, or what was stored can't be read."""


def warn(message: str) -> None:
    """Warn; where warnings are turned into errors (``-W error``), print to stderr instead of raising."""
    try:
        # No line of code is to blame, least of all the one that happened to call.
        warnings.warn_explicit(message, StoreWarning, "pytest-llmobs", 0, module=__name__)
    except StoreWarning:
        print(f"pytest-llmobs: {message}", file=sys.__stderr__ or sys.stderr)
    except Exception:
        # A warnings filter or showwarning of the user's own that raises is no reason to break the user's call.
        return


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
