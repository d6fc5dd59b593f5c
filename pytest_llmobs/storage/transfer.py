"""Bringing a finished file from one local store to another."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from pytest_llmobs.files import PRIVATE, write_whole

_PIECE = 1 << 20
"""Bytes read at once: a session of a million runs leaves one file of hundreds of megabytes."""


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
        with source.open("rb") as file:
            write_whole(target, iter(partial(file.read, _PIECE), b""), mode=PRIVATE)
