"""The index of a page: all that it shows before a single trial is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.json import plain_document

CHUNK = 50
"""Trials whose details are packed, and read, together."""


def index(digest: Digest, trials: Sequence[Trial], context: Context) -> dict[str, Any]:
    """Return the index.

    Args:
        digest: The finished experiment.
        trials: In the order of the table.
        context: Has the evidence.
    """
    return {
        "version": 1,
        "report": plain_document(digest),
        "chunk_size": CHUNK,
        "trials": _columns(trials),
    }


def _columns(trials: Sequence[Trial]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {"suite": [], "example": [], "repeat": [], "status": []}
    for trial in trials:
        columns["suite"].append(trial.suite)
        columns["example"].append(trial.example_id)
        columns["repeat"].append(trial.repeat)
        columns["status"].append(trial.status)
    return columns
