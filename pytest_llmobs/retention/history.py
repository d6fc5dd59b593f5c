"""What git still holds: erasing a file's lines takes nothing out of former commits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from pytest_llmobs.committed.git import file_names, git, lies_in_repository
from pytest_llmobs.errors import StoreError

MOST = 200
"""Texts that are looked for at once."""
_SECONDS = 600.0
_BETWEEN = "\x1e"


@dataclass(frozen=True)
class Commit:
    """A commit that added, changed or removed a line with what was sought; those between hold it as well."""

    hash: str
    day: str
    """ISO 8601."""
    files: tuple[str, ...]


def commits_with(folder: Path, texts: Iterable[str], named: Set[str] = frozenset()) -> list[Commit]:
    """Return the commits of all branches, tags and stashes that brought or took one of some texts, the newest first.

    Args:
        folder: Anywhere in the repository; of one that lies in none, nothing is returned.
        texts: What is looked for, also as JSON escapes it.
        named: Hashes of commits that are known to hold something; those that nothing leads to any more are left out.

    Raises:
        StoreError: There is no git, or it hangs.
    """
    pattern = _pattern(texts)
    if not pattern or not lies_in_repository(folder):
        return []
    words = ["--text", f"-S{pattern}", "--pickaxe-regex", "--no-renames", "--name-only", "-z"]
    commits: dict[str, Commit] = {}
    for commit in _log(folder, *words):
        commits[commit.hash] = commit
    if named - commits.keys():
        # a rewritten history has lost them
        for commit in _log(folder):
            if commit.hash in named:
                commits.setdefault(commit.hash, commit)
    return list(commits.values())


def _log(folder: Path, *words: str) -> Iterator[Commit]:
    output = _output(folder, "log", "--all", *words, f"--format={_BETWEEN}%H %cs")
    for entry in output.decode("utf-8", "replace").split(_BETWEEN)[1:]:
        head, *files = entry.replace("\n", "\0").split("\0")
        hash, _, day = head.partition(" ")
        yield Commit(hash, day, tuple(filter(None, files)))


def tracked_with(folder: Path, text: str) -> list[Path]:
    """Return the tracked files in which a text stands by itself as they are now, wherever in the repository they lie.

    Raises:
        StoreError: There is no git, or it hangs.
    """
    if not lies_in_repository(folder):
        return []
    root = Path(
        _output(folder, "rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape").rstrip("\n")
    )
    words = ("grep", "-z", "-l", "--text", "--word-regexp", "--fixed-strings", "-e", text)
    return list(map(root.joinpath, file_names(_output(root, *words))))


def _output(folder: Path, *words: str) -> bytes:
    """Return what git prints; nothing where it refuses: the repository has no commit yet.

    Raises:
        StoreError: There is no git, or it hangs.
    """
    try:
        return git(folder, *words, seconds=_SECONDS).stdout
    except OSError as error:
        raise StoreError(f"What git still holds can't be listed, since git can't be run: {error}.") from error


def _pattern(texts: Iterable[str]) -> str:
    alternatives: dict[str, None] = {}
    # each alternative costs time in every commit
    for text in sorted(texts)[:MOST]:
        for form in (text, json.dumps(text)[1:-1]):
            alternatives[re.sub(r"[][\\.^$*+?(){}|]", r"\\\g<0>", form)] = None
    return "|".join(alternatives)


REMEDY = "git filter-repo --replace-text erased.txt"
"""Takes it out of all commits; it is shown, and not run."""
