"""Writing feedback: each call is checked, redacted, and in the page cache before it returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, TypedDict, Unpack

from pytest_llmobs.clocks import microseconds_of, moment, real
from pytest_llmobs.errors import ArgumentError, ConflictError
from pytest_llmobs.feedback import arguments
from pytest_llmobs.feedback.lookup import find_feedback, is_used
from pytest_llmobs.records.feedback import Feedback, FeedbackSource
from pytest_llmobs.storage.feedback.log import FeedbackLog
from pytest_llmobs.storage.feedback.rows import create_row, delete_row, update_row
from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.ids import new_id
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.wording import known, nearest


class NewFeedback(TypedDict, total=False):
    """What feedback may say beside its key."""

    run_id: Any
    """The run's id: a UUID or its text."""
    trace_id: Any
    """Its trace's; alone, it is the root run that is meant."""
    project: str | None
    """The project that it is about, instead of a run."""
    run_project: str | None
    """The project of the run, where it is known."""
    score: Any
    """A number or a bool. Anything else is kept as unscored, with the reason."""
    value: Any
    """A label, or anything that JSON has a form for."""
    comment: str | None
    correction: Any
    """What the answer should have been: a text, or a dict."""
    source_type: Any
    """``api``, ``model`` or ``app``."""
    source_info: dict[str, Any] | None
    """What else names the source."""
    source_run_id: Any
    """The run that worked it out."""
    feedback_id: Any
    """The id it shall have; by default a new one."""
    group_id: Any
    """What one ranking of several runs has in common."""
    comparison_id: Any
    """The comparison of experiments it belongs to."""
    extra: dict[str, Any] | None
    """Anything else."""
    error: bool | None
    """True where whatever should have scored failed."""


class Unset:
    """What an argument is that nobody gave: None takes a field's value away."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()


class FeedbackWriter:
    """Creates, updates and deletes the feedback of one store. Safe in threads and across forks."""

    def __init__(
        self, log: FeedbackLog, redaction: Redaction, *, time_ns: Callable[[], int] = real.time_ns
    ) -> None:
        """Write to a log.

        Args:
            log: The store's.
            redaction: Cleans what users wrote before anything is kept of it.
            time_ns: Nanoseconds since the epoch.
        """
        self._log, self._redaction, self._time_ns = log, redaction, time_ns

    def create(self, key: str = "unnamed", **fields: Unpack[NewFeedback]) -> Feedback:
        """Keep feedback on a run, which need not be stored (yet), or on a project.

        Args:
            key: What is told, such as ``user_rating``.
            **fields: See ``NewFeedback``.

        Raises:
            ArgumentError: It says neither run nor project, or both; a value is of the wrong type; a field is unknown.
            ConflictError: There is feedback with the ``feedback_id``.
        """
        feedback, event_id = self._new(key, fields)
        row = create_row(feedback, event_id)
        if feedback.id == event_id:
            self._log.append(row)
        else:
            self._append_once(feedback, row)
        return feedback

    def record(self, key: str, **fields: Unpack[NewFeedback]) -> Feedback:
        """Keep feedback that stands for a record of its own, under an id made of that record's.

        Nothing else can have such an id, so that nobody looks whether it is taken, which takes 0.1 s and more. Kept
        twice, it counts once.

        Args:
            key: What is told.
            **fields: See ``NewFeedback``; ``feedback_id`` is one of them.

        Raises:
            ArgumentError: See ``create``.
        """
        feedback, event_id = self._new(key, fields)
        self._log.append(create_row(feedback, event_id))
        return feedback

    def retract(self, key: str, feedback_id: str, run_id: str) -> None:
        """Delete feedback that ``record`` kept, or would have kept; its history stays."""
        now = self._time_ns()
        at = moment(now // 1000)
        gone = Feedback(id=feedback_id, key=key, run_id=run_id, created_at=at, modified_at=at)
        self._log.append(delete_row(gone, at, new_id(now)))

    def _new(self, key: str, fields: NewFeedback) -> tuple[Feedback, str]:
        """Return feedback that is to be kept, checked and redacted, and the id of the event that creates it."""
        _check_names(fields)
        now = self._time_ns()
        event_id = new_id(now)
        chosen_id = arguments.checked_id("feedback_id", fields.get("feedback_id"))
        number, unscored = self._read_score(fields.get("score"))
        texts = self._cleaned(_texts(fields, unscored))
        at = moment(now // 1000)
        feedback = Feedback(
            id=chosen_id or event_id,
            key=arguments.needed_text("key", key),
            score=number,
            source=_source(fields, texts.pop("source_info", {})),
            created_at=at,
            modified_at=at,
            **_subject(fields),
            **_relations(fields),
            **texts,
        )
        return feedback, event_id

    def update(
        self,
        feedback_id: Any,
        *,
        score: Any = UNSET,
        value: Any = UNSET,
        correction: Any = UNSET,
        comment: Any = UNSET,
    ) -> Feedback:
        """Change feedback, and return it as it stands now. What isn't given stays; None takes a value away.

        Raises:
            NotFoundError: There is none with that id (any more).
            ArgumentError: A value is of the wrong type.
        """
        before = find_feedback(self._log, arguments.needed_id("feedback_id", feedback_id))
        given: dict[str, Any] = {}
        if value is not UNSET:
            given["value"] = value
        if correction is not UNSET:
            given["correction"] = arguments.checked_correction(correction)
        if comment is not UNSET:
            given["comment"] = arguments.checked_text("comment", comment)
        changes = list(given)
        number = before.score
        if score is not UNSET:
            changes.insert(0, "score")
            number, given["unscored"] = self._read_score(score)
        if not changes:
            return before
        at, event_id = self._next_event(before)
        fields: dict[str, Any] = dict.fromkeys(given) | self._cleaned(given)
        feedback = replace(before, score=number, modified_at=at, **fields)
        self._log.append(update_row(feedback, changes, event_id))
        return feedback

    def delete(self, feedback_id: Any) -> None:
        """Delete feedback; its history is kept.

        Raises:
            NotFoundError: There is none with that id (any more).
            ArgumentError: It is no id.
        """
        before = find_feedback(self._log, arguments.needed_id("feedback_id", feedback_id))
        at, event_id = self._next_event(before)
        self._log.append(delete_row(before, at, event_id))

    def _next_event(self, before: Feedback) -> tuple[datetime, str]:
        """Return the time and the id of an event that comes after what was read, whatever the clock says."""
        earliest = before.modified_at + timedelta(microseconds=1)
        at = max(moment(self._time_ns() // 1000), earliest)
        return at, new_id(microseconds_of(at) * 1000)

    def _append_once(self, feedback: Feedback, row: Any) -> None:
        """Keep feedback under the id that the caller chose, which only one of several processes may take.

        Raises:
            ConflictError: It is taken.
        """
        with self._log.alone():
            if is_used(self._log, feedback.id):
                raise ConflictError(
                    f"There is feedback with the id {feedback.id!r} already, or was before it was deleted. "
                    "update_feedback() changes it; without feedback_id a new id is chosen."
                )
            self._log.append(row)

    def _read_score(self, score: Any) -> tuple[arguments.PlainScore, str | None]:
        number, unscored = arguments.read_score(score)
        if unscored is not None and not isinstance(score, int | float):
            # The reason quotes a part of it: cleaned first, since half a key is no key to a redactor.
            return arguments.read_score(self._cleaned({"score": score}).get("score", score))
        return number, unscored

    def _cleaned(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return what users wrote as plain values, redacted; what is None or empty is left out."""
        given = {name: value for name, value in fields.items() if value is not None and value != {}}
        if not given:
            return {}
        written = capture.encode_mapping(given)
        plain: dict[str, Any] = capture.decode(written)
        if not self._redaction.suspects(written):
            return plain
        cleaned: dict[str, Any] = {}
        for name, value in plain.items():
            cleaned[name] = self._redaction.clean_value(value)
        if "extra" in cleaned:
            cleaned["extra"] = _as_object(cleaned["extra"])
        return cleaned


def _check_names(fields: NewFeedback) -> None:
    for name in fields:
        if name not in NewFeedback.__annotations__:
            choices = list(NewFeedback.__annotations__)
            raise ArgumentError(
                f"Unknown field {name!r} of feedback.{nearest(name, choices)} {known(choices)}"
            )


def _subject(fields: NewFeedback) -> dict[str, Any]:
    """Return what feedback is about: a run or a project, and one of them.

    Raises:
        ArgumentError: It says neither, or both, or an id is none.
    """
    trace_id = arguments.checked_id("trace_id", fields.get("trace_id"))
    run_id = arguments.checked_id("run_id", fields.get("run_id")) or trace_id
    project = arguments.checked_text("project_id", fields.get("project"))
    if run_id is None and project is None:
        raise ArgumentError(
            "One of run_id, trace_id or project_id is needed: what is the feedback about? "
            "Inside a traced call, get_current_run_tree().id is its run."
        )
    if run_id is not None and project is not None:
        raise ArgumentError(
            f"project_id={project!r} can't be given together with run_id or trace_id ({run_id!r}): feedback is about "
            "a run or about a project. The project of the run is session_id."
        )
    run_project = arguments.checked_text("session_id", fields.get("run_project"))
    return {"run_id": run_id, "trace_id": trace_id, "project": project or run_project}


def _texts(fields: NewFeedback, unscored: str | None) -> dict[str, Any]:
    """Return what users may have written, which is redacted."""
    return {
        "value": fields.get("value"),
        "comment": arguments.checked_text("comment", fields.get("comment")),
        "correction": arguments.checked_correction(fields.get("correction")),
        "unscored": unscored,
        "source_info": arguments.checked_object("source_info", fields.get("source_info")),
        "extra": arguments.checked_object("extra", fields.get("extra")),
    }


def _source(fields: NewFeedback, metadata: Any) -> FeedbackSource:
    return FeedbackSource(
        type=arguments.checked_source_type(fields.get("source_type", "api")),
        metadata=_as_object(metadata),
        run_id=arguments.checked_id("source_run_id", fields.get("source_run_id")),
    )


def _relations(fields: NewFeedback) -> dict[str, Any]:
    error = fields.get("error")
    return {
        "error": None if error is None else bool(error),
        "group_id": arguments.checked_id("feedback_group_id", fields.get("group_id")),
        "comparison_id": arguments.checked_id("comparative_experiment_id", fields.get("comparison_id")),
    }


def _as_object(value: Any) -> dict[str, Any]:
    """Return a dict; what a failed redactor has left in its place, and nothing of it, becomes one."""
    if isinstance(value, dict):
        return value
    return {"<dropped>": value}
