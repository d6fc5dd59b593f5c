"""Asking git: for the current commit, and for baselines of others."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

from pytest_llmobs.committed.git import file_names, lies_in_repository, output_of, refusal, revision_problem
from pytest_llmobs.committed.git import git as ask
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.records.experiments import DIRTY


def git(folder: Path, *words: str, seconds: float = 30.0) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder as ``committed.git`` does.

    Raises:
        BaselineError: There is no git, or it hangs.
    """
    try:
        return ask(folder, *words, seconds=seconds)
    except OSError as error:
        raise BaselineError(_unusable(error)) from error


def _unusable(error: OSError) -> str:
    return f"Comparing with another commit needs git, which can't be run: {error}."


def current_commit(folder: Path) -> str | None:
    """Return the commit of ``folder``, whole, with ``+dirty`` where the work tree has changes; None without git.

    A remote can be asked for a whole commit, and for no part of one.
    """
    try:
        answer = git(folder, "describe", "--always", "--abbrev=40", f"--dirty={DIRTY}", "--exclude=*")
    except BaselineError:
        return None
    if answer.returncode != 0:
        return None
    return output_of(answer) or None


def commit_problem(folder: Path) -> str | None:
    """Return why git doesn't tell the commit of a folder that lies in a repository, in git's words; None where it does.

    A folder outside any repository has none, and neither has a repository without a commit yet.
    """
    if not lies_in_repository(folder):
        return None
    try:
        answer = git(folder, "describe", "--always", "--exclude=*")
        if answer.returncode == 0 or _is_unborn(folder):
            return None
    except BaselineError as error:
        return f"The commit isn't recorded. {error}"
    return f"The commit isn't recorded: git refuses: {refusal(answer)}"


def _is_unborn(folder: Path) -> bool:
    """Tell whether a repository has no commit yet: its branch is to begin."""
    branch = git(folder, "symbolic-ref", "--quiet", "HEAD")
    if branch.returncode != 0:
        return False
    return git(folder, "show-ref", "--verify", "--quiet", output_of(branch)).returncode == 1


def is_clean(folder: Path, baselines: Path, commit: str | None) -> bool:
    """Return True where no tracked file but baselines differs from the current commit; False where git can't tell.

    Files that nobody added to git are the user's own business: most are no code, and git ignores what is built.

    Args:
        folder: Anywhere in the repository.
        baselines: Their folder.
        commit: The current one, as ``current_commit`` has just returned it.
    """
    if commit is None:
        return False
    if not commit.endswith(DIRTY):
        return True
    name = Path(os.path.relpath(baselines.resolve(), folder.resolve())).as_posix()
    paths = [":(top)"]
    if not name.startswith("../"):  # git takes no path outside its repository
        paths.append(f":(exclude,literal){name}")
    try:
        return git(folder, "diff", "--quiet", "HEAD", "--", *paths).returncode == 0
    except BaselineError:
        return False


def on_branch(folder: Path, branch: str) -> Callable[[str], bool]:
    """Return what tells whether a commit is on a branch: the branch's own, or one before it.

    Args:
        folder: Anywhere in the repository.
        branch: A branch, also ``origin/main``, or any other revision.

    Raises:
        BaselineError: Git doesn't know the branch.
    """
    check_revision(folder, branch)

    @cache
    def is_on_it(commit: str) -> bool:
        return git(folder, "merge-base", "--is-ancestor", commit, branch).returncode == 0

    return is_on_it


def same_code(baselines: Path, then: str, now: str) -> bool:
    """Return True where nothing differs between two commits but baselines; False also where git can't tell.

    Args:
        baselines: Their folder, in the repository.
        then: A commit as ``current_commit`` returns it; what was dirty then nobody knows.
        now: The work tree's own: where that is dirty, it is what is compared.
    """
    if then.endswith(DIRTY):
        return False
    if then == now:
        return True
    revisions = [then]
    if not now.endswith(DIRTY):
        revisions.append(now)
    paths = (":(top)", f":(exclude){baselines.name}")
    try:
        return git(baselines.parent, "diff", "--quiet", *revisions, "--", *paths).returncode == 0
    except BaselineError:
        return False


def check_revision(folder: Path, revision: str) -> None:
    """Make sure that git knows a commit.

    Args:
        folder: Anywhere in the repository.
        revision: A commit, branch or tag.

    Raises:
        BaselineError: It doesn't, there is no repository, or git refuses to read it.
    """
    try:
        problem = revision_problem(folder, revision)
    except OSError as error:
        raise BaselineError(_unusable(error)) from error
    if problem:
        raise BaselineError(problem)


def changed_paths(folder: Path, revision: str) -> list[str]:
    """Return the paths that differ between a commit and the work tree, from its top; new ones that aren't ignored, too.

    Args:
        folder: The top of the work tree.
        revision: A commit, branch or tag that there is.

    Raises:
        BaselineError: Git refuses.
    """
    differing = _asked(folder, "diff", "--name-only", "--no-renames", "-z", revision).stdout
    new = _asked(folder, "ls-files", "--others", "--exclude-standard", "-z").stdout
    return file_names(differing + new)


def committed_names(folder: Path, revision: str) -> list[str]:
    """Return the names of the files that a folder has in a commit.

    Raises:
        BaselineError: Git refuses.
    """
    answer = _asked(folder, "ls-tree", "-z", "--name-only", revision, "./")
    return file_names(answer.stdout)


def read_committed(folder: Path, revision: str, path: str) -> str | None:
    """Return the text of a file in a commit, or None where that has no such file.

    Args:
        folder: Anywhere in the repository.
        revision: A commit, branch or tag that there is.
        path: The file, from ``folder``; it begins with ``./``.

    Raises:
        BaselineError: Git refuses, or it is no UTF-8: a baseline that can't be read is never an empty one.
    """
    if not _asked(folder, "ls-tree", "-z", "--name-only", revision, path).stdout:
        return None
    content = _asked(folder, "show", f"{revision}:{path}").stdout
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BaselineError(f"{revision}:{path} can't be read: {error}.") from error


def _asked(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Return git's answer; raises ``BaselineError`` with its words where it refuses."""
    answer = git(folder, *words)
    if answer.returncode != 0:
        raise BaselineError(f"'git {' '.join(words)}' failed in {str(folder)!r}: {refusal(answer)}")
    return answer
