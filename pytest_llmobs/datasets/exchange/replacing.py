"""A folder takes the place of another, which is never lost: a process killed in between leaves it beside.

No system call that is there everywhere swaps two folders. So the former one has a name by which it is found again.
"""

from __future__ import annotations

import shutil
from pathlib import Path


def aside(path: Path) -> Path:
    """Return where a folder stays while another takes its place."""
    return path.with_name(f".{path.name}.former")


def restore(path: Path) -> None:
    """Put a folder back that a killed process left aside.

    Raises:
        OSError: The disk refuses.
    """
    former = aside(path)
    if not former.is_dir():
        return
    if path.exists():  # killed after the other one had taken its place
        shutil.rmtree(former)
    else:
        former.rename(path)


def replace(path: Path, finished: Path) -> None:
    """Put a finished folder where another may be, which stays if that fails.

    Args:
        path: Its place.
        finished: A folder on the same disk.

    Raises:
        OSError: The disk refuses.
    """
    restore(path)
    former = aside(path)
    if path.exists():
        path.rename(former)
    try:
        finished.rename(path)
    finally:
        restore(path)
