"""Evaluators of text by rule: keywords, phrases, length, equality.

The text judged is found as ``outputs.text_of`` describes; ``output="reply"`` chooses another. What is
required comes from the example's outputs (``required_keywords``, ``forbidden_phrases``, ``min_length``, …)
or from an argument. An example that states nothing is left out of the metric, neither passed nor missing;
one that states an empty list has said that nothing is required, and passes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pytest_llmobs.errors import UnscoredError
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.evaluators.rules.matching import fold, missing, present
from pytest_llmobs.evaluators.rules.outputs import pair, required, text_of
from pytest_llmobs.evaluators.rules.rule import Rule, check_choice
from pytest_llmobs.records.scores import Score

Phrases = Sequence[str | Sequence[str]]
"""Phrases; a list among them stands for alternatives, of which one is enough."""


@dataclass(frozen=True)
class _Phrased(Rule):
    def _stated(self, subject: Subject, given: Phrases | str | None, field: str) -> Phrases:
        where = "the argument"
        if given is None:
            where = f"outputs.{field}"
        stated: Any = required(subject, given, field)
        if isinstance(stated, str):
            stated = [stated]
        if not isinstance(stated, list | tuple):
            raise UnscoredError(f"{where} is {stated!r}; write a list of phrases.")
        for phrase in stated:
            if not _is_phrase(phrase):
                raise UnscoredError(
                    f"{where} holds {phrase!r}, which is no phrase (a text, or a list of alternatives)."
                )
        return stated


def _is_phrase(phrase: Any) -> bool:
    """Whether it is a text, or a list of alternatives that are texts."""
    if isinstance(phrase, str):
        return bool(phrase.strip())
    if not isinstance(phrase, list | tuple) or not phrase:
        return False
    for word in phrase:
        if not isinstance(word, str) or not word.strip():
            return False
    return True


@dataclass(frozen=True)
class RequiredKeywords(_Phrased):
    """The share of the required keywords that the text has (0 to 1); the comment names what is missing.

    Case is ignored, words are whole, and usual English inflections count ("refund" is found in "refunded").
    """

    sample_reference: ClassVar[Mapping[str, Any]] = {
        "required_keywords": ["refund", ["charge", "返金"], "c++"]
    }
    keywords: Phrases | str | None = None
    """What to look for, where the example doesn't say."""
    field: str = "required_keywords"
    """The reference output that lists them."""
    output: str | None = None
    """The output to judge."""
    stems: bool = True
    """False: only the very words."""
    key: str = "required_keywords"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        wanted = self._stated(subject, self.keywords, self.field)
        lacking = missing(text_of(subject.outputs, self.output), wanted, self.stems)
        if not wanted:
            return Score(self.key, score=1.0, comment=_NONE_STATED)
        if not lacking:
            return Score(self.key, score=1.0, comment=f"has all {len(wanted)}")
        share = 1 - len(lacking) / len(wanted)
        comment = f"missing: {_quoted(lacking)}"
        return Score(self.key, score=share, comment=comment, metadata={"missing": lacking})


@dataclass(frozen=True)
class ForbiddenPhrases(_Phrased):
    """True where the text has none of the forbidden phrases; the comment names those it has.

    Matches like ``RequiredKeywords``.
    """

    sample_reference: ClassVar[Mapping[str, Any]] = {"forbidden_phrases": ["as an AI", "(a+)+$"]}
    phrases: Phrases | str | None = None
    """What must not occur, where the example doesn't say."""
    field: str = "forbidden_phrases"
    """The reference output that lists them."""
    output: str | None = None
    """The output to judge."""
    stems: bool = True
    """False: only the very words."""
    key: str = "forbidden_phrases"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        banned = self._stated(subject, self.phrases, self.field)
        found = present(text_of(subject.outputs, self.output), banned, self.stems)
        if not banned:
            return Score(self.key, score=True, comment=_NONE_STATED)
        if not found:
            return Score(self.key, score=True, comment=f"has none of {len(banned)}")
        return Score(self.key, score=False, comment=f"found: {_quoted(found)}", metadata={"found": found})


def _quoted(phrases: Sequence[str]) -> str:
    return ", ".join(map(repr, phrases))


_NONE_STATED = "the example states that there are none"
_UNITS: dict[str, Callable[[str], int]] = {"characters": len, "words": lambda text: len(text.split())}


@dataclass(frozen=True)
class _Length(Rule):
    least: ClassVar[bool]

    def _judge(self, key: str, text: str, bound: Any, unit: str | Callable[[str], int]) -> Score:
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise UnscoredError(f"outputs.{key} is {bound!r}; write a number.")
        if isinstance(unit, str):
            name, measure = unit, _UNITS[unit]
        else:
            name, measure = "tokens", unit  # a function of the user's is a tokenizer, as a rule
        length = measure(text.strip())
        if self.least:
            holds, wanted = length >= bound, "at least"
        else:
            holds, wanted = length <= bound, "at most"
        comment = f"{length} {name}, {wanted} {bound} wanted"
        return Score(key, score=holds, comment=comment, metadata={"length": length})


@dataclass(frozen=True)
class MinLength(_Length):
    """True where the text is at least so long, white space around it not counted."""

    least: ClassVar[bool] = True
    sample_reference: ClassVar[Mapping[str, Any]] = {"min_length": 3}
    length: float | None = None
    """The bound, where the example doesn't say."""
    unit: str | Callable[[str], int] = "characters"
    """``characters``, ``words``, or a function that counts (a tokenizer)."""
    field: str = "min_length"
    """The reference output that gives the bound."""
    output: str | None = None
    """The output to judge."""
    key: str = "min_length"

    def __post_init__(self) -> None:
        if isinstance(self.unit, str):
            check_choice(self.unit, tuple(_UNITS), "unit")

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        bound = required(subject, self.length, self.field)
        return self._judge(self.key, text_of(subject.outputs, self.output), bound, self.unit)


@dataclass(frozen=True)
class MaxLength(MinLength):
    """True where the text is at most so long, white space around it not counted."""

    least: ClassVar[bool] = False
    sample_reference: ClassVar[Mapping[str, Any]] = {"max_length": 10}
    field: str = "max_length"
    """The reference output that gives the bound."""
    key: str = "max_length"


@dataclass(frozen=True)
class ExactMatch(Rule):
    """True where an output equals the expected one, of any type; ``outputs.pair`` says which they are."""

    sample_reference: ClassVar[Mapping[str, Any]] = {"expected": "refund"}
    field: str | None = None
    """The reference output to compare with."""
    output: str | None = None
    """The output to compare."""
    normalise: bool = False
    """True: texts are equal that differ in case, punctuation and white space only."""
    key: str = "exact_match"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        value, expected = pair(subject, self.output, self.field)
        if self.normalise:
            value, expected = normalised(value), normalised(expected)
        # In JSON true is no 1, though Python calls them equal.
        same = value == expected and isinstance(value, bool) == isinstance(expected, bool)
        if same:
            return Score(self.key, score=True, comment="equal")
        return Score(self.key, score=False, comment=f"{cut(value)} is not the expected {cut(expected)}")


def normalised(value: Any) -> Any:
    """Return a text in lower case with single spaces and without punctuation; anything else as it is."""
    if isinstance(value, str):
        return " ".join(re.findall(r"\w+", fold(value)))
    return value


def cut(value: Any) -> str:
    """Return ``value`` as it would be written in Python, at most 200 characters of it."""
    text = repr(value)
    if len(text) <= 200:
        return text
    return f"{text[:200]}…"


required_keywords = RequiredKeywords()
"""The share of ``outputs.required_keywords`` that the text has."""
forbidden_phrases = ForbiddenPhrases()
"""True where the text has none of ``outputs.forbidden_phrases``."""
min_length = MinLength()
"""True where the text has at least ``outputs.min_length`` characters."""
max_length = MaxLength()
"""True where the text has at most ``outputs.max_length`` characters."""
exact_match = ExactMatch()
"""True where the output equals the reference."""
