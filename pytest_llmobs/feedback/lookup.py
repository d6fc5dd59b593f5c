"""Finding feedback by its id."""

from __future__ import annotations

from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.storage.feedback.log import FeedbackLog
from pytest_llmobs.wording import nearest

_OFFERED = 200
"""Ids among which a near one is looked for: the newest."""


def find_feedback(log: FeedbackLog, feedback_id: str) -> Feedback:
    """Return the feedback of an id, as it stands now.

    Raises:
        NotFoundError: There is none (any more).
    """
    from pytest_llmobs.storage.feedback.rows import feedback_of

    for feedback in feedback_of(log.current(ids=[feedback_id])):
        return feedback
    if is_used(log, feedback_id):
        raise NotFoundError(f"The feedback {feedback_id!r} was deleted. Its history is kept.")
    raise no_such_feedback(log, feedback_id)


def no_such_feedback(log: FeedbackLog, feedback_id: str) -> NotFoundError:
    """Return the error for an id that no feedback has or had."""
    return NotFoundError(
        f"There is no feedback {feedback_id!r} in {log.place!r}.{nearest(feedback_id, _near_ids(log, feedback_id))}"
    )


def is_used(log: FeedbackLog, feedback_id: str) -> bool:
    """Tell whether feedback has an id, or had it before it was deleted."""
    return len(log.events([feedback_id])) > 0


def _near_ids(log: FeedbackLog, feedback_id: str) -> list[str]:
    """Return ids that may be meant: those that begin alike, else the newest."""
    import pyarrow.compute as pc

    ids = log.current(columns=["id"])["id"]
    alike = ids.filter(pc.starts_with(ids, feedback_id[:8]))
    if not len(alike):
        alike = ids.take(pc.select_k_unstable(ids, k=min(_OFFERED, len(ids)), sort_keys=[("", "descending")]))
    return list(map(str, alike.slice(0, _OFFERED).to_pylist()))
