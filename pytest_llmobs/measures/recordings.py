"""Which recordings the model calls of a trial were answered by, or kept in: what tells two trials alike."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence

from pytest_llmobs.records.runs import PAID, Run

_LENGTH = 16
"""Hex digits of a name."""


def recording_of(runs: Sequence[Run]) -> str | None:
    """Return what names the recordings of all model calls of a trace; the same where a model said the same.

    Args:
        runs: The finished ones of the trace.

    Returns:
        16 hex digits: a hash over the sorted digests of the calls' recordings; None where any call has none.
    """
    digests = []
    wrapping = _ids_above_recorded(runs)
    for run in runs:
        if run.run_type not in PAID:
            continue
        if run.recording is not None:
            digests.append(run.recording)
        elif run.id not in wrapping:
            return None
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()[:_LENGTH]


def _ids_above_recorded(runs: Sequence[Run]) -> Collection[str]:
    """Return the ids of what stands above recorded calls: an app's own step around a call of an SDK is no call."""
    parents: Mapping[str, str | None] = {run.id: run.parent_id for run in runs}
    above: set[str] = set()
    for run in runs:
        if run.recording is None:
            continue
        parent_id = run.parent_id
        while parent_id is not None and parent_id not in above:
            above.add(parent_id)
            parent_id = parents.get(parent_id)
    return above
