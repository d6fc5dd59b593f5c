"""What is told to the user without ever breaking the user's call."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

_PACKAGE = str(Path(__file__).parent)


def warn(message: str, category: type[Warning], *, of_caller: bool = False) -> None:
    """Warn; where warnings are turned into errors (``-W error``), print to stderr instead of raising.

    Args:
        message: For the user.
        category: The warning's class.
        of_caller: Name the line outside this package that called. By default none is to blame, least of all the one
            that happened to call.
    """
    try:
        if of_caller:
            warnings.warn(message, category, stacklevel=_frames_of_ours() + 1)
        else:
            warnings.warn_explicit(message, category, "pytest-llmobs", 0, module=__name__)
    except category:
        print(f"pytest-llmobs: {message}", file=sys.__stderr__ or sys.stderr)
    except Exception:
        # A warnings filter or showwarning of the user's own that raises is no reason to break the user's call.
        return


def _frames_of_ours() -> int:
    """Return how many frames lie between ``warn`` and the first one outside this package, ``warn`` included."""
    frame, number = sys._getframe(1), 0
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, number = frame.f_back, number + 1
    return number
