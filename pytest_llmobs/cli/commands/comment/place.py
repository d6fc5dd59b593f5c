"""Which service the job runs at."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_llmobs.cli.commands.comment.discussion import Discussion
from pytest_llmobs.cli.commands.comment.github import github_discussion
from pytest_llmobs.cli.commands.comment.gitlab import gitlab_discussion
from pytest_llmobs.errors import SettingsError


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
