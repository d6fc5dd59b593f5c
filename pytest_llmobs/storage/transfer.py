"""Bringing a finished file from one local store to another."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def copy_file(source: Path, target: Path) -> None:
    """Link ``source`` at ``target``, or copy it where the disk has no links; a file already there stays.

    Sealed files never change, so that two stores may share one.

    Raises:
        OSError: The disk refuses.
    """
    if target.exists():
        return
    aside = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        os.link(source, aside)
    except OSError:
        shutil.copyfile(source, aside)
    aside.replace(target)
