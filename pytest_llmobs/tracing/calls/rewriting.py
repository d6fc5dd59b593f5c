"""What a trace changes of its requests: a seam, so that a stored run is made again with another model or prompt."""

from __future__ import annotations

from typing import Any, Protocol, cast

from pytest_llmobs.tracing.context import current_run, live
from pytest_llmobs.tracing.open_run import OpenRun


class Rewriting(Protocol):
    """Changes what the model calls of a trace send, and which commits of prompts its code gets."""

    def rewrite(self, endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the body that is sent in the place of another.

        Args:
            endpoint: What is called: ``messages``.
            body: The request's.
        """

    def commit_of(self, prompt: str) -> str | None:
        """Return the commit or tag that code gets which pulls a prompt; None for the one that it asks for."""


def replaced_commit(prompt: str) -> str | None:
    """Return the commit that the current trace gets of a prompt, whatever its code asks for; None for that."""
    run = live(cast("OpenRun | None", current_run()))
    if run is None or run.root.rewriting is None:
        return None
    return cast("Rewriting", run.root.rewriting).commit_of(prompt)
