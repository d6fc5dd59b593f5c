"""The client's methods about feedback."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from pytest_llmobs.client.base import ClientBase, ClientWarning
from pytest_llmobs.client.parameters import UNBOUND, accept, keywords_of
from pytest_llmobs.client.signatures import spelled_out
from pytest_llmobs.notices import warn
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pytest_llmobs.feedback.writing import FeedbackWriter
    from pytest_llmobs.records.feedback import Feedback, FeedbackSourceType


class FeedbackArguments(TypedDict, total=False):
    """What ``create_feedback`` takes beside run and key."""

    score: float | bool | None
    """A number or a bool, kept with all its digits. Anything else is kept as unscored, with the reason."""
    value: Any
    """A label, or anything that JSON has a form for."""
    comment: str | None
    correction: dict[str, Any] | str | None
    """What the answer should have been."""
    trace_id: UUID | str | None
    """The trace of the run; without ``run_id``, its root run is meant."""
    project_id: str | None
    """The project that it is about, instead of a run."""
    session_id: str | None
    """The project of the run, where it is known."""
    feedback_source_type: FeedbackSourceType
    """``api`` (the default): a person, through the app; ``model``: an evaluator; ``app``: somebody at a review."""
    source_info: dict[str, Any] | None
    """What else names the source."""
    source_run_id: UUID | str | None
    """The run that worked it out."""
    feedback_id: UUID | str | None
    """The id it shall have; by default a new one."""
    feedback_group_id: UUID | str | None
    """What one ranking of several runs has in common."""
    comparative_experiment_id: UUID | str | None
    """The comparison of experiments that it belongs to."""
    extra: dict[str, Any] | None
    """Anything else."""
    error: bool | None
    """True where whatever should have scored failed."""


class FeedbackChanges(TypedDict, total=False):
    """What ``update_feedback`` changes. What isn't given stays; None takes a value away."""

    score: float | bool | None
    value: Any
    correction: dict[str, Any] | str | None
    comment: str | None


class FeedbackQuery(TypedDict, total=False):
    """What ``list_feedback`` chooses by; all that is given holds."""

    run_ids: Iterable[UUID | str] | UUID | str | None
    """Of these runs alone."""
    feedback_key: Iterable[str] | str | None
    """Of one key, or of several."""
    feedback_source_type: Iterable[FeedbackSourceType] | FeedbackSourceType | None
    """``api``, ``model``, ``app``, or several of them."""
    project: str | None
    """About this project, or about one of its runs."""
    start_time: datetime | None
    """Given then or later; without a time zone it is local."""
    end_time: datetime | None
    """Given earlier than that."""


_OUR_NAMES = {
    "feedback_source_type": "source_type",
    "project_id": "project",
    "session_id": "run_project",
    "feedback_group_id": "group_id",
    "comparative_experiment_id": "comparison_id",
}
"""LangSmith's name -> that of ``NewFeedback``."""


class FeedbackMethods(ClientBase):
    """What people and evaluators say of runs: written at once, read back at once."""

    @spelled_out(FeedbackArguments, {"feedback_source_type": "api"})
    def create_feedback(
        self, run_id: UUID | str | None = None, key: str = "unnamed", **said: Unpack[FeedbackArguments]
    ) -> Feedback:
        """Keep feedback on a run, which need not be stored (yet), or on a project.

        It is on disk before this returns, in whatever process it was called.

        Args:
            run_id: The run's id. One of ``run_id``, ``trace_id`` and ``project_id`` is needed.
            key: What is told, such as ``user_rating``.
            **said: See ``FeedbackArguments``. A keyword that nobody knows is ignored, with a warning.

        Raises:
            ArgumentError: It says neither run nor project, or both; an id is no UUID; a value is of the wrong type.
            ConflictError: There is feedback with the ``feedback_id``.
        """
        fields: dict[str, Any] = {}
        for name, value in said.items():
            if name not in FeedbackArguments.__annotations__:
                self._ignore(name, value)
            elif value is not None:
                fields[_OUR_NAMES.get(name, name)] = value
        return self._feedback_writer.create(key, run_id=run_id, **fields)

    @spelled_out(FeedbackChanges, dict.fromkeys(FeedbackChanges.__annotations__, ...))
    def update_feedback(self, feedback_id: UUID | str, **changes: Unpack[FeedbackChanges]) -> Feedback:
        """Change feedback, and return it as it stands now. The history keeps what was said before.

        Args:
            feedback_id: Its id.
            **changes: See ``FeedbackChanges``. What isn't given stays; None takes a value away.

        Raises:
            NotFoundError: There is none with that id (any more).
            ArgumentError: The id is no UUID, a keyword is unknown, a value of the wrong type.
        """
        accept(self.update_feedback, changes)
        return self._feedback_writer.update(feedback_id, **changes)

    def delete_feedback(self, feedback_id: UUID | str) -> None:
        """Delete feedback; its history is kept.

        Raises:
            NotFoundError: There is none with that id (any more).
            ArgumentError: The id is no UUID.
        """
        self._feedback_writer.delete(feedback_id)

    def read_feedback(self, feedback_id: UUID | str) -> Feedback:
        """Return feedback as it stands now.

        Raises:
            NotFoundError: There is none with that id (any more).
            ArgumentError: The id is no UUID.
        """
        from pytest_llmobs.feedback.reading import read_feedback

        return read_feedback(self.store, feedback_id)

    @spelled_out(FeedbackQuery)
    def list_feedback(
        self, *, limit: int | None = None, **asked: Unpack[FeedbackQuery]
    ) -> Iterator[Feedback]:
        """Return feedback, the newest first, each read when it is asked for. The scores of trials are among it.

        Args:
            limit: Most records; 0 gives none, None all.
            **asked: See ``FeedbackQuery``; all that is given holds.

        Raises:
            NotFoundError: Nothing is known of the project.
            ArgumentError: An id is no UUID, a keyword is unknown, a value of the wrong type.
        """
        from pytest_llmobs.feedback.reading import list_feedback

        accept(self.list_feedback, asked)
        return list_feedback(self.store, limit=limit, **asked)

    @cached_property
    def _feedback_writer(self) -> FeedbackWriter:
        from pytest_llmobs.feedback.writing import FeedbackWriter

        return FeedbackWriter(self.store.feedback, self.redaction)

    def _ignore(self, name: str, value: Any) -> None:
        """Leave a keyword out of account: a running app shall not lose its feedback over it."""
        if name in UNBOUND["create_feedback"]:
            accept(self.create_feedback, {name: value})
            return
        choices = keywords_of(self.create_feedback)
        warn(
            f"create_feedback() ignores the unknown keyword {name!r}.{nearest(name, choices)} {known(choices)}",
            ClientWarning,
            of_caller=True,
        )
