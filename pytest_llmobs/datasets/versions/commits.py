"""What a dataset's file held in git's commits, whatever it was called then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from pytest_llmobs.committed.git import (
    file_names,
    git,
    lies_in_repository,
    output_of,
    refusal,
    revision_problem,
)
from pytest_llmobs.errors import NotFoundError

_COMMIT = re.compile(rb"commit ([0-9a-f]{40,64}) (\S+) (.*)")
_CHANGE = re.compile(rb"\n?:\d+ \d+ [0-9a-f]+ ([0-9a-f]+) ([A-Z])\d*")
_GONE = re.compile("0+")
"""The blob of a file that a commit has deleted."""


@dataclass(frozen=True)
class CommittedFile:
    """A file as a commit has it."""

    commit: str
    at: datetime
    """When it was committed."""
    path: str
    """What it was called then, from the top of the repository."""
    blob: str
    """Git's name for its content."""
    subject: str = ""
    """The first line of what was said of the commit."""


class NotCommittedError(NotFoundError):
    """There is such a commit, but it hasn't the file."""


class Commits:
    """The commits that have changed one file."""

    def __init__(self, file: Path) -> None:
        """Ask nothing yet.

        Args:
            file: It need not be committed, but its folder is there.
        """
        self._file = file
        self._folder = file.absolute().parent

    @cached_property
    def all(self) -> tuple[CommittedFile, ...]:
        """What each commit has made of the file, the newest first; none where git can't be asked."""
        words = ("log", "--follow", "-m", "-M", "-z", "--raw", "--no-abbrev", "--format=commit %H %cI %s")
        try:
            answer = git(self._folder, *words, "--", f"./{self._file.name}")
        except OSError:
            return ()
        if answer.returncode != 0:
            return ()
        return tuple(_read_log(answer.stdout))

    def knows(self, revision: str) -> bool:
        """Tell whether a text is a revision: a commit, a branch, a tag, ``HEAD~2``."""
        if revision.startswith("-") or "\0" in revision:
            return False
        try:
            answer = git(self._folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        except OSError:
            return False
        return answer.returncode == 0

    def problem(self, revision: str) -> str:
        """Return why a revision isn't known, with the remedy; an empty text where it is."""
        try:
            return revision_problem(self._folder, revision)
        except OSError as error:
            return f"There is no commit {revision!r}: git can't be run ({error})."

    @property
    def unusable(self) -> str:
        """Why git knows nothing here, for a message that says what was looked for; an empty text where it does."""
        try:
            if not lies_in_repository(self._folder):
                return "the file lies in no git repository."
            asked = git(self._folder, "rev-parse", "--is-shallow-repository")
        except OSError as error:
            return f"git can't be run ({error})."
        if asked.returncode != 0:
            return f"git refuses to read the repository: {refusal(asked)}"
        if output_of(asked) == "true":
            return "this clone is shallow: 'git fetch --unshallow' brings the commits that it lacks."
        return ""

    def at(self, revision: str) -> CommittedFile:
        """Return the file as a revision has it, also under an earlier name.

        Args:
            revision: One that git knows.

        Raises:
            NotCommittedError: The revision has no such file.
        """
        for path in dict.fromkeys([f"./{self._file.name}", *self._earlier_paths()]):
            listed = git(self._folder, "ls-tree", "-z", "--full-name", revision, "--", path)
            if listed.returncode == 0 and listed.stdout:
                what, _, name = listed.stdout.rstrip(b"\0").partition(b"\t")
                shown = git(self._folder, "log", "-1", "--format=%H %cI", revision, "--")
                commit, _, time = output_of(shown).partition(" ")
                blob = what.split()[2].decode()
                return CommittedFile(commit, datetime.fromisoformat(time), _decoded(name), blob)
        raise NotCommittedError(
            f"The revision {revision!r} has no file {self._file.name!r} in this folder, nor had the file another name "
            "then. 'git log --follow -- FILE' shows the commits that have it."
        )

    def content(self, committed: CommittedFile) -> bytes:
        """Return what a file held.

        Raises:
            NotFoundError: Git lacks the content, as a clone without blobs may.
        """
        answer = git(self._folder, "cat-file", "blob", committed.blob)
        if answer.returncode != 0:
            raise NotFoundError(
                f"git has no content of {committed.path!r} in commit {committed.commit[:7]}: {refusal(answer)}"
            )
        return answer.stdout

    def _earlier_paths(self) -> Iterator[str]:
        for committed in self.all:
            yield f":(top,literal){committed.path}"


def _read_log(output: bytes) -> Iterator[CommittedFile]:
    """Yield what each commit of a log has made of a file.

    Under ``-z`` a commit's line, each change and each path end with a zero byte; of a rename the new path comes last.
    """
    fields = iter(output.split(b"\0"))
    commit, at, subject = "", datetime.min, ""
    for field in fields:
        head = _COMMIT.search(field)
        if head is not None:
            commit, at = head[1].decode(), datetime.fromisoformat(head[2].decode())
            subject = head[3].decode("utf-8", "replace")
        change = _CHANGE.search(field)
        if change is None:
            continue
        path = next(fields)
        if change[2] in (b"R", b"C"):
            path = next(fields)
        blob = change[1].decode()
        if not _GONE.fullmatch(blob):
            yield CommittedFile(commit, at, _decoded(path), blob, subject)


def _decoded(path: bytes) -> str:
    return file_names(path)[0]
