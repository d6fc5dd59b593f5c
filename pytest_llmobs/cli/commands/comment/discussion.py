"""What a service that hosts pull requests has to offer, whichever it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pytest_llmobs.errors import LlmobsError


class NothingToPost(LlmobsError):
    """There is nowhere to post, and that is all right: a fork's job has no token, a push has no pull request."""


class RequestError(LlmobsError):
    """The service refused a request, or can't be reached; the message names the status and the remedy."""

    def __init__(self, message: str, status: int = 0) -> None:
        """Take what to say.

        Args:
            message: In a line.
            status: HTTP's, of a refusal; 429 where there were too many requests, whatever the service calls it; 0
                where there was no such answer.
        """
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Comment:
    """One comment."""

    id: int
    body: str
    url: str
    """Where people read it; empty where the service doesn't say."""


class Discussion(Protocol):
    """The comments on one pull request."""

    def comments(self) -> Iterator[Comment]:
        """Yield them, the oldest first."""
        ...

    def post(self, body: str) -> Comment:
        """Add one and return it."""
        ...

    def edit(self, comment: Comment, body: str) -> Comment:
        """Change one and return it."""
        ...

    def delete(self, comment: Comment) -> None:
        """Take one away."""
        ...
