"""``required_if`` and ``visible_if``: rules on the answers to earlier items of a rubric."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.review.records import Answer

JOINS = ("all", "any")
"""How many of the rules must hold."""
TESTS = ("is", "is_one_of", "is_empty", "is_not_empty")
"""What a rule may ask of an answer."""
VALUED = ("is", "is_one_of")
"""Those that compare it with values."""


@dataclass(frozen=True)
class Rule:
    """One thing that is asked of one earlier answer."""

    key: str
    """The item's ``feedback_key``."""
    test: str
    """One of ``TESTS``."""
    values: Sequence[Any] = ()

    def holds(self, answers: Mapping[str, Answer]) -> bool:
        """Tell whether it holds; what isn't answered is empty."""
        answer = answers.get(self.key)
        is_empty = answer is None or answer == ""
        if self.test in VALUED:
            return not is_empty and is_one_of(answer, self.values)
        return is_empty == (self.test == "is_empty")


@dataclass(frozen=True)
class Conditions:
    """Rules, of which all or any must hold."""

    join: str
    """One of ``JOINS``."""
    rules: Sequence[Rule]

    def hold(self, answers: Mapping[str, Answer]) -> bool:
        """Tell whether they hold, taken together."""
        outcomes = [rule.holds(answers) for rule in self.rules]
        return all(outcomes) if self.join == "all" else any(outcomes)


def read_conditions(value: Mapping[str, Any] | None) -> Conditions | None:
    """Return the conditions that an item states; None where it states none."""
    if value is None:
        return None
    rules: list[Rule] = []
    for rule in value["rules"]:
        rules.append(Rule(rule["key"], rule["op"], tuple(rule.get("values") or ())))
    return Conditions(value["join"], tuple(rules))


def is_one_of(answer: Any, values: Sequence[Any]) -> bool:
    """Tell whether an answer is one of some values; a number may be written as a text, as LangSmith does."""
    return comparable(answer) in list(map(comparable, values))


def comparable(value: Any) -> float | str:
    """Return a value such that the number 1, the text ``"1"`` and true are alike."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return str(value)
    return number if math.isfinite(number) else str(value)
