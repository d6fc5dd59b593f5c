"""Bringing a finished file from one local store to another."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_llmobs.files import PRIVATE, copy_whole


def copy_file(source: Path, target: Path) -> None:
    """Link ``source`` at ``target``, or copy it where the disk has no links; a file already there stays.

    Sealed files never change, so that two stores may share one.

    Raises:
        OSError: The disk refuses.
    """
    if target.exists():
        return
    try:
        os.link(source, target)
    except OSError:
        copy_whole(source, target, mode=PRIVATE)
