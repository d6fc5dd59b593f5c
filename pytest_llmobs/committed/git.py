"""Running git, and reading what it answers; what is asked of it is said by whoever asks."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"})
"""Environment variables by which git tells its hooks of one repository and one index."""


def git(folder: Path, *words: str, seconds: float = 30.0) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder, and return what it said, refusals included.

    Args:
        folder: Says which repository is asked, whatever hook of another one this process runs in.
        *words: The command.
        seconds: After so many it counts as hung.

    Raises:
        OSError: There is no git, or it hangs (``TimeoutError``).
    """
    command = ["git", "-c", "core.quotePath=false", "-C", str(folder), *words]
    environment = {name: value for name, value in os.environ.items() if name not in OF_A_HOOK}
    environment["GIT_TERMINAL_PROMPT"] = (
        "0"  # a clone without its blobs may ask a server that wants a password
    )
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=seconds, env=environment)
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(str(error)) from error


def output_of(answer: subprocess.CompletedProcess[bytes]) -> str:
    """Return what git answered, in a line."""
    return answer.stdout.decode("utf-8", "replace").strip()


def file_names(output: bytes) -> list[str]:
    """Return the names that git lists under ``-z``."""
    names = output.decode("utf-8", "surrogateescape").split("\0")
    return list(filter(None, names))


def refusal(answer: subprocess.CompletedProcess[bytes]) -> str:
    """Return why git refused, in its own words; its hints, on further lines, included."""
    lines = answer.stderr.decode("utf-8", "replace").split("\n")
    words = " ".join(filter(None, map(str.strip, lines)))
    return words or f"status {answer.returncode}"


def lies_in_repository(folder: Path) -> bool:
    """Tell whether a folder or one above it looks like a repository, whatever git says of it."""
    here = folder.resolve()
    return any(above.joinpath(".git").exists() for above in (here, *here.parents))


def revision_problem(folder: Path, revision: str) -> str:
    """Return why git doesn't know a commit, with the remedy; an empty text where it does.

    Args:
        folder: Anywhere in the repository.
        revision: A commit, branch or tag.

    Raises:
        OSError: There is no git, or it hangs.
    """
    if git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").returncode == 0:
        return ""
    asked = git(folder, "rev-parse", "--is-shallow-repository")
    if asked.returncode != 0:
        reason = f"{str(folder)!r} lies in no git repository."
        if lies_in_repository(folder):
            reason = f"git refuses to read the repository of {str(folder)!r}: {refusal(asked)}"
        return f"There is no commit {revision!r}: {reason}"
    if output_of(asked) == "true":
        return (
            f"git knows no commit {revision!r} here. This clone is shallow: fetch it first, with "
            f"'{fetching(revision)}', or check out with the whole history (fetch-depth: 0)."
        )
    listed = git(folder, "rev-list", "--all", "--max-count=1")
    if listed.returncode != 0:
        return f"git can't read the repository of {str(folder)!r}: {refusal(listed)}"
    remedy = "Check its name with 'git branch --all'."
    if not listed.stdout:
        remedy = "The repository has no commit yet."
    return f"git knows no commit {revision!r} here. {remedy}"


def fetching(revision: str) -> str:
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
