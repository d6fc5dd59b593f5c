"""Which experiments ran accepted code: all of it committed, and on the branch that has what was accepted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytest_llmobs.committed.git import output_of
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.experiments.git import git, on_branch
from pytest_llmobs.experiments.references import is_clean
from pytest_llmobs.records.experiments import DIRTY, Experiment
from pytest_llmobs.wording import commit_id

Objection = Callable[[Experiment], str]
"""Returns why an experiment says nothing of accepted code, or an empty string where it does."""
_USUAL = ("main", "master")
"""What the branch of accepted code is called where no remote says so."""


def accepted_code(folder: Path, branch: str) -> Objection:
    """Return what tells experiments of accepted code from others, whether they were red or green.

    Leaving out red ones would leave out the low days of the same code.

    Args:
        folder: Anywhere in the repository.
        branch: Has the accepted code.

    Raises:
        BaselineError: There is no repository, or no such branch.
    """
    is_on_branch = on_branch(folder, branch)

    def objection(experiment: Experiment) -> str:
        problem = _not_whole(experiment)
        if problem:
            return problem
        if not experiment.commit:
            return "of an unknown commit"
        commit = experiment.commit.removesuffix(DIRTY)
        if not is_clean(experiment):
            return f"run with uncommitted changes to {commit_id(commit)}"
        if not is_on_branch(commit):
            return f"of commit {commit_id(commit)}, which {branch} doesn't have"
        return ""

    return objection


def usual_branch(folder: Path) -> str | None:
    """Return the branch that has the accepted code in most repositories, or None where git knows no such.

    Args:
        folder: Anywhere in the repository, or in none.
    """
    try:
        remote = git(folder, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
        if remote.returncode == 0:
            return output_of(remote)
        for branch in _USUAL:
            if git(folder, "show-ref", "--verify", "--quiet", f"refs/heads/{branch}").returncode == 0:
                return branch
    except BaselineError:  # no git
        return None
    return None


def _not_whole(experiment: Experiment) -> str:
    if experiment.shard:
        return f"part {experiment.shard} of another"
    if experiment.interrupted:
        return "interrupted"
    if experiment.partial:
        return "partial"
    return ""
