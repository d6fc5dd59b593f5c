"""What reviewers disagree about: items that wait for an adjudicator, whose word is one more record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from operator import attrgetter

from pytest_llmobs.review.records import Answer, Decision
from pytest_llmobs.review.rubric.questions import Question

STEPS = 1
"""Two answers on a scale agree as long as they lie at most so many steps apart."""
SHARE_OF_RANGE = 0.25
"""Two numbers agree as long as they lie at most this share of their range apart."""


def open_ones(decisions: Iterable[Decision], questions: Sequence[Question]) -> list[str]:
    """Return the ids of the runs whose reviewers disagree, and which nobody has settled, the longest waiting first.

    Args:
        decisions: The standing ones of a queue, in their order.
        questions: Of its rubric.
    """
    run_ids = []
    for run_id, own in by_run(decisions).items():
        if adjudication(own) is None and is_contested(own, questions):
            run_ids.append(run_id)
    return run_ids


def by_run(decisions: Iterable[Decision]) -> dict[str, list[Decision]]:
    """Return decisions by the id of their run, in the order in which runs were first decided."""
    grouped: dict[str, list[Decision]] = {}
    for decision in decisions:
        grouped.setdefault(decision.run_id, []).append(decision)
    return grouped


def reviews(decisions: Iterable[Decision]) -> list[Decision]:
    """Return the independent decisions on a run: the newest of each reviewer, by name."""
    newest: dict[str, Decision] = {}
    for decision in sorted(decisions, key=attrgetter("at")):
        if decision.role == "review":
            newest[decision.reviewer] = decision
    return sorted(newest.values(), key=attrgetter("reviewer"))


def adjudication(decisions: Iterable[Decision]) -> Decision | None:
    """Return the newest word of an adjudicator on a run; None where there is none."""
    words = [decision for decision in decisions if decision.role == "adjudication"]
    return max(words, key=attrgetter("at"), default=None)


def is_contested(decisions: Iterable[Decision], questions: Sequence[Question]) -> bool:
    """Tell whether two reviewers of a run differ: in their verdict, the failure mode, or an answer.

    What one of them left open is no difference, and neither are the words of a free text. Answers to questions that
    the rubric no longer asks aren't compared.

    Args:
        decisions: On that run; an adjudicator's isn't one of them.
        questions: Of the rubric.
    """
    asked = {question.key: question for question in questions}
    for first, second in combinations(reviews(decisions), 2):
        if _differ(first, second, asked):
            return True
    return False


def _differ(first: Decision, second: Decision, asked: Mapping[str, Question]) -> bool:
    for name in ("verdict", "mode"):
        words = {getattr(first, name), getattr(second, name)} - {None}
        if len(words) > 1:
            return True
    for key in first.answers.keys() & second.answers.keys() & asked.keys():
        if _are_apart(first.answers[key], second.answers[key], asked[key]):
            return True
    return False


def _are_apart(first: Answer, second: Answer, question: Question) -> bool:
    if first == second or question.kind == "text":
        return False
    if question.kind == "number":
        return _far_apart(first, second, question)
    if not question.is_ordered:
        return True
    steps = list(map(attrgetter("value"), question.choices))
    if first not in steps or second not in steps:  # given under an earlier rubric
        return True
    return abs(steps.index(first) - steps.index(second)) > STEPS


def _far_apart(first: Answer, second: Answer, question: Question) -> bool:
    # without bounds nobody knows what is far
    if question.low is None or question.high is None or isinstance(first, str) or isinstance(second, str):
        return True
    return abs(first - second) > SHARE_OF_RANGE * (question.high - question.low)
