"""What the store tells the user without ever breaking the user's call."""

from __future__ import annotations

import sys
import warnings


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
