"""Several verdicts on one output become one score, with their disagreement on record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from pytest_llmobs.errors import UnscoredError
from pytest_llmobs.evaluators.judging.verdict import Verdict
from pytest_llmobs.records.scores import Score

AGGREGATES = ("auto", "median", "mean", "majority")
"""``auto``: the median of numbers, the majority of labels and of yes and no."""


@dataclass(frozen=True)
class Vote:
    """One model's answer, or why there is none."""

    model: str
    verdict: Verdict | None
    problem: str = ""
    cached: bool = False
    """True where it came from the judge cache."""


def decide(key: str, votes: Sequence[Vote], aggregate: str) -> Score:
    """Return the score that the votes add up to.

    Args:
        key: The judge's key.
        votes: One or more; those without a verdict have to be the minority.
        aggregate: ``median``, ``mean`` or ``majority``.

    Raises:
        UnscoredError: Half of the votes or more are unusable, or the majority is tied.
    """
    verdicts = [vote.verdict for vote in votes if vote.verdict is not None]
    if 2 * len(verdicts) <= len(votes):
        problem = next(vote.problem for vote in votes if vote.verdict is None)
        count = f" ({len(votes) - len(verdicts)} of {len(votes)} votes)" if len(votes) > 1 else ""
        raise UnscoredError(f"Judge {key!r} gave no usable verdict{count}: {problem}")
    score, value, chosen = (
        _majority(key, verdicts) if aggregate == "majority" else _middle(verdicts, aggregate)
    )
    metadata = {"model": _models(votes), **_split(votes, verdicts), **_criteria(verdicts)}
    if hits := sum(vote.cached for vote in votes):
        metadata["cached"] = hits
    return Score(key, score=score, value=value, comment=_comment(chosen, verdicts), metadata=metadata)


def _majority(key: str, verdicts: Sequence[Verdict]) -> tuple[float | bool | None, str | None, Verdict]:
    counts = Counter(verdict.reading.shown for verdict in verdicts).most_common(2)
    if len(counts) == 2 and counts[0][1] == counts[1][1]:
        tied = ", ".join(verdict.reading.shown for verdict in verdicts)
        raise UnscoredError(f"Judge {key!r} is tied: {tied}. Use an odd number of votes.")
    chosen = next(verdict for verdict in verdicts if verdict.reading.shown == counts[0][0])
    return chosen.reading.score, chosen.reading.value, chosen


def _middle(verdicts: Sequence[Verdict], aggregate: str) -> tuple[float, None, Verdict]:
    numbers = [float(verdict.reading.score or 0) for verdict in verdicts]
    centre = fmean(numbers) if aggregate == "mean" else median(numbers)
    return centre, None, min(verdicts, key=lambda verdict: abs(float(verdict.reading.score or 0) - centre))


def _comment(chosen: Verdict, verdicts: Sequence[Verdict]) -> str:
    if len(verdicts) == 1:
        return f"{chosen.reading.shown}: {chosen.reason}"
    return f"{', '.join(verdict.reading.shown for verdict in verdicts)}: {chosen.reason}"


def _models(votes: Sequence[Vote]) -> Any:
    names = list(dict.fromkeys(vote.model for vote in votes))
    if len(names) == 1:
        return names[0]
    return names


def _split(votes: Sequence[Vote], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the single votes and how far they lie apart: max - min of numbers, else the minority's share."""
    if len(votes) == 1:
        return {}
    shown = [vote.verdict.reading.shown if vote.verdict else None for vote in votes]
    numbers = [verdict.reading.score for verdict in verdicts]
    if all(number is not None and not isinstance(number, bool) for number in numbers):
        floats = [float(number or 0) for number in numbers]
        return {"votes": shown, "disagreement": round(max(floats) - min(floats), 6)}
    top = Counter(verdict.reading.shown for verdict in verdicts).most_common(1)[0][1]
    return {"votes": shown, "disagreement": round(1 - top / len(verdicts), 6)}


def _criteria(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the share of votes that found each criterion met."""
    names = verdicts[0].criteria
    if names:
        return {"criteria": {n: fmean(v.criteria[n] for v in verdicts) for n in names}}
    return {}
