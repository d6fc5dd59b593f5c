"""A process that a target forks: where it comes back out of the target, it ends there."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress


def leave_child(parent: int, error: BaseException | None) -> None:
    """End this process where it is a child that was forked since; the trial is its parent's, and so are all others.

    It would run the trials that are left once more, and write beside its parent; in a worker's thread it would wait for
    ever, and whoever waits for it, too.

    Args:
        parent: The process that called the target.
        error: What the target raised here; the child ends as Python does on it.
    """
    if os.getpid() == parent:
        return
    code = _exit_code(error)
    with suppress(Exception):
        if error is not None and not isinstance(error, SystemExit):
            traceback.print_exception(error)
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _exit_code(error: BaseException | None) -> int:
    if error is None:
        return 0
    if not isinstance(error, SystemExit):
        return 1
    if error.code is None:
        return 0
    return error.code & 0xFF if isinstance(error.code, int) else 1
