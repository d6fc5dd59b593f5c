"""What reviewers write is cleaned before it is kept: they quote what the runs themselves were cleaned of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytest_llmobs.review.records import Answer, Decision
from pytest_llmobs.review.rubric.questions import Question

Clean = Callable[[Any], Any]
"""Takes a value of JSON's types, and returns it without what is sensitive."""


def as_it_is(value: Any) -> Any:
    """Return a value unchanged: where nothing is to be cleaned."""
    return value


def redacted(decision: Decision, questions: Sequence[Question], clean: Clean) -> Decision:
    """Return a decision with its comment, its correction and its answers in words cleaned.

    Args:
        decision: What was said.
        questions: Of the queue's rubric: numbers and categories stay as they are.
        clean: See ``Clean``.
    """
    in_words = {question.key for question in questions if question.kind == "text"}
    answers: dict[str, Answer] = {}
    for key, answer in decision.answers.items():
        answers[key] = str(clean(answer)) if key in in_words else answer
    comment = None if decision.comment is None else str(clean(decision.comment))
    return replace(decision, answers=answers, comment=comment, correction=_object(clean(decision.correction)))


def _object(value: Any) -> Mapping[str, Any] | None:
    # what a redactor that failed has left is a text
    return value if value is None or isinstance(value, Mapping) else {"<dropped>": value}
