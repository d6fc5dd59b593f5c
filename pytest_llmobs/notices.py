"""What is told to the user without ever breaking the user's call."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

_PACKAGE = __name__.partition(".")[0]


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
            frame = callers_frame()
            names, place = frame.f_globals, (frame.f_code.co_filename, frame.f_lineno)
            seen = names.setdefault("__warningregistry__", {})
            warnings.warn_explicit(message, category, *place, module=names.get("__name__"), registry=seen)
        else:
            warnings.warn_explicit(message, category, "pytest-llmobs", 0, module=__name__)
    except category:
        print(f"pytest-llmobs: {message}", file=sys.__stderr__ or sys.stderr)
    except Exception:
        # A warnings filter or showwarning of the user's own that raises is no reason to break the user's call.
        return


def callers_frame() -> FrameType:
    """Return the frame of the code outside this package that has called it."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return frame


def _is_ours(module: str) -> bool:
    return module == _PACKAGE or module.startswith(f"{_PACKAGE}.")
