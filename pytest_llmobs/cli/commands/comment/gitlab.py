"""Notes on a merge request of GitLab's, see https://docs.gitlab.com/api/notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from urllib.parse import quote

from pytest_llmobs.cli.commands.comment.discussion import Comment, NothingToPost, RequestError
from pytest_llmobs.cli.commands.comment.requests import Api, read_address, read_token
from pytest_llmobs.errors import SettingsError

_TOKEN = (
    "A project access token with the scope `api` and the role Reporter can comment: keep it as GITLAB_TOKEN."
)
_REMEDIES = {
    401: f"GITLAB_TOKEN isn't valid, or has expired. {_TOKEN}",
    403: _TOKEN,
    404: f"There is no such merge request, or the token can't see it. {_TOKEN}",
}


@dataclass(frozen=True)
class GitLabDiscussion:
    """A merge request."""

    api: Api
    path: str
    """Of its notes, below the API's address."""
    page: str
    """Where people read it; empty where nobody says."""

    def comments(self) -> Iterator[Comment]:
        """Yield its comments, the oldest first.

        Raises:
            RequestError: GitLab refuses.
        """
        notes = []
        for note in self.api.pages(self.path):
            if not _is_system(note):
                notes.append(self._comment(note))
        # the API's own order is the newest first
        yield from sorted(notes, key=attrgetter("id"))

    def post(self, body: str) -> Comment:
        """Add a comment.

        Raises:
            RequestError: GitLab refuses.
        """
        return self._comment(self.api.ask("POST", self.path, body))

    def edit(self, comment: Comment, body: str) -> Comment:
        """Change a comment.

        Raises:
            RequestError: GitLab refuses.
        """
        return self._comment(self.api.ask("PUT", f"{self.path}/{comment.id}", body))

    def delete(self, comment: Comment) -> None:
        """Take a comment away.

        Raises:
            RequestError: GitLab refuses.
        """
        self.api.ask("DELETE", f"{self.path}/{comment.id}")

    def _comment(self, note: Any) -> Comment:
        if not isinstance(note, dict) or not isinstance(note.get("id"), int):
            raise RequestError("GitLab answered with what is no note: is CI_API_V4_URL its API?")
        url = f"{self.page}#note_{note['id']}" if self.page else f"note {note['id']}"
        return Comment(note["id"], str(note.get("body") or ""), url)


def _is_system(note: Any) -> bool:
    return isinstance(note, dict) and bool(note.get("system"))


def gitlab_discussion(environment: Mapping[str, str], number: int | None) -> GitLabDiscussion:
    """Return the merge request that a job runs for.

    Args:
        environment: The job's variables.
        number: The merge request's (``iid``), where the user names one.

    Raises:
        NothingToPost: It runs for none, or has no token.
        SettingsError: A variable makes no sense.
    """
    named = environment.get("CI_MERGE_REQUEST_IID", "")
    if number is None and not named:
        raise NothingToPost("this job runs for no merge request (--number names one)")
    if number is None and not (named.isascii() and named.isdigit()):
        raise SettingsError(f"CI_MERGE_REQUEST_IID {named!r} is no number.")
    token = read_token("GITLAB_TOKEN", environment)
    if not token:
        raise NothingToPost(f"there is no token, as in a fork's merge request. {_TOKEN}")
    # a fork's pipeline runs in the fork, and the merge request lies in the project that it is for
    project = environment.get("CI_MERGE_REQUEST_PROJECT_ID") or environment["CI_PROJECT_ID"]
    address = read_address("CI_API_V4_URL", environment, "https://gitlab.com/api/v4")
    api = Api(address, {"PRIVATE-TOKEN": token}, _REMEDIES)
    request = number or int(named)
    home = environment.get("CI_MERGE_REQUEST_PROJECT_URL") or environment.get("CI_PROJECT_URL", "")
    page = f"{home}/-/merge_requests/{request}" if home else ""
    return GitLabDiscussion(api, f"/projects/{quote(project, safe='')}/merge_requests/{request}/notes", page)
