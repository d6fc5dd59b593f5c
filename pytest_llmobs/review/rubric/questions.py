"""The questions of a rubric: how each is answered, which are asked after the answers so far, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pytest_llmobs.review.records import Answer
from pytest_llmobs.review.rubric.conditions import Conditions, read_conditions

Kind = Literal["choice", "number", "text"]
"""One of few values (each at one key where there are at most ten), a number in a range, or a free text."""


@dataclass(frozen=True)
class Choice:
    """One answer that may be given."""

    value: Answer
    label: str
    """What it means, in a word or a sentence; empty where the value says it."""


@dataclass(frozen=True)
class Question:
    """One item of a rubric."""

    key: str
    """Its ``feedback_key``."""
    description: str
    kind: Kind
    choices: Sequence[Choice] = ()
    """What may be answered, in the order of the rubric; for ``choice`` alone."""
    is_ordered: bool = False
    """True where the choices are steps of a scale: two steps apart is a greater disagreement than one."""
    low: float | None = None
    """The least number that may be answered; for ``number`` alone, None for no bound."""
    high: float | None = None
    regex: str | None = None
    """What a text must match as a whole; for ``text`` alone."""
    is_required: bool = False
    required_if: Conditions | None = None
    """When it is required, beside ``is_required``."""
    visible_if: Conditions | None = None
    """When it is asked; None for always."""


class HasRubric(Protocol):
    """A queue, or a version of its rubric that was kept."""

    @property
    def rubric_items(self) -> Sequence[Mapping[str, Any]]:
        """What the reviewer is asked, in order."""


NO_YES = (Choice(0, "no"), Choice(1, "yes"))
"""The choices of an item that says nothing of its answers."""


def questions_of(queue: HasRubric) -> tuple[Question, ...]:
    """Return the questions of a queue's rubric, in its order.

    Items that the client stored before they had kinds are read, too: the first of categories, scale, range and text
    that one states counts.
    """
    return tuple(map(question_of, queue.rubric_items))


def question_of(item: Mapping[str, Any]) -> Question:
    """Return the question that an item of a rubric is."""
    about: dict[str, Any] = {
        "key": item["feedback_key"],
        "description": item.get("description") or "",
        "is_required": bool(item.get("is_required")),
        "required_if": read_conditions(item.get("required_if")),
        "visible_if": read_conditions(item.get("visible_if")),
    }
    categories = item.get("categories") or item.get("value_descriptions")
    if categories:
        labels = item.get("value_descriptions") or {}
        choices = [Choice(value, labels.get(value, "")) for value in categories]
        return Question(**about, kind="choice", choices=choices, is_ordered=bool(item.get("ordered")))
    steps = _steps(item)
    if steps:
        return Question(**about, kind="choice", choices=steps, is_ordered=True)
    if "range" in item:
        low, high = item["range"]
        return Question(**about, kind="number", low=low, high=high)
    if item.get("text") or item.get("regex_validator"):
        return Question(**about, kind="text", regex=item.get("regex_validator"))
    return _configured(item.get("feedback_config") or {}, about)


def _steps(item: Mapping[str, Any]) -> list[Choice]:
    """Return the steps of a scale, the least first; none where the item has no scale."""
    labels: dict[float, str] = {}
    for score, label in (item.get("score_descriptions") or {}).items():
        try:
            labels[float(score)] = label
        except ValueError:  # stored before scores had to be numbers
            return []
    scores: Iterable[float] = sorted(labels)
    if "scale" in item:
        low, high = item["scale"]
        scores = range(low, high + 1)
    return [Choice(whole(score), labels.get(score, "")) for score in scores]


def _configured(config: Mapping[str, Any], about: Mapping[str, Any]) -> Question:
    """Return the question that LangSmith's ``feedback_config`` describes; without one, no or yes."""
    kind = config.get("type")
    if kind == "continuous":
        return Question(**about, kind="number", low=config.get("min"), high=config.get("max"))
    if kind == "freeform":
        return Question(**about, kind="text")
    choices = [
        Choice(whole(category["value"]), category.get("label") or "")
        for category in config.get("categories") or ()
    ]
    return Question(**about, kind="choice", choices=choices or NO_YES)


def whole(number: float) -> float:
    """Return a whole number as such: ``3.0`` is written ``3``."""
    return int(number) if number == int(number) else number


def visible(questions: Sequence[Question], answers: Mapping[str, Answer]) -> tuple[Question, ...]:
    """Return the questions that are asked after these answers; the answer to one that isn't asked counts nothing.

    Args:
        questions: All of a rubric, in its order.
        answers: By ``feedback_key``.
    """
    asked: list[Question] = []
    counted: dict[str, Answer] = {}
    for question in questions:
        # a hidden question's answer is left out, so that what depends on it is hidden as well
        if question.visible_if is None or question.visible_if.hold(counted):
            asked.append(question)
            if question.key in answers:
                counted[question.key] = answers[question.key]
    return tuple(asked)


def missing(questions: Sequence[Question], answers: Mapping[str, Answer]) -> tuple[Question, ...]:
    """Return the questions that are asked, must be answered, and aren't.

    Args:
        questions: All of a rubric, in its order.
        answers: By ``feedback_key``.
    """
    asked = visible(questions, answers)
    counted: dict[str, Answer] = {}
    for question in asked:
        if question.key in answers:
            counted[question.key] = answers[question.key]
    unanswered: list[Question] = []
    for question in asked:
        if _is_required(question, counted) and counted.get(question.key, "") == "":
            unanswered.append(question)
    return tuple(unanswered)


def _is_required(question: Question, answers: Mapping[str, Answer]) -> bool:
    if question.is_required:
        return True
    return question.required_if is not None and question.required_if.hold(answers)
