"""People's corrections, as feedback on runs holds them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.review.outcomes.corrections import Correction

_NAMES = ("reviewer", "annotator", "user", "user_id", "email", "name", "ls_user_id")
"""Keys of a feedback's ``source_info`` that name who gave it, the likelier first."""


def corrections_by_run(feedback: Iterable[Feedback]) -> dict[str, list[Correction]]:
    """Return people's corrections by run, the newest of each reviewer.

    What a judge or another model would have had is none: a model isn't taught by its like.
    """
    by_run: dict[str, dict[str, Correction]] = defaultdict(dict)
    for record in feedback:
        if record.run_id is None or not record.correction or record.source.type == "model":
            continue
        correction = Correction(
            run_id=record.run_id,
            key=record.key,
            outputs=_outputs(record.correction),
            reviewer=_reviewer(record),
            given_at=record.modified_at,
        )
        # somebody nameless is somebody else each time
        who = correction.reviewer or f"\0{record.id}"
        earlier = by_run[record.run_id].get(who)
        if earlier is None or earlier.given_at <= correction.given_at:
            by_run[record.run_id][who] = correction
    return {run_id: list(own.values()) for run_id, own in by_run.items()}


def _outputs(correction: Mapping[str, Any] | str) -> Mapping[str, Any]:
    if isinstance(correction, str):
        return {"output": correction}
    return correction


def _reviewer(record: Feedback) -> str | None:
    for name in _NAMES:
        if record.source.metadata.get(name):
            return str(record.source.metadata[name])
    return None
