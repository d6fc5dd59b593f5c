"""What users, judges and other reviewers said of a run: for a review that isn't blind, and for no other."""

from __future__ import annotations

from pytest_llmobs.feedback.reading import list_feedback
from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.storage.store import Store

_MOST = 50
"""Feedback of one run that is shown, the newest."""


def feedback_lines(store: Store, run_id: str) -> list[str]:
    """Return the feedback and the scores of a run, each as a line, the newest first.

    Raises:
        StoreError: The store can't be read.
    """
    return list(map(_line, list_feedback(store, limit=_MOST, run_ids=[run_id])))


def _line(said: Feedback) -> str:
    parts = []
    for part in (said.score, said.value, said.comment):
        if part is not None:
            parts.append(str(part))
    reviewer = said.source.metadata.get("reviewer", said.source.type)
    return f"{said.key}: {', '.join(parts)} ({reviewer})"
