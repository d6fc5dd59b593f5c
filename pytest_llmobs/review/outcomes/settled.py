"""What the decisions on each item come to: the reviewers' common word, or the adjudicator's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import median_low
from typing import Any, TypeVar

from pytest_llmobs.review.outcomes.corrections import Correction, Settled, settle_corrections
from pytest_llmobs.review.outcomes.disagreements import adjudication, by_run, is_contested, reviews
from pytest_llmobs.review.records import Answer, Decision, Verdict
from pytest_llmobs.review.rubric.questions import Question

H = TypeVar("H", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class SettledItem:
    """What came of one item."""

    run_id: str
    verdict: Verdict | None
    """What most reviewers say, or the adjudicator; None where they are tied, or said nothing of the whole."""
    mode: str | None
    """The failure mode of those who share the verdict."""
    answers: Mapping[str, Answer]
    """To the rubric, by key, of those who share the verdict or gave none; what these are tied on is left out."""
    corrected: Settled | None
    """What those who share the verdict or gave none would have had instead; None where nobody wrote a correction."""
    reviewers: Sequence[str]
    """Who shares the verdict, and the adjudicator: names, sorted."""
    agreement: float | None
    """Share of the reviewers with a verdict who share it, the adjudicator not among them; None of fewer than two."""
    comments: Sequence[str]
    """The reasons of those who share the verdict or gave none, in the order of their names."""
    adjudicated: bool
    is_contested: bool
    """True where reviewers differ and nobody has adjudicated."""

    @property
    def correction(self) -> Mapping[str, Any] | None:
        """The outputs that would have been right; None where there are none, or several that nobody chose from."""
        return None if self.corrected is None else self.corrected.outputs


def settle(decisions: Iterable[Decision], questions: Sequence[Question]) -> list[SettledItem]:
    """Return what came of every item that somebody decided, in the order in which they were first decided.

    Args:
        decisions: The standing ones of a queue, in their order.
        questions: Of its rubric.
    """
    return [_settled(run_id, own, questions) for run_id, own in by_run(decisions).items()]


def _settled(run_id: str, decisions: Sequence[Decision], questions: Sequence[Question]) -> SettledItem:
    independent, word = reviews(decisions), adjudication(decisions)
    # who says nothing of the whole has no part in the verdict
    verdicts = list(filter(None, map(attrgetter("verdict"), independent)))
    verdict = word.verdict if word is not None and word.verdict else most(verdicts)
    # an answer or a reason of the outvoted would speak against the verdict; one of whoever gave none doesn't
    unopposed = [one for one in independent if one.verdict in (verdict, None)]
    if word is not None:
        unopposed.append(word)
    sharing = [one for one in unopposed if one is word or one.verdict == verdict]
    return SettledItem(
        run_id=run_id,
        verdict=verdict,
        mode=word.mode if word is not None and word.mode else most(filter(None, map(_mode, sharing))),
        answers=_answers(unopposed, word, questions),
        corrected=_corrected(unopposed, word),
        reviewers=sorted(set(map(attrgetter("reviewer"), sharing))),
        agreement=_share(verdict, verdicts),
        comments=list(filter(None, map(attrgetter("comment"), unopposed))),
        adjudicated=word is not None,
        is_contested=word is None and is_contested(independent, questions),
    )


def most(values: Iterable[H]) -> H | None:
    """Return the most frequent value; None where two are as frequent, or there is none."""
    ranked = Counter(values).most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def _mode(decision: Decision) -> str | None:
    return decision.mode


def _share(verdict: Verdict | None, verdicts: Sequence[Verdict]) -> float | None:
    if verdict is None or len(verdicts) < 2:
        return None
    return verdicts.count(verdict) / len(verdicts)


def _answers(
    unopposed: Sequence[Decision], word: Decision | None, questions: Sequence[Question]
) -> dict[str, Answer]:
    settled: dict[str, Answer] = {}
    for question in questions:
        if word is not None and question.key in word.answers:
            settled[question.key] = word.answers[question.key]
            continue
        given = [one.answers[question.key] for one in unopposed if question.key in one.answers]
        answer = _middle(given, question)
        if answer is not None:
            settled[question.key] = answer
    return settled


def _middle(given: Sequence[Answer], question: Question) -> Answer | None:
    """Return the answer that several come to: of steps and numbers the middle one, else the most frequent."""
    # the lower of two in the middle: an answer that somebody gave
    if question.kind == "number" and given:
        return median_low(map(float, given))
    steps: list[Answer] = list(map(attrgetter("value"), question.choices))
    if question.is_ordered and given and set(given) <= set(steps):
        return steps[median_low(map(steps.index, given))]
    return most(given)


def _corrected(unopposed: Sequence[Decision], word: Decision | None) -> Settled | None:
    # the adjudicator has seen all of them
    given = [word] if word is not None and word.correction else unopposed
    corrections = []
    for one in given:
        if one.correction:
            corrections.append(Correction(one.run_id, one.mode or "", one.correction, one.reviewer, one.at))
    return settle_corrections(corrections) if corrections else None
