"""What reviewers would have had instead of an answer, and how far they agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pytest_llmobs.datasets.exchange.messages import answer_text
from pytest_llmobs.records.examples import canonical_json
from pytest_llmobs.records.feedback import Feedback

_NAMES = ("reviewer", "annotator", "user", "user_id", "email", "name", "ls_user_id")
"""Keys of a feedback's ``source_info`` that name who gave it, the likelier first."""


@dataclass(frozen=True)
class Correction:
    """One reviewer's word on one run."""

    run_id: str
    key: str
    """The feedback's: what was wrong."""
    outputs: Mapping[str, Any]
    """What the run should have returned."""
    reviewer: str | None
    """None where the feedback doesn't say who gave it."""
    given_at: datetime
    """UTC."""


@dataclass(frozen=True)
class Settled:
    """What the reviewers of one run have come to."""

    outputs: Mapping[str, Any] | None
    """What most of them would have had; None where no answer has more of them than another."""
    key: str
    reviewers: Sequence[str]
    """Those who would have had it, by name, sorted; nameless ones are not among them."""
    agreement: float | None
    """Their share of all reviewers of the run; None where there is one alone."""
    answers: Sequence[str]
    """Every answer that was given, the most frequent first, as texts. Several are a conflict."""


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


def settle(corrections: Sequence[Correction]) -> Settled:
    """Return what the reviewers of a run have come to.

    Args:
        corrections: One a reviewer, at least one. Answers that differ in case and blanks alone are the same.
    """
    groups: dict[str, list[Correction]] = {}
    for correction in sorted(corrections, key=_age):
        groups.setdefault(_told_apart_by(correction.outputs), []).append(correction)
    ranked = sorted(groups.values(), key=len, reverse=True)
    first = ranked[0]
    newest = first[-1]
    is_tied = len(ranked) > 1 and len(ranked[1]) == len(first)
    return Settled(
        outputs=None if is_tied else newest.outputs,
        key=newest.key,
        reviewers=sorted({correction.reviewer for correction in first if correction.reviewer}),
        agreement=None if len(corrections) == 1 else len(first) / len(corrections),
        answers=[_shown(group[-1].outputs) for group in ranked],
    )


def _age(correction: Correction) -> tuple[datetime, str]:
    return correction.given_at, correction.reviewer or ""


def _told_apart_by(outputs: Mapping[str, Any]) -> str:
    return " ".join(_shown(outputs).split()).casefold()


def _shown(outputs: Mapping[str, Any]) -> str:
    text = answer_text(outputs) if len(outputs) == 1 else None
    return canonical_json(outputs) if text is None else text
