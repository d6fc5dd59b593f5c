"""What is told to the user without ever breaking the user's call."""

from __future__ import annotations

import sys
import warnings


def warn(message: str, category: type[Warning]) -> None:
    """Warn; where warnings are turned into errors (``-W error``), print to stderr instead of raising."""
    try:
        # No line of code is to blame, least of all the one that happened to call.
        warnings.warn_explicit(message, category, "pytest-llmobs", 0, module=__name__)
    except category:
        print(f"pytest-llmobs: {message}", file=sys.__stderr__ or sys.stderr)
    except Exception:
        # A warnings filter or showwarning of the user's own that raises is no reason to break the user's call.
        return
