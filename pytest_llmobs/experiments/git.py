"""Asking git: for the current commit, and for baselines of others."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from pytest_llmobs.errors import BaselineError


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run git in a folder, and return what it said, refusals included.

    Raises:
        BaselineError: There is no git, or it hangs.
    """
    command = ["git", "-c", "core.quotePath=false", "-C", str(folder), *words]
    try:
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=30)
    except (OSError, subprocess.SubprocessError) as error:
        raise BaselineError(
            f"Comparing with another commit needs git, which can't be run: {error}."
        ) from error


def current_commit(folder: Path) -> str | None:
    """Return the short commit of ``folder``, with ``+dirty`` where the work tree has changes; None without git."""
    try:
        answer = git(folder, "describe", "--always", "--abbrev=12", "--dirty=+dirty", "--exclude=*")
    except BaselineError:
        return None
    if answer.returncode != 0:
        return None
    return answer.stdout.strip() or None


def check_revision(folder: Path, revision: str) -> None:
    """Make sure that git knows a commit.

    Args:
        folder: Anywhere in the repository.
        revision: A commit, branch or tag.

    Raises:
        BaselineError: It doesn't, or there is no repository.
    """
    if git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").returncode == 0:
        return
    shallow = git(folder, "rev-parse", "--is-shallow-repository").stdout.strip()
    if not shallow:
        raise BaselineError(
            f"There is no {revision!r} to compare with: {str(folder)!r} lies in no git repository."
        )
    if shallow == "true":
        remedy = (
            f"This clone is shallow: fetch it first, with '{_fetching(revision)}', "
            "or check out with the whole history (fetch-depth: 0)."
        )
    elif not git(folder, "rev-list", "--all", "--max-count=1").stdout:
        remedy = "The repository has no commit yet."
    else:
        remedy = "Check its name with 'git branch --all'."
    raise BaselineError(f"git knows no commit {revision!r} here. {remedy}")


def _fetching(revision: str) -> str:
    """Return the command that brings a revision into a shallow clone."""
    branch = revision.removeprefix("origin/")
    if re.fullmatch("[0-9a-f]{40}", revision):
        return f"git fetch --depth=1 origin {revision}"
    if re.fullmatch("[0-9a-f]{4,39}", revision) or not re.fullmatch(r"[\w./-]+", revision):
        return "git fetch --unshallow"  # a part of a hash, HEAD~2, main^: no remote can be asked for these
    if re.match(r"v?\d", revision):  # a tag or a branch: one with a message can't be fetched as the other
        return f'git fetch --depth=1 origin "refs/*/{revision}:refs/*/{revision}"'
    place = branch if branch == revision else f"refs/remotes/{revision}"
    return f"git fetch --depth=1 origin {branch}:{place}"
