"""What all rule-based evaluators share: they are cheap, count their revisions, and take options by a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, TypeVar

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.wording import known, nearest

Same = TypeVar("Same", bound="Rule")


@dataclass(frozen=True)
class Rule:
    """Base of the ready-made evaluators: usable bare (``min_length``) and called (``min_length(50)``)."""

    cheap: ClassVar[bool] = True
    revision: ClassVar[int] = 1
    """Raised when the same outputs would get another score; it is part of the evaluator's version."""
    summarises: ClassVar[bool] = False
    """True for one that scores a whole suite; see ``summary``."""
    needs: ClassVar[Mapping[str, str]] = {}
    """Modules that it imports when it scores, each with the extra of this package that installs it."""

    def __call__(self: Same, *values: Any, **options: Any) -> Same:
        """Return the same evaluator with other options; its fields name them, in the order of ``values``.

        Raises:
            EvaluatorError: An option is unknown, or there are more values than options.
        """
        names = [field.name for field in fields(self)]
        unknown = next((name for name in options if name not in names), None)
        if unknown is not None:
            who = getattr(self, "key", type(self).__name__)
            raise EvaluatorError(
                f"{who}() has no option {unknown!r}.{nearest(unknown, names)} {known(names)}"
            )
        if len(values) > len(names):
            raise EvaluatorError(f"{type(self).__name__} takes {len(names)} options, not {len(values)}.")
        return replace(self, **dict(zip(names, values, strict=False)), **options)

    def where(self, **conditions: Any) -> Rule:
        """Return the same evaluator for those examples only whose metadata fit; see ``composition.where``."""
        from pytest_llmobs.evaluators.composition import where

        return where(self, **conditions)


def check_choice(value: str, choices: tuple[str, ...], what: str) -> None:
    """Make sure that ``value`` is one of ``choices``.

    Raises:
        EvaluatorError: It isn't.
    """
    if value not in choices:
        raise EvaluatorError(f"Unknown {what} {value!r}.{nearest(str(value), choices)} {known(choices)}")
