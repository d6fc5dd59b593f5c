"""Which service the job runs at."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pytest_llmobs.cli.commands.comment.discussion import Discussion
from pytest_llmobs.cli.commands.comment.github import github_discussion
from pytest_llmobs.cli.commands.comment.gitlab import gitlab_discussion
from pytest_llmobs.errors import SettingsError

_ADDRESS = re.compile(r"https?://[\w.:/-]{1,500}", re.ASCII)


def job_address(environment: Mapping[str, str]) -> str:
    """Return where people see the job that this runs in; an empty string where that isn't known."""
    address = environment.get("CI_JOB_URL", "")
    repository, number = environment.get("GITHUB_REPOSITORY"), environment.get("GITHUB_RUN_ID")
    if repository and number:
        server = environment.get("GITHUB_SERVER_URL", "https://github.com")
        address = f"{server}/{repository}/actions/runs/{number}"
    # it becomes a link as it is
    if _ADDRESS.fullmatch(address) is None:
        return ""
    return address


def find_discussion(environment: Mapping[str, str], number: int | None) -> Discussion:
    """Return the comments on the pull request that a job runs for.

    Args:
        environment: The job's variables.
        number: The pull request's, where the user names one.

    Raises:
        NothingToPost: There is none, or no token.
        SettingsError: Neither service is known, or a variable makes no sense.
    """
    if environment.get("GITHUB_REPOSITORY"):
        return github_discussion(environment, number)
    if environment.get("CI_PROJECT_ID"):
        return gitlab_discussion(environment, number)
    raise SettingsError(
        "No pull request is known here: neither GITHUB_REPOSITORY nor CI_PROJECT_ID is set. Run it in a job of GitHub "
        "Actions or GitLab CI; --dry-run prints the comment."
    )
