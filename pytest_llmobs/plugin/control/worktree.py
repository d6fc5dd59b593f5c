"""The worktree of the accepted code: why there can't be one, and how it is made and taken away again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pytest_llmobs.committed.git import fetching, file_names, lies_in_repository, output_of, refusal
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.experiments.git import git
from pytest_llmobs.plugin.control.dependencies import changed_dependencies
from pytest_llmobs.wording import commit_id

_MINUTES = 600.0
"""Seconds that checking out a large repository may take."""
_WHOLE = 40
"""Digits of a commit's whole hash."""
NO_HOOKS = ("-c", "core.hooksPath=/dev/null")
"""A hook of the user's is about work of the user's."""


class NoControl(Exception):
    """The accepted code can't be run; its text is what stands behind "not compared with the accepted code today:"."""


def not_from_git(reason: str) -> NoControl:
    """Return what says that the worktree is no whole project, by the first thing that went wrong in it."""
    return NoControl(f"it doesn't run from git: {reason}")


def repository_of(rootdir: Path) -> Path:
    """Return the work tree that holds a folder.

    Raises:
        NoControl: There is none, or git refuses to read it.
    """
    try:
        answer = git(rootdir, "rev-parse", "--show-toplevel")
    except BaselineError:
        raise NoControl("no repository") from None
    if answer.returncode == 0:
        return Path(output_of(answer)).resolve()
    if lies_in_repository(rootdir):
        raise NoControl(f"git refuses: {refusal(answer)}")
    raise NoControl("no repository")


def check_commit(rootdir: Path, repository: Path, commit: str) -> None:
    """Make sure that a commit is here, and needs the packages that are installed.

    Raises:
        NoControl: It isn't, or doesn't.
    """
    try:
        if git(repository, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}").returncode != 0:
            raise NoControl(f"commit {commit_id(commit)} is not here: `{_fetching(repository, commit)}`")
        if changed := changed_dependencies(rootdir, repository, commit):
            raise NoControl(f"dependencies changed since ({changed})")
    except BaselineError as error:
        raise NoControl(str(error)) from None


def _fetching(repository: Path, commit: str) -> str:
    """Return the command that may bring a commit here: a part of its hash can't be asked for by itself."""
    shallow = output_of(git(repository, "rev-parse", "--is-shallow-repository")) == "true"
    if shallow or len(commit) == _WHOLE:
        return fetching(commit)
    return "git fetch origin"


@contextmanager
def worktree(repository: Path, commit: str, place: Path) -> Iterator[Path]:
    """Have a commit checked out at ``place`` inside the ``with`` block.

    Raises:
        NoControl: Git refuses.
    """
    try:
        answer = git(
            repository, *NO_HOOKS, "worktree", "add", "--detach", str(place), commit, seconds=_MINUTES
        )
        if answer.returncode != 0:
            raise not_from_git(refusal(answer))
        yield place.resolve()
    except BaselineError as error:
        raise not_from_git(str(error)) from None
    finally:
        remove_worktree(repository, place)


def tracked_files(place: Path) -> list[str]:
    """Return the paths of all files of a work tree that git knows, with slashes; none where git refuses."""
    answer = git(place, "ls-files", "-z")
    return file_names(answer.stdout)


def remove_worktree(repository: Path, place: Path) -> None:
    """Take a worktree away, and what git knows of it: of this one alone, whether it was ever finished or not."""
    with suppress(BaselineError):  # no git, or no repository any more
        # twice: while git makes one it is locked
        answer = git(repository, "worktree", "remove", "--force", "--force", str(place), seconds=_MINUTES)
        if answer.returncode != 0:
            _forget(repository, place)
    shutil.rmtree(place, ignore_errors=True)


def _forget(repository: Path, place: Path) -> None:
    """Remove git's record of a worktree that was never finished, which git itself doesn't take for one."""
    folder = output_of(git(repository, "rev-parse", "--git-common-dir"))
    if not folder:
        return
    for link in Path(repository, folder, "worktrees").glob("*/gitdir"):
        with suppress(OSError):
            if Path(link.read_text().strip()) == place / ".git":
                shutil.rmtree(link.parent, ignore_errors=True)


def registered_below(folder: Path, above: Path) -> Iterator[Path]:
    """Yield the worktrees that git knows below a folder, whether they are still there or not.

    Args:
        folder: Lies in the repository.
        above: The folder.
    """
    try:
        answer = git(folder, "worktree", "list", "--porcelain")
    except BaselineError:
        return
    for line in answer.stdout.split(b"\n"):
        word, _, name = line.decode("utf-8", "surrogateescape").partition(" ")
        if word == "worktree" and Path(name).is_relative_to(above):
            yield Path(name)
