"""Who makes a commit: the name that git would write."""

from __future__ import annotations

import getpass
import os
import subprocess
from functools import lru_cache
from pathlib import Path

_SECONDS = 5.0
"""After so many git counts as hung."""
_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")
"""Environment variables by which git tells its hooks of one repository, which needn't be the prompts'."""


def author_of(folder: Path) -> str:
    """Return ``GIT_AUTHOR_NAME``, else git's ``user.name`` for a folder, else the login, else an empty text."""
    named = os.environ.get("GIT_AUTHOR_NAME", "").strip()
    if named:
        return named
    there = folder.absolute()
    while not there.is_dir() and there != there.parent:
        there = there.parent
    return _of_git(str(there)) or _login()


@lru_cache(maxsize=16)
def _of_git(folder: str) -> str:
    """Return git's ``user.name``; asked once a process, since a process of its own takes milliseconds."""
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    command = ["git", "-C", folder, "config", "user.name"]
    try:
        answer = subprocess.run(
            command, capture_output=True, check=False, timeout=_SECONDS, env=environment, text=True
        )
    except (OSError, ValueError, subprocess.SubprocessError):  # there is no git, or it hangs
        return ""
    return answer.stdout.strip()


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container whose user has no name
        return ""
