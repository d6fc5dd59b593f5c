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
    # A minority of readable votes would be decided by what made the others unreadable.
    if 2 * len(verdicts) <= len(votes):
        raise UnscoredError(f"Judge {key!r} gave no usable verdict{_problem(votes)}")
    if aggregate == "majority":
        chosen = _majority(key, verdicts)
        score, value = chosen.reading.score, chosen.reading.value
    else:
        score, value = _centre(verdicts, aggregate), None
        chosen = _nearest_to(score, verdicts)
    metadata = {"model": _models(votes), **_split(votes, verdicts), **_criteria(verdicts)}
    cached = sum(vote.cached for vote in votes)
    if cached:
        metadata["cached"] = cached
    comment = f"{', '.join(_shown(verdicts))}: {chosen.reason}"
    return Score(key, score=score, value=value, comment=comment, metadata=metadata)


def _problem(votes: Sequence[Vote]) -> str:
    """Return the first problem, after how many votes have one."""
    problems = [vote.problem for vote in votes if vote.verdict is None]
    if len(votes) == 1:
        return f": {problems[0]}"
    return f" ({len(problems)} of {len(votes)} votes): {problems[0]}"


def _shown(verdicts: Sequence[Verdict]) -> list[str]:
    return [verdict.reading.shown for verdict in verdicts]


def _number(verdict: Verdict) -> float:
    return float(verdict.reading.score or 0)


def _majority(key: str, verdicts: Sequence[Verdict]) -> Verdict:
    """Return the first of the verdicts that most votes agree on.

    Raises:
        UnscoredError: Two answers have as many votes.
    """
    shown = _shown(verdicts)
    most_common = Counter(shown).most_common(2)
    # Never by the order of the votes: a draw would look like a verdict.
    if len(most_common) == 2 and most_common[0][1] == most_common[1][1]:
        raise UnscoredError(f"Judge {key!r} is tied: {', '.join(shown)}. Use an odd number of votes.")
    return verdicts[shown.index(most_common[0][0])]


def _centre(verdicts: Sequence[Verdict], aggregate: str) -> float:
    numbers = list(map(_number, verdicts))
    if aggregate == "mean":
        return fmean(numbers)
    return median(numbers)


def _nearest_to(centre: float, verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict whose reason fits the number best."""
    return min(verdicts, key=lambda verdict: abs(_number(verdict) - centre))


def _models(votes: Sequence[Vote]) -> Any:
    names = list(dict.fromkeys(vote.model for vote in votes))
    if len(names) == 1:
        return names[0]
    return names


def _split(votes: Sequence[Vote], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the single votes and how far they lie apart: max - min of numbers, else the minority's share."""
    if len(votes) == 1:
        return {}
    shown: list[str | None] = []
    for vote in votes:
        if vote.verdict is None:
            shown.append(None)
        else:
            shown.append(vote.verdict.reading.shown)
    return {"votes": shown, "disagreement": round(_disagreement(verdicts), 6)}


def _disagreement(verdicts: Sequence[Verdict]) -> float:
    if all(map(_has_number, verdicts)):
        numbers = list(map(_number, verdicts))
        return max(numbers) - min(numbers)
    largest = Counter(_shown(verdicts)).most_common(1)[0][1]
    return 1 - largest / len(verdicts)


def _has_number(verdict: Verdict) -> bool:
    score = verdict.reading.score
    return score is not None and not isinstance(score, bool)


def _criteria(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the share of votes that found each criterion met."""
    shares: dict[str, float] = {}
    for criterion in verdicts[0].criteria:
        shares[criterion] = fmean(verdict.criteria[criterion] for verdict in verdicts)
    if shares:
        return {"criteria": shares}
    return {}
