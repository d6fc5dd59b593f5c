"""The questions of a rubric: how each is answered, which are asked after the answers so far, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pytest_llmobs.review.records import Answer

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
