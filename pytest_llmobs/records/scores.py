"""What an evaluator says about one run."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from pytest_llmobs.errors import UnscoredError

LARGEST_SCORE = 1e300
"""The largest score, either way: sums of larger ones would leave the range of numbers."""


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number that no float can hold
        return True


def unfit(number: float) -> str | None:
    """Say what is wrong with a number that is no score (``nan, which is no number``), or return None."""
    if not _is_finite(number):
        return f"{number!r}, which is no number"
    if abs(number) > LARGEST_SCORE:
        return "a number beyond 1e300, which no mean can hold"
    return None


UNTIMED = "untimed"
"""Metadata key of a score that is exempt because its run was replayed."""


@dataclass(frozen=True, eq=False, repr=False)
class Score:
    """One evaluator's word on one run. Compares and calculates as its number, or as its label.

    ``assert llm_run.score(tone) >= 0.7`` works, as do ``0.7 <= score``, ``pytest.approx`` and arithmetic.
    A score without number and label is *unscored*; comparing it raises ``UnscoredError``.
    """

    key: str
    """The metric's name."""
    score: float | bool | None = None
    """The number (bool counts as 0 or 1), or None for a label or an unscored trial. Never NaN."""
    value: str | None = None
    """The label, for evaluators that sort into categories."""
    comment: str | None = None
    """The evaluator's reason."""
    error: str | None = None
    """Why there is no score: the evaluator's traceback or parse error."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Anything the evaluator wants kept: votes, matched keywords, the judge's model."""
    exempt: bool = False
    """True where the evaluator does not apply to this example (``error`` says why): unscored on purpose, so it
    enters no mean and is not missing either."""

    def __post_init__(self) -> None:
        # NaN compares false with everything, so a gate would take it for a drop, or for none; and the sum of a
        # suite's scores must not become infinite.
        if self.score is None:
            return
        problem = unfit(self.score)
        if problem:
            object.__setattr__(self, "error", self.error or f"{self.key} returned {problem}")
            object.__setattr__(self, "score", None)

    @property
    def unscored(self) -> bool:
        """True where neither number nor label exists."""
        return self.score is None and self.value is None

    def number(self) -> float:
        """Return the score as a float.

        Raises:
            UnscoredError: It is unscored, or a label.
        """
        __tracebackhide__ = True
        if self.score is None:
            raise UnscoredError(self._missing())
        return float(self.score)

    def _missing(self) -> str:
        if self.value is not None:
            return f"{self.key!r} is the label {self.value!r}, not a number. Compare it with a string."
        if self.exempt:
            return (
                f"{self.key!r} does not apply to this example: {self.error or 'it states nothing to check'}"
            )
        return f"{self.key!r} is unscored: {self.error or 'its evaluator returned nothing'}"

    def _comparable(self, other: object) -> Any:
        __tracebackhide__ = True
        if isinstance(other, str) and self.value is not None:
            return self.value
        return self.number()

    # A failed comparison is shown at the user's own line: pytest leaves out frames with this variable.

    def __eq__(self, other: object) -> bool:
        __tracebackhide__ = True
        if isinstance(other, Score):
            return (self.key, self.score, self.value) == (other.key, other.score, other.value)
        if isinstance(other, numbers.Number | str):
            return bool(self._comparable(other) == other)
        return NotImplemented

    def __hash__(self) -> int:
        if self.score is None:
            return hash(self.value)
        return hash(self.score)

    def __lt__(self, other: Any) -> bool:
        __tracebackhide__ = True
        return bool(self._comparable(other) < other)

    def __le__(self, other: Any) -> bool:
        __tracebackhide__ = True
        return bool(self._comparable(other) <= other)

    def __gt__(self, other: Any) -> bool:
        __tracebackhide__ = True
        return bool(self._comparable(other) > other)

    def __ge__(self, other: Any) -> bool:
        __tracebackhide__ = True
        return bool(self._comparable(other) >= other)

    def __bool__(self) -> bool:
        __tracebackhide__ = True
        if self.score is None and self.value is not None:
            return bool(self.value)
        return bool(self.number())

    def __float__(self) -> float:
        __tracebackhide__ = True
        return self.number()

    # Arithmetic on its number, which is asked for first: that a score is unscored is told before any other mistake.
    # `numbers.Real` would ask for bit operations and floor division too, so the class is
    # only registered as one.

    def __add__(self, other: Any) -> float:
        __tracebackhide__ = True
        return self.number() + float(other)

    def __radd__(self, other: Any) -> float:
        __tracebackhide__ = True
        number = self.number()
        return float(other) + number

    def __sub__(self, other: Any) -> float:
        __tracebackhide__ = True
        return self.number() - float(other)

    def __rsub__(self, other: Any) -> float:
        __tracebackhide__ = True
        number = self.number()
        return float(other) - number

    def __mul__(self, other: Any) -> float:
        __tracebackhide__ = True
        return self.number() * float(other)

    def __rmul__(self, other: Any) -> float:
        __tracebackhide__ = True
        number = self.number()
        return float(other) * number

    def __truediv__(self, other: Any) -> float:
        __tracebackhide__ = True
        return self.number() / float(other)

    def __rtruediv__(self, other: Any) -> float:
        __tracebackhide__ = True
        number = self.number()
        return float(other) / number

    def __pow__(self, other: Any) -> Any:
        __tracebackhide__ = True
        return self.number() ** float(other)

    def __rpow__(self, other: Any) -> Any:
        __tracebackhide__ = True
        number = self.number()
        return float(other) ** number

    def __neg__(self) -> float:
        return -self.number()

    def __pos__(self) -> float:
        return self.number()

    def __abs__(self) -> float:
        return abs(self.number())

    def __round__(self, ndigits: int | None = None) -> Any:
        return round(self.number(), ndigits)

    def __repr__(self) -> str:
        shown = [repr(self.key)]
        blank = Score(self.key)
        for attribute in fields(self):
            value = getattr(self, attribute.name)
            if value != getattr(blank, attribute.name):
                shown.append(f"{attribute.name}={value!r}")
        return f"Score({', '.join(shown)})"

    def __str__(self) -> str:
        if self.unscored:
            return "unscored"
        if self.score is None:
            return str(self.value)
        return str(self.score)


# `pytest.approx` asks whether it is a number.
numbers.Real.register(Score)
