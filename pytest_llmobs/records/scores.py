"""What an evaluator says about one run."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from pytest_llmobs.errors import UnscoredError


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
        if self.score is not None and not math.isfinite(self.score):
            object.__setattr__(
                self, "error", self.error or f"{self.key} returned {self.score!r}, which is no number"
            )
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
        return hash(self.value if self.score is None else self.score)

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

    def __repr__(self) -> str:
        blank = Score(self.key)
        said = [
            f"{each.name}={value!r}"
            for each in fields(self)
            if (value := getattr(self, each.name)) != getattr(blank, each.name)
        ]
        return f"Score({', '.join([repr(self.key), *said])})"

    def __str__(self) -> str:
        if self.unscored:
            return "unscored"
        return str(self.value if self.score is None else self.score)


def _arithmetic(name: str) -> Callable[[Score, Any], Any]:
    def operate(self: Score, other: Any) -> Any:
        __tracebackhide__ = True
        return getattr(self.number(), name)(float(other))

    operate.__name__ = name
    return operate


for _name in ("add", "sub", "mul", "truediv", "pow"):
    for _method in (f"__{_name}__", f"__r{_name}__"):
        setattr(Score, _method, _arithmetic(_method))
for _method in ("__neg__", "__pos__", "__abs__"):
    setattr(Score, _method, lambda self, _m=_method: getattr(self.number(), _m)())
Score.__round__ = lambda self, ndigits=None: round(self.number(), ndigits)  # type: ignore[attr-defined]
numbers.Real.register(Score)
