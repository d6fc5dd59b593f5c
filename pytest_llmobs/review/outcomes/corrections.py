"""What reviewers would have had instead of an answer, and how far they agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pytest_llmobs.datasets.exchange.messages import answer_text
from pytest_llmobs.records.examples import canonical_json


@dataclass(frozen=True)
class Correction:
    """One reviewer's word on one run."""

    run_id: str
    key: str
    """The feedback's, or the failure mode: what was wrong."""
    outputs: Mapping[str, Any]
    """What the run should have returned."""
    reviewer: str | None
    """None where nobody says who gave it."""
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


def settle_corrections(corrections: Sequence[Correction]) -> Settled:
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
