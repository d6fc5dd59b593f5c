"""What the client's calls about queues return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.records.models import Model

if TYPE_CHECKING:
    from pytest_llmobs.records.runs import Run

ItemStatus = Literal["viewed", "completed"]
"""What a reviewer did with an item."""


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
