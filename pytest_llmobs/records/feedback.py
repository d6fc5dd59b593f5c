"""Feedback: what somebody or something says of a run after the fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pytest_llmobs.records.models import Keywords, Model, made_by_scripts

FeedbackSourceType = Literal["api", "model", "app"]
"""``api``: a person, through the app; ``model``: an evaluator or judge; ``app``: somebody at a review."""
SOURCE_TYPES: tuple[str, ...] = ("api", "model", "app")
"""Every kind of source, LangSmith's set."""


@dataclass(frozen=True, kw_only=True)
class FeedbackSource:
    """Where a feedback comes from."""

    type: FeedbackSourceType = "api"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Anything that names the source: LangSmith's ``source_info``."""
    run_id: str | None = None
    """The run that worked the feedback out, such as a judge's."""


_KEYWORDS = Keywords(
    renamed={
        "session_id": "project",
        "feedback_source": "source",
        "feedback_group_id": "group_id",
        "comparative_experiment_id": "comparison_id",
    },
    meaningless=("start_time",),
)


@made_by_scripts(_KEYWORDS)
@dataclass(frozen=True, kw_only=True)
class Feedback(Model):
    """One word on one run (or on a whole project), as it stands after all its updates."""

    id: str
    """UUID, lower-case with dashes; sorts by the time of its creation unless the caller chose it."""
    key: str
    """What is told: the metric's name, such as ``user_rating``."""
    run_id: str | None = None
    """The run it is about; None where it is about a whole project."""
    trace_id: str | None = None
    """The trace of that run, where the caller said so."""
    project: str | None = None
    """The project that it is about, or that its run belongs to where the caller said so."""
    score: float | bool | None = None
    """The number, with all its digits (a whole one stays whole), or the bool; None where there is none. Never NaN."""
    value: Any = None
    """A label or anything else JSON can hold, beside or instead of the number."""
    comment: str | None = None
    correction: Mapping[str, Any] | str | None = None
    """What the answer should have been."""
    source: FeedbackSource = FeedbackSource()
    created_at: datetime
    """UTC."""
    modified_at: datetime
    """UTC; the time of the last update."""
    unscored: str | None = None
    """Why the score that was given is none (``"high"``, NaN), or None."""
    error: bool | None = None
    """True where whatever should have scored failed; None where nobody said."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    group_id: str | None = None
    """What one ranking of several runs has in common: LangSmith's ``feedback_group_id``."""
    comparison_id: str | None = None
    """The comparison of experiments that it belongs to: LangSmith's ``comparative_experiment_id``."""

    # LangSmith's names

    @property
    def feedback_source(self) -> FeedbackSource:
        """The same as ``source``."""
        return self.source

    @property
    def feedback_group_id(self) -> str | None:
        """The same as ``group_id``."""
        return self.group_id

    @property
    def comparative_experiment_id(self) -> str | None:
        """The same as ``comparison_id``."""
        return self.comparison_id

    @property
    def session_id(self) -> str | None:
        """The same as ``project``."""
        return self.project


@dataclass(frozen=True, kw_only=True)
class FeedbackEvent:
    """Something that happened to a feedback: all of them are kept."""

    id: str
    """UUID of the event; sorts by time."""
    kind: Literal["create", "update", "delete"]
    time: datetime
    """UTC."""
    changes: Sequence[str] = ()
    """Of an update: the fields that it set."""
    feedback: Feedback | None = None
    """As it stood afterwards; None once it is deleted."""


@dataclass(frozen=True, kw_only=True)
class FeedbackStats:
    """What all feedback of one key says of a run, or of many runs."""

    n: int = 0
    """Records, those without a number included."""
    avg: float | None = None
    """Mean of the numbers (a bool counts as 0 or 1), or None where there is none."""
    values: Mapping[str, int] = field(default_factory=dict)
    """How often each label (``value``, where it is a text) was given."""
    comments: int = 0
    """Records with a comment."""

    def __getitem__(self, name: str) -> Any:
        """Return a figure by its name, as scripts read it: ``run.feedback_stats["user_rating"]["avg"]``."""
        if name in self.__dataclass_fields__:
            return getattr(self, name)
        raise KeyError(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a figure by its name, or ``default`` where there is no such figure."""
        if name in self.__dataclass_fields__:
            return getattr(self, name)
        return default
