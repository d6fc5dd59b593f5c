"""Files that git has had and the folder hasn't any more, for a message about a name that leads nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_llmobs.committed.git import file_names, git


def way_back(folder: Path, patterns: Sequence[str]) -> str:
    """Return who deleted or renamed the file that is looked for, and what brings it back; empty where git has none.

    Args:
        folder: Patterns are relative to it; it need not be a repository.
        patterns: Of the file's path, as git's ``:(glob)`` takes them.
    """
    specs = [f":(glob){pattern}" for pattern in patterns]
    try:
        deleted = _names(folder, "diff", "HEAD", *_GONE, "--", *specs)
        if deleted:
            return f" HEAD still has it: 'git checkout HEAD -- {deleted[0]}' brings it back."
        words = _names(folder, "log", "-1", "--format=%h", *_GONE, "--", *specs)
        if len(words) < 2:
            return ""
        # the line feed behind the commit stands before the first name
        commit, path = words[0].strip(), words[1].strip()
        return _told(folder, commit, path)
    except OSError:  # no git
        return ""


_GONE = ("--no-renames", "--diff-filter=D", "--name-only", "--relative", "-z")


def _told(folder: Path, commit: str, path: str) -> str:
    renames = _names(
        folder, "show", "--format=", "-M", "--diff-filter=R", "--name-status", "--relative", "-z", commit
    )
    for old, new in zip(renames[1::3], renames[2::3], strict=False):
        if old.strip() == path:
            return (
                f" Commit {commit} renamed {path!r} to {new.strip()!r}: its past goes by that name now; tags lie where "
                "they lay."
            )
    return (
        f" Commit {commit} deleted {path!r}: 'git checkout {commit}~1 -- {path}' brings it back, and with it all of "
        "its past."
    )


def _names(folder: Path, *words: str) -> list[str]:
    answer = git(folder, *words)
    return file_names(answer.stdout) if answer.returncode == 0 else []
