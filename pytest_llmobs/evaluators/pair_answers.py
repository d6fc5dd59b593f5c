"""What a pairwise evaluator may return, read into one form: scores of both outputs, in the order shown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators.pair_results import PairScores, Place
from pytest_llmobs.records.scores import Score

TIE: PairScores = (0.5, 0.5)
_WON: Mapping[Place | None, PairScores] = {1: (1, 0), 2: (0, 1), None: TIE}
"""The place that won -> what both are given where the evaluator gave no scores."""
_LABELS: Mapping[str, Place | None] = {"A": 1, "B": 2, "first": 1, "second": 2, "tie": None}


@dataclass(frozen=True)
class PairAnswer:
    """The word on the two outputs of a pair, the one shown first and the other."""

    scores: PairScores
    """Those that the evaluator gave; of one that names a winner 1 and 0, or one half each."""
    comment: str = ""
    comments: tuple[str, str] | None = None
    """One each, where the evaluator gave one for each run."""
    key: str | None = None
    """The metric's name, where the evaluator gave one."""

    @property
    def place(self) -> Place | None:
        """The place that won, or None for a tie."""
        first, second = self.scores
        if first == second:
            return None
        return 1 if first > second else 2


def read_answer(returned: Any, run_ids: tuple[str, str]) -> PairAnswer:
    """Return what a pairwise evaluator said.

    Args:
        returned: ``A``/``B``/``tie``, 0 or 1, two scores, a mapping or an object with ``scores``, or a judge's score.
        run_ids: Of both runs, in the order shown.

    Raises:
        EvaluatorError: It is nothing that a pairwise evaluator returns.
    """
    if isinstance(returned, Score):
        # A judge's comment begins with its label, which says what the winner says already.
        comment = (returned.comment or "").removeprefix(f"{returned.value}: ")
        return PairAnswer(_scores_of(returned.value), comment)
    said = _fields(returned)
    if said is None:
        return PairAnswer(_scores_of(returned))
    scores = _by_run(said["scores"], run_ids)
    if not _are_two_scores(scores):
        raise _misfit(returned)
    comment, comments = _read_comment(said.get("comment"), run_ids)
    return PairAnswer(tuple(scores), comment, comments, said.get("key") or None)


def _fields(returned: Any) -> Mapping[str, Any] | None:
    """Return LangSmith's fields, of a mapping or of an object; None where it is neither."""
    if isinstance(returned, Mapping):
        return returned if "scores" in returned else None
    scores = getattr(returned, "scores", None)
    if scores is None:
        return None
    return {
        "key": getattr(returned, "key", None),
        "scores": scores,
        "comment": getattr(returned, "comment", None),
    }


def _by_run(values: Any, run_ids: tuple[str, str]) -> Any:
    """Return what a mapping has for both runs, whose ids may be UUIDs; anything else as it is."""
    if not isinstance(values, Mapping):
        return values
    by_id = dict(zip(map(str, values), values.values(), strict=True))
    return list(map(by_id.get, run_ids))


def _read_comment(given: Any, run_ids: tuple[str, str]) -> tuple[str, tuple[str, str] | None]:
    if not isinstance(given, Mapping):
        return str(given or ""), None
    first, second = _by_run(given, run_ids)
    both = str(first or ""), str(second or "")
    return "; ".join(dict.fromkeys(filter(None, both))), both


def _scores_of(answer: Any) -> PairScores:
    if isinstance(answer, str) and answer in _LABELS:
        return _WON[_LABELS[answer]]
    # True and False are no places: they would answer a question that nobody asked.
    if isinstance(answer, int) and not isinstance(answer, bool) and answer in (0, 1):
        return _WON[2 if answer else 1]
    if _are_two_scores(answer):
        first, second = answer
        return first, second
    raise _misfit(answer)


def _misfit(answer: Any) -> EvaluatorError:
    return EvaluatorError(
        f"A pairwise evaluator returns 'A', 'B', 'tie', 0, 1 or two scores, not {answer!r}."
    )


def _are_two_scores(returned: Any) -> bool:
    if not isinstance(returned, list | tuple) or len(returned) != 2:
        return False
    for score in returned:
        if not isinstance(score, bool | int | float) or not math.isfinite(score):
            return False
    return True
