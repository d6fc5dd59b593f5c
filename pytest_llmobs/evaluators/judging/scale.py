"""The scales on which a judge may answer. Whatever the scale, the number of a score lies between 0 and 1."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.wording import known, nearest

_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_FAR_OFF = 1e15
"""No scale reaches as far."""


class UnusableReplyError(Exception):
    """A model's reply is no verdict; ``str(error)`` tells the model what to do better."""


@dataclass(frozen=True)
class Reading:
    """What one raw answer means."""

    score: float | bool | None
    """0 to 1, a bool, or None for labels without numbers."""
    value: str | None
    """The label, on a scale of labels."""
    shown: str
    """The answer as the scale writes it (``4 of 5``)."""


class Scale(Protocol):
    """A way to answer."""

    @property
    def ordered(self) -> bool:
        """True where a median makes sense, else votes go by majority."""

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the answer."""

    def instruction(self) -> str:
        """Return how to answer, for the prompt."""

    def read(self, raw: Any) -> Reading:
        """Return what ``raw`` means.

        Raises:
            UnusableReplyError: It is not on the scale.
        """


@dataclass(frozen=True)
class Share:
    """Any number from 0 to 1."""

    ordered = True

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the answer."""
        return {"type": "number", "minimum": 0, "maximum": 1}

    def instruction(self) -> str:
        """Return how to answer, for the prompt."""
        return (
            "A number from 0 to 1: 0 fails the rubric entirely, 0.25 mostly fails, 0.5 meets half of it, "
            "0.75 meets it with a flaw worth mending, 1 meets it fully."
        )

    def read(self, raw: Any) -> Reading:
        """Return what ``raw`` means."""
        number = _number(raw)
        if not 0 <= number <= 1:
            raise UnusableReplyError(f"score is {_cut(raw)}; it must be a number from 0 to 1")
        return Reading(number, None, f"{number:g}")


@dataclass(frozen=True)
class YesNo:
    """True or false."""

    ordered = False

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the answer."""
        return {"type": "boolean"}

    def instruction(self) -> str:
        """Return how to answer, for the prompt."""
        return "true if the output meets the rubric, false if it does not."

    def read(self, raw: Any) -> Reading:
        """Return what ``raw`` means."""
        if not isinstance(raw, bool):
            raise UnusableReplyError(f"score is {_cut(raw)}; it must be true or false")
        if raw:
            return Reading(raw, None, "yes")
        return Reading(raw, None, "no")


@dataclass(frozen=True)
class Steps:
    """Whole numbers from ``low`` to ``high``; the score is (n - low) / (high - low)."""

    low: int
    high: int
    ordered = True

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the answer."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}

    def instruction(self) -> str:
        """Return how to answer, for the prompt."""
        return (
            f"A whole number from {self.low} to {self.high}: {self.low} fails the rubric entirely, "
            f"{self.high} meets it fully."
        )

    def read(self, raw: Any) -> Reading:
        """Return what ``raw`` means."""
        number = _number(raw)
        if number != int(number) or not self.low <= number <= self.high:
            raise UnusableReplyError(
                f"score is {_cut(raw)}; it must be a whole number from {self.low} to {self.high}"
            )
        return Reading((number - self.low) / (self.high - self.low), None, f"{int(number)} of {self.high}")


@dataclass(frozen=True)
class Labels:
    """One of several labels, each with a number where the user gave numbers."""

    labels: tuple[str, ...]
    numbers: tuple[float, ...] | None = None
    ordered = False

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the answer."""
        return {"type": "string", "enum": list(self.labels)}

    def instruction(self) -> str:
        """Return how to answer, for the prompt."""
        return f"One of these labels, as it stands here: {', '.join(self.labels)}."

    def read(self, raw: Any) -> Reading:
        """Return what ``raw`` means."""
        if raw not in self.labels:
            raise UnusableReplyError(f"score is {_cut(raw)}; it must be one of {', '.join(self.labels)}")
        if self.numbers is None:
            return Reading(None, raw, raw)
        return Reading(self.numbers[self.labels.index(raw)], raw, raw)


NAMED: Mapping[str, Scale] = {"0-1": Share(), "boolean": YesNo(), "1-5": Steps(1, 5), "1-10": Steps(1, 10)}
"""Scales by name."""


def read_scale(spec: Any) -> Scale:
    """Return the scale that a user means.

    Args:
        spec: A name of ``NAMED``, ``(low, high)`` for whole numbers, a list of labels, or a dict from label
            to its number.

    Raises:
        EvaluatorError: It is none of these.
    """
    if isinstance(spec, str):
        if spec not in NAMED:
            raise EvaluatorError(f"Unknown scale {spec!r}.{nearest(spec, NAMED)} {known(NAMED)} {_OTHERWISE}")
        return NAMED[spec]
    if isinstance(spec, Mapping):
        if spec and all(map(_is_share, spec.values())):
            return Labels(tuple(map(str, spec)), tuple(map(float, spec.values())))
    elif isinstance(spec, Sequence):
        if _are_ends(spec):
            return Steps(*spec)
        if _are_labels(spec):
            return Labels(tuple(spec))
    raise EvaluatorError(f"Scale {spec!r} makes no sense. {known(NAMED)} {_OTHERWISE}")


_OTHERWISE = "Or write (low, high), a list of different labels, or a dict from label to a number from 0 to 1."


def _are_ends(spec: Sequence[Any]) -> bool:
    """Whether it is a pair of whole numbers, the lower first; true and false are no numbers here."""
    if len(spec) != 2 or type(spec[0]) is not int or type(spec[1]) is not int:
        return False
    return bool(spec[0] < spec[1])


def _are_labels(spec: Sequence[Any]) -> bool:
    for label in spec:
        if not isinstance(label, str) or not label:
            return False
    return len(spec) > 1 and len(set(spec)) == len(spec)


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1


def _number(raw: Any) -> float:
    """Return a number, also where it is written as a text: ``"0.8"``, but not ``"80%"`` or ``"4/5"``."""
    number = raw
    if isinstance(raw, str) and _JSON_NUMBER.fullmatch(raw.strip()):
        number = float(raw)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise UnusableReplyError(f"score is {_cut(raw)}; it must be a number")
    # Compared, not converted: a whole number may be too large for a float.
    if not abs(number) <= _FAR_OFF:
        raise UnusableReplyError(f"score is {_cut(raw)}; it must be a number on the scale")
    return float(number)


def _cut(raw: Any) -> str:
    return repr(raw)[:60]
