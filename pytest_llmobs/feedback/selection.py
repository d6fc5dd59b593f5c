"""Which feedback is meant: checked once, whatever is asked of it then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from pytest_llmobs.feedback import arguments


class SelectionArguments(TypedDict, total=False):
    """What feedback can be chosen by; several hold together."""

    run_ids: Any
    """One run's id, or several: UUIDs or their texts."""
    feedback_key: Any
    """One key, or several."""
    feedback_source_type: Any
    """``api``, ``model``, ``app``, or several of them."""
    project: str | None
    """What is about this project, or about one of its runs."""
    start_time: datetime | None
    """Given then or later; without a time zone it is local."""
    end_time: datetime | None
    """Given earlier than that; without a time zone it is local."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What feedback is chosen by; None for no limit."""

    run_ids: Sequence[str] | None = None
    keys: Sequence[str] | None = None
    source_types: Sequence[str] | None = None
    project: str | None = None
    start_time: datetime | None = None
    """Given then or later, UTC."""
    end_time: datetime | None = None
    """Given earlier than that, UTC."""

    @property
    def wants_trial_scores(self) -> bool:
        """True where the scores of trials may be meant: they come from evaluators."""
        return self.source_types is None or "model" in self.source_types


def select(given: SelectionArguments) -> Selection:
    """Return what a caller's arguments choose.

    Raises:
        ArgumentError: An id is none, a kind of source is unknown, or a value is of the wrong type.
    """
    return Selection(
        run_ids=arguments.checked_ids("run_ids", given.get("run_ids")),
        keys=arguments.checked_texts("feedback_key", given.get("feedback_key")),
        source_types=_source_types(given.get("feedback_source_type")),
        project=arguments.checked_text("project", given.get("project")),
        start_time=arguments.checked_moment("start_time", given.get("start_time")),
        end_time=arguments.checked_moment("end_time", given.get("end_time")),
    )


def _source_types(value: Any) -> Sequence[str] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple | set | frozenset):
        value = [value]
    return list(map(arguments.checked_source_type, value))
