"""Evaluators of text by pattern: regular expressions, beginnings and endings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from pytest_llmobs.errors import EvaluatorError, UnscoredError
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.evaluators.rules.matching import fold
from pytest_llmobs.evaluators.rules.outputs import required, required_texts, text_of
from pytest_llmobs.evaluators.rules.rule import Rule
from pytest_llmobs.evaluators.rules.text import cut
from pytest_llmobs.records.scores import Score


@dataclass(frozen=True)
class RegexMatch(Rule):
    """True where a regular expression (Python's ``re.search``) is found in the text."""

    sample_reference: ClassVar[Mapping[str, Any]] = {"pattern": r"refund\s+\w+"}
    pattern: str | re.Pattern[str] | None = None
    """The expression, where the example doesn't give it."""
    field: str = "pattern"
    """The reference output that gives it."""
    output: str | None = None
    """The output to judge."""
    whole: bool = False
    """True: the whole text has to match, white space around it aside."""
    key: str = "regex_match"

    def __post_init__(self) -> None:
        if isinstance(self.pattern, str):
            try:
                _compiled(self.pattern)
            except re.error as error:
                raise EvaluatorError(
                    f"{self.key}: {self.pattern!r} is no regular expression: {error}."
                ) from None

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        stated = required(subject, self.pattern, self.field)
        try:
            pattern = _compiled(stated)
        except (re.error, TypeError) as error:
            raise UnscoredError(
                f"outputs.{self.field} is {stated!r}, no regular expression: {error}."
            ) from None
        text = text_of(subject.outputs, self.output)
        if self.whole:
            match = pattern.fullmatch(text.strip())
        else:
            match = pattern.search(text)
        if match is None:
            return Score(self.key, score=False, comment=f"{pattern.pattern!r} is not found")
        return Score(self.key, score=True, comment=f"found {cut(match.group())}")


@lru_cache(maxsize=1024)
def _compiled(pattern: str | re.Pattern[str]) -> re.Pattern[str]:
    return re.compile(pattern)


@dataclass(frozen=True)
class StartsWith(Rule):
    """True where the text starts as wanted, or with one of several; case and white space around it are ignored."""

    at_end: ClassVar[bool] = False
    sample_reference: ClassVar[Mapping[str, Any]] = {"starts_with": "We"}
    affix: str | tuple[str, ...] | None = None
    """What is wanted, where the example doesn't say."""
    field: str = "starts_with"
    """The reference output that says it."""
    output: str | None = None
    """The output to judge."""
    key: str = "starts_with"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        wanted = required_texts(subject, self.affix, self.field, "a text or a list of texts")
        text = _bare(text_of(subject.outputs, self.output))
        affixes = tuple(map(_bare, wanted))
        if self.at_end:
            holds, part = text.endswith(affixes), text[-60:]
        else:
            holds, part = text.startswith(affixes), text[:60]
        return Score(self.key, score=holds, comment=f"{part!r}, wanted {' or '.join(map(repr, wanted))}")


def _bare(text: str) -> str:
    return fold(text).strip()


@dataclass(frozen=True)
class EndsWith(StartsWith):
    """True where the text ends as wanted, or with one of several; case and white space around it are ignored."""

    at_end: ClassVar[bool] = True
    sample_reference: ClassVar[Mapping[str, Any]] = {"ends_with": ["!", "."]}
    field: str = "ends_with"
    """The reference output that says it."""
    key: str = "ends_with"


regex_match = RegexMatch()
"""True where ``outputs.pattern`` is found in the text."""
starts_with = StartsWith()
"""True where the text starts with ``outputs.starts_with``."""
ends_with = EndsWith()
"""True where the text ends with ``outputs.ends_with``."""
