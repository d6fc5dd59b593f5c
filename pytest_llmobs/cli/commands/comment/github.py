"""Comments on a pull request of GitHub's, see https://docs.github.com/rest/issues/comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pytest_llmobs.cli.commands.comment.discussion import Comment, NothingToPost, RequestError
from pytest_llmobs.cli.commands.comment.requests import Api, read_address, read_token
from pytest_llmobs.errors import SettingsError

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_REF = re.compile(r"refs/pull/(\d+)/")
_WRITE = "Give the job `permissions: pull-requests: write`."
_REMEDIES = {
    401: "GITHUB_TOKEN isn't valid: pass ${{ github.token }}.",
    403: _WRITE,
    404: f"There is no such pull request, or the token can't see it. {_WRITE}",
}


_STRANGERS = ("NONE", "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "CONTRIBUTOR", "MANNEQUIN")
"""What GitHub calls people who can't write to the repository."""


@dataclass(frozen=True)
class GitHubDiscussion:
    """A pull request."""

    api: Api
    repository: str
    """``owner/name``."""
    number: int
    from_fork: bool
    """True where the job's token can't write, whatever the workflow says."""

    def comments(self) -> Iterator[Comment]:
        """Yield its comments, the oldest first.

        Raises:
            RequestError: GitHub refuses.
        """
        for entry in self.api.pages(f"/repos/{self.repository}/issues/{self.number}/comments"):
            comment = _comment(entry)
            if not _is_strangers(entry):
                yield comment

    def post(self, body: str) -> Comment:
        """Add a comment.

        Raises:
            RequestError: GitHub refuses.
            NothingToPost: It does since the pull request comes from a fork.
        """
        return self._write("POST", f"/repos/{self.repository}/issues/{self.number}/comments", body)

    def edit(self, comment: Comment, body: str) -> Comment:
        """Change a comment.

        Raises:
            RequestError: GitHub refuses.
            NothingToPost: It does since the pull request comes from a fork.
        """
        return self._write("PATCH", f"/repos/{self.repository}/issues/comments/{comment.id}", body)

    def delete(self, comment: Comment) -> None:
        """Take a comment away.

        Raises:
            RequestError: GitHub refuses.
        """
        self.api.ask("DELETE", f"/repos/{self.repository}/issues/comments/{comment.id}")

    def _write(self, method: str, path: str, body: str) -> Comment:
        try:
            return _comment(self.api.ask(method, path, body))
        except RequestError as error:
            # nothing in a workflow changes that, so that it must not fail one
            if self.from_fork and error.status == HTTPStatus.FORBIDDEN:
                raise NothingToPost("the token of a fork's pull request can't write") from error
            raise


def _comment(entry: Any) -> Comment:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), int):
        raise RequestError("GitHub answered with what is no comment: is GITHUB_API_URL its API?")
    return Comment(entry["id"], str(entry.get("body") or ""), str(entry.get("html_url") or ""))


def _is_strangers(entry: Mapping[str, Any]) -> bool:
    """Tell whether somebody without a say wrote it: who copies the hidden marker must not get to word the verdict."""
    user = entry.get("user")
    is_person = isinstance(user, dict) and user.get("type") == "User"
    return is_person and entry.get("author_association") in _STRANGERS


def github_discussion(environment: Mapping[str, str], number: int | None) -> GitHubDiscussion:
    """Return the pull request that a job runs for.

    Args:
        environment: The job's variables.
        number: The pull request's, where the user names one.

    Raises:
        NothingToPost: It runs for none, or has no token.
        SettingsError: A variable makes no sense.
    """
    repository = environment["GITHUB_REPOSITORY"]
    if _REPOSITORY.fullmatch(repository) is None:
        raise SettingsError(f"GITHUB_REPOSITORY {repository!r} names no repository; it is OWNER/NAME.")
    event = _event(environment)
    number = number or _number(event, environment)
    if number is None:
        raise NothingToPost("this job runs for no pull request (--number names one)")
    token = read_token("GITHUB_TOKEN", environment) or read_token("GH_TOKEN", environment)
    if not token:
        raise NothingToPost(
            "there is no token, as in a fork's pull request; GITHUB_TOKEN: ${{ github.token }} in the step's env is one"
        )
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    address = read_address("GITHUB_API_URL", environment, "https://api.github.com")
    api = Api(address, headers, _REMEDIES)
    return GitHubDiscussion(api, repository, number, _is_fork(event))


def _event(environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what the job was started by; empty where the file can't be read."""
    try:
        event = json.loads(Path(environment.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _pull_request(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an event's pull request: its own, the one of the workflow before this, or the one commented on."""
    pull_request = event.get("pull_request")
    issue = event.get("issue")
    if isinstance(issue, dict) and "pull_request" in issue:
        return {"number": issue.get("number")}
    if not isinstance(pull_request, dict):
        run = event.get("workflow_run")
        listed = run.get("pull_requests") if isinstance(run, dict) else None
        pull_request = listed[0] if isinstance(listed, list) and listed else None
    return pull_request if isinstance(pull_request, dict) else {}


def _number(event: Mapping[str, Any], environment: Mapping[str, str]) -> int | None:
    number = _pull_request(event).get("number")
    if isinstance(number, int) and number > 0:
        return number
    ref = _REF.match(environment.get("GITHUB_REF", ""))
    return int(ref[1]) if ref else None


def _is_fork(event: Mapping[str, Any]) -> bool:
    """Tell whether a pull request comes from another repository; one that was deleted since is another."""
    pull_request = _pull_request(event)
    if "base" not in pull_request:
        return False
    return _repository(pull_request, "head") != _repository(pull_request, "base")


def _repository(pull_request: Mapping[str, Any], side: str) -> object:
    """Return what tells a side's repository apart; None where there is none."""
    branch = pull_request.get(side)
    repository = branch.get("repo") if isinstance(branch, dict) else None
    if not isinstance(repository, dict):
        return None
    return repository.get("id") or repository.get("full_name")
