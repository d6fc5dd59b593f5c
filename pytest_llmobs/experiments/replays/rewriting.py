"""The requests of a whole trace, each changed as it is about to be sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.experiments.replays.calling import is_foreign
from pytest_llmobs.experiments.replays.overrides import Overrides
from pytest_llmobs.experiments.replays.requests import ReplayError, Sdk
from pytest_llmobs.records.runs import Run

if TYPE_CHECKING:  # whoever replaces no prompt does without
    from pytest_llmobs.experiments.replays.refilling import Refilling

_ANTHROPICS = "messages"
"""The endpoint that only Anthropic's SDK has."""


class RequestRewriting:
    """Changes the requests of one trace. See ``tracing.calls.rewriting``."""

    def __init__(self, overrides: Overrides, refilling: Refilling | None) -> None:
        """Take what is changed.

        Args:
            overrides: In every request.
            refilling: The commit of a prompt that takes the place of another; None for none.
        """
        self._overrides, self._refilling = overrides, refilling
        self._error: LlmobsError | None = None
        self._has_prompt = False
        """True once the code has pulled the prompt, or sent it."""
        self._has_call = False

    def rewrite(self, endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return a request's body as it is sent.

        Raises:
            LlmobsError: It can't be changed like this.
        """
        try:
            if self._refilling is not None:
                refilled = self._refilling.applied(body)
                self._has_prompt = self._has_prompt or refilled is not body
                body = refilled
            self._has_call = True
            return self._overrides_of(endpoint).applied(endpoint, body)
        except LlmobsError as error:
            self._error = self._error or error
            raise

    def _overrides_of(self, endpoint: str) -> Overrides:
        """Return what is changed in a request: the model of one provider is none of another's."""
        model = self._overrides.model
        sdk: Sdk = "anthropic" if endpoint == _ANTHROPICS else "openai"
        if model is not None and is_foreign(model, sdk):
            return replace(self._overrides, model=None)
        return self._overrides

    def commit_of(self, prompt: str) -> str | None:
        """Return the commit that code gets which pulls a prompt; None for the one that it asks for."""
        if self._refilling is None or self._refilling.name != prompt:
            return None
        self._has_prompt = True
        return self._refilling.commit.commit_hash

    def check(self, run: Run) -> None:
        """Refuse a trace in which something wasn't changed: its code may have caught the error, and gone on.

        Args:
            run: The stored one.

        Raises:
            ReplayError: It wasn't.
        """
        if self._error is not None:
            raise ReplayError(str(self._error)) from self._error
        if self._refilling is not None and not self._has_prompt:
            raise self._refilling.missing(run)

    def check_reached(self, run: Run) -> None:
        """Refuse a trace that made no model call, so that nothing was changed.

        Args:
            run: The stored one.

        Raises:
            ReplayError: There was none.
        """
        if not self._has_call:
            changed = ", ".join(f"--{option}" for option in self._overrides.described)
            raise ReplayError(
                f"{run.id!r} was made again, and its code called no model: {changed} changed nothing. It may have kept "
                "the answer; else what it does isn't the model's."
            )
