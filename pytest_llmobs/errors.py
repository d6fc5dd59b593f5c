"""The exception tree.

::

    LlmobsError                a message for the user; never a bug report
    ├── SettingsError          an option, ini key or environment variable has an impossible value
    ├── DatasetError           a dataset can't be found, read, or makes no sense
    ├── EvaluatorError         an evaluator is unknown, misdeclared, or returned something unusable
    ├── TargetError            a target's parameters don't fit the examples' inputs
    ├── UnscoredError          a score that doesn't exist was compared (the evaluator failed)
    │   └── MissingKeyError    a judge's model can't be asked: there is no API key
    ├── StoreError             the store under ``.llmobs`` can't be read or written
    │   ├── NotFoundError      nothing in the store, or among its files, has the name or id that was asked for
    │   └── ConflictError      something has the name or id already that was to be made
    ├── AgreementError         reviewers agree too little for others to learn from what they said
    ├── FilterError            a filter of runs can't be understood; the message points at the column
    ├── ArgumentError          arguments of a call make no sense together; a ``ValueError`` as well
    │   └── PromptVariableError    a prompt isn't filled as it must be; no model was called
    ├── PinError               a prompt floats in an experiment that asks for pinned ones
    ├── NotSupported           a call of LangSmith's that needs its service; a ``NotImplementedError`` as well
    ├── ServiceError           never raised: what scripts catch that only a service does, such as a rate limit
    ├── IncompleteExperiment   ``evaluate()`` was interrupted: ``results`` holds what was finished
    ├── CassetteError          a recorded reply is missing, can't be read, or a request has no key
    ├── BaselineError          a baseline is missing, unreadable, or of a newer schema
    └── GateError              an ``llm_gate`` marker makes no sense: an impossible bound, two about one metric

At the boundary, pytest turns them into ``pytest.UsageError`` and the command line into exit status 2; into 1 where
it knows nothing by the name that it was given (``cli.lookup.NotFoundError``), or reviewers agree too little. That
a gate's metric was never produced is known only at the end, and is no exception but one of
``gate.errors.session_errors``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class LlmobsError(Exception):
    """Base of every error this package raises on purpose. ``str(error)`` is written for the user."""


class SettingsError(LlmobsError):
    """An option, ini key or environment variable has an impossible value."""


class DatasetError(LlmobsError):
    """A dataset can't be found, can't be read, or makes no sense."""


class EvaluatorError(LlmobsError):
    """An evaluator is unknown, misdeclared, or returned something unusable."""


class TargetError(LlmobsError):
    """A target's parameters don't fit the inputs of the examples."""


class UnscoredError(LlmobsError):
    """A score that doesn't exist was compared: its evaluator failed, or the trial has no outputs."""


class MissingKeyError(UnscoredError):
    """A judge's model can't be asked, because there is no API key. The same for every trial."""


class StoreError(LlmobsError):
    """The store can't be read or written."""


class NotFoundError(StoreError):
    """Nothing has the name or id that was asked for, or several things may be meant."""


class ConflictError(StoreError):
    """Something has the name or id already that was to be made."""


class AgreementError(LlmobsError):
    """Reviewers agree too little for others to learn from what they said; nothing was written."""


class FilterError(LlmobsError):
    """A filter of runs can't be understood. The message shows the filter, with a caret below the mistake."""


class ArgumentError(LlmobsError, ValueError):
    """Arguments of a call are missing, unknown, of the wrong type, or make no sense together."""


class PromptVariableError(ArgumentError):
    """A prompt isn't filled as it must be. It is raised before anything is returned; the message holds no value."""

    def __init__(
        self,
        message: str,
        *,
        prompt: str = "",
        commit_hash: str | None = None,
        missing: Sequence[str] = (),
        unused: Sequence[str] = (),
        blank: Sequence[str] = (),
        leftover: Sequence[str] = (),
        unusable: Sequence[str] = (),
        given: Sequence[str] = (),
    ) -> None:
        """Say what is wrong; every name is a variable's or one that was given, never a value.

        Args:
            message: For the user.
            prompt: The prompt's name.
            commit_hash: The commit that it is of; None where it has none.
            missing: Variables that weren't given.
            unused: Names given that are no variables of the prompt.
            blank: Variables given as None, NaN or nothing but blanks.
            leftover: Variables that would still stand in the text.
            unusable: Variables given as what has no text: bytes, a function.
            given: All names given.
        """
        super().__init__(message)
        self.prompt, self.commit_hash = prompt, commit_hash
        self.missing, self.unused, self.blank = tuple(missing), tuple(unused), tuple(blank)
        self.leftover, self.unusable, self.given = tuple(leftover), tuple(unusable), tuple(given)

    @property
    def is_certain(self) -> bool:
        """True where it would be raised once more: names don't fit the prompt. A value may be another one next time."""
        return bool(self.missing or self.unused)


class PinError(LlmobsError):
    """A prompt is pulled without a commit in an experiment, where ``llm_require_pinned_prompts`` asks for one."""


class NotSupported(LlmobsError, NotImplementedError):
    """A call of LangSmith's client that only a service can answer; the message says what to do instead."""


class ServiceError(LlmobsError):
    """What only a service answers, such as too many requests. Never raised, so that no retry catches another error."""


class IncompleteExperiment(LlmobsError):
    """An evaluation was interrupted. Nothing is lost: ``evaluate(experiment=NAME)`` goes on where it stopped."""

    def __init__(self, message: str, results: Any) -> None:
        """Say what happened.

        Args:
            message: For the user.
            results: The ``ExperimentResults`` of what was finished.
        """
        super().__init__(message)
        self.results = results


class CassetteError(LlmobsError):
    """A recorded reply is missing or can't be read, or a request can't be told from others. Nothing was sent."""

    cause: str = ""
    """What it has in common with those of other trials, of which one need be told; empty where that isn't known."""


class BaselineError(LlmobsError):
    """A baseline is missing, unreadable, or written by a newer version."""


class GateError(LlmobsError):
    """An ``llm_gate`` marker makes no sense: an impossible bound, an unknown argument, two about one metric."""


# The names that scripts written for LangSmith catch. Every error of ours is an `LlmobsError`.
LangSmithError = LlmobsError
LangSmithAPIError = LlmobsError
LangSmithConnectionError = StoreError
LangSmithAuthError = ServiceError
LangSmithRateLimitError = ServiceError
LangSmithRequestTimeout = ServiceError
LangSmithExceptionGroup = ServiceError
LangSmithUserError = LlmobsError
LangSmithNotFoundError = NotFoundError
LangSmithConflictError = ConflictError

# Those of its generated client.
LangsmithError = APIError = APIStatusError = LlmobsError
APIConnectionError = StoreError
APITimeoutError = APIResponseValidationError = AuthenticationError = InternalServerError = ServiceError
PermissionDeniedError = RateLimitError = ServiceError
BadRequestError = UnprocessableEntityError = ArgumentError
