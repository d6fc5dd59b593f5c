"""Queues, their items, and what reviewers decide: what the client's calls about queues return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.records.models import Model

if TYPE_CHECKING:
    from pytest_llmobs.records.runs import Run

ItemStatus = Literal["viewed", "completed"]
"""What a reviewer did with an item."""
Verdict = Literal["accept", "reject"]
"""What a reviewer says of an answer as a whole."""
Role = Literal["review", "adjudication"]
"""Whether a decision is one of several independent ones, or settles what they disagree about."""
Answer = bool | float | str
"""What a reviewer says to one item of a rubric: yes or no, a number, or a category or free text."""

FAILURE_MODES = ("wrong fact", "wrong tone", "incomplete", "harmful")
"""What may be wrong with an answer, where a queue names nothing else."""
DISAGREEMENTS = ":disagreements"
"""Ends the name of the queue of what reviewers of another queue disagree about: ``refunds:disagreements``."""
REVIEW = "review"
"""The key of the feedback that says what a reviewer makes of the whole: 1 accepts, 0 rejects, the value is the failure
mode."""
LEAST_AGREEMENT = 0.7
"""Below this kappa or alpha nothing is exported, where a queue says nothing else."""


@dataclass(frozen=True, kw_only=True)
class AnnotationQueue(Model):
    """A queue of runs that wait for a person, and what the person is asked."""

    id: str
    """UUID, unless the caller chose it."""
    name: str
    description: str | None = None
    rubric_instructions: str | None = None
    """For the reviewer, in general."""
    rubric_items: Sequence[Mapping[str, Any]] = ()
    """What the reviewer is asked, in order: ``feedback_key`` and what else is said of it."""
    failure_modes: Sequence[str] = FAILURE_MODES
    """What may be wrong with an answer, each at one key."""
    overlap: float = 0.0
    """Share of the items, 0 to 1, that two reviewers see instead of one."""
    calibration: int = 0
    """Items of each week that every reviewer sees."""
    least_agreement: float = LEAST_AGREEMENT
    """The kappa or alpha below which nothing is exported."""
    rules: Sequence[Mapping[str, Any]] = ()
    """Which runs come here by themselves, see ``routing.rules``."""
    file: str | None = None
    """The committed file that says all this; None where the store does."""
    created_at: datetime
    """UTC."""
    updated_at: datetime
    """UTC: of the settings."""


@dataclass(frozen=True, kw_only=True)
class QueueItem(Model):
    """A run in a queue."""

    id: str
    """The queue's id and the run's, between them a colon."""
    queue_id: str
    run_id: str
    project_id: str | None = None
    """The run's project, where the caller said so."""
    start_time: str | None = None
    """The run's, where the caller said so."""
    source_proposed_example_id: str | None = None
    reason: str | None = None
    """Why it is here: the rule that chose it; None where somebody added it."""
    added_at: datetime
    """UTC."""
    last_reviewed_time: datetime | None = None
    """UTC: when somebody looked at it or completed it."""
    status: ItemStatus | None = None
    """None where nobody has looked at it."""
    item_type: Literal["RUN"] = "RUN"

    @property
    def session_id(self) -> str | None:
        """The same as ``project_id``."""
        return self.project_id

    @property
    def is_completed(self) -> bool:
        """True once somebody has completed it."""
        return self.status == "completed"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What one reviewer said of one run. Never overwritten: whoever changes their mind withdraws it first."""

    id: str
    """UUID."""
    run_id: str
    reviewer: str
    at: datetime
    """UTC: when it was saved."""
    rubric: str
    """The version of the rubric that the answers are to."""
    verdict: Verdict | None = None
    """None where the rubric was answered and nothing said of the whole."""
    mode: str | None = None
    """The failure mode, of what was rejected."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """By ``feedback_key``; what was not answered or not visible is left out."""
    correction: Mapping[str, Any] | None = None
    """The outputs that would have been right."""
    comment: str | None = None
    """The reason, in the reviewer's words."""
    seconds: float = 0.0
    """How long the item was on the screen."""
    role: Role = "review"


@dataclass(frozen=True)
class QueuedRun:
    """A run of a queue: everything that a ``Run`` has, and when it came into the queue."""

    item: QueueItem
    run: Run | None
    """None where the run isn't in the store: it was purged, or comes from another one."""

    @property
    def id(self) -> str:
        """The run's id."""
        return self.item.run_id

    @property
    def added_at(self) -> datetime:
        """UTC."""
        return self.item.added_at

    @property
    def last_reviewed_time(self) -> datetime | None:
        """UTC, or None where nobody has looked at it."""
        return self.item.last_reviewed_time

    def __getattr__(self, name: str) -> Any:
        """Return what the run has.

        Raises:
            NotFoundError: The run isn't in the store.
            AttributeError: A run has no such attribute.
        """
        if name.startswith("__"):  # copying and pickling ask before there is an item
            raise AttributeError(name)
        if self.run is None:
            raise NotFoundError(
                f"The run {self.item.run_id!r} waits in the queue, but isn't in the store: it was purged, or comes "
                "from another one."
            )
        return getattr(self.run, name)
