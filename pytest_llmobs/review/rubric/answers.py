"""What a reviewer answers, held against the question: a choice, a number in its range, a text that matches."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.records.fit import LARGEST_FLOAT
from pytest_llmobs.review.records import Answer
from pytest_llmobs.review.rubric.questions import Choice, Question
from pytest_llmobs.wording import nearest


def read_answer(question: Question, text: str) -> Answer:
    """Return the answer that somebody typed: a choice by its value or its label, a number, or a text.

    Raises:
        ArgumentError: It is none; the message names the choices or the range.
    """
    words = text.strip()
    if question.kind == "choice":
        for choice in question.choices:
            if words.casefold() in (str(choice.value).casefold(), choice.label.casefold()) and words:
                return choice.value
        raise _no_choice(question, text)
    if question.kind == "number":
        try:
            number = float(words)
        except ValueError:
            raise ArgumentError(f"{question.key!r} takes {expected(question)}, not {text!r}.") from None
        return _number(question, number)
    return check_answer(question, words)


def check_answer(question: Question, value: Any) -> Answer:
    """Return an answer that code gave, as it is kept.

    Args:
        question: What was asked.
        value: One of the choices' values, a number, or a text.

    Raises:
        ArgumentError: It doesn't fit; the message names the choices or the range.
    """
    if question.kind == "choice":
        for choice in question.choices:
            if _is_same(question, choice, value):
                return choice.value
        raise _no_choice(question, value)
    if question.kind == "number":
        return _number(question, value)
    if not isinstance(value, str) or not value.strip():
        raise ArgumentError(f"{question.key!r} takes {expected(question)}, not {value!r}.")
    if question.regex is not None and re.fullmatch(question.regex, value) is None:
        raise ArgumentError(f"{question.key!r} takes {expected(question)}; {value!r} doesn't match.")
    return value


def is_answer(questions: Sequence[Question], key: str, value: Any) -> bool:
    """Tell whether a value that was kept answers one of these questions: a rubric may have been edited since."""
    for question in questions:
        if question.key == key:
            try:
                check_answer(question, value)
                return True
            except ArgumentError:
                return False
    return False


def expected(question: Question) -> str:
    """Return what a question may be answered with, for a message: ``a number from 0 to 100``."""
    if question.kind == "choice":
        named = list(map(_named, question.choices))
        return " or ".join((", ".join(named[:-1]), named[-1])) if len(named) > 1 else named[0]
    if question.kind == "text":
        return "a text" if question.regex is None else f"a text that matches {question.regex!r} as a whole"
    if question.low is None and question.high is None:
        return "a number"
    if question.high is None:
        return f"a number, at least {question.low:g}"
    if question.low is None:
        return f"a number, at most {question.high:g}"
    return f"a number from {question.low:g} to {question.high:g}"


def _is_same(question: Question, choice: Choice, value: Any) -> bool:
    if isinstance(value, bool):  # true is no 1 of a scale
        return choice.value == value and {0, 1} == {each.value for each in question.choices}
    return isinstance(value, int | float | str) and choice.value == value


def _number(question: Question, value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(value) <= LARGEST_FLOAT:  # which NaN isn't, either
        raise ArgumentError(f"{question.key!r} takes {expected(question)}, not {value!r}.")
    low = -math.inf if question.low is None else question.low
    high = math.inf if question.high is None else question.high
    if not low <= value <= high:
        raise ArgumentError(f"{question.key!r} is {value:g}; it takes {expected(question)}.")
    return float(value)


def _no_choice(question: Question, value: Any) -> ArgumentError:
    names: list[str] = []
    for choice in question.choices:
        names += filter(None, (str(choice.value), choice.label))
    return ArgumentError(
        f"{question.key!r} takes {expected(question)}, not {value!r}.{nearest(str(value), names)}"
    )


def _named(choice: Choice) -> str:
    return f"{choice.value} ({choice.label})" if choice.label else str(choice.value)
