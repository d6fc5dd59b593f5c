"""The repeats of an example: how many passed, or their mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_llmobs.measures.means import scored_mean
from pytest_llmobs.reports.text.figures import rate


def is_binary(values: Iterable[float | None]) -> bool:
    """Return True where every value is 0, 1 or missing: a test's outcome, or a yes-or-no score."""
    return all(value in (0.0, 1.0, None) for value in values)


def repeats_text(values: Sequence[float | None], binary: bool) -> str:
    """Return the repeats of an example: ``4/5`` passed where they are ``binary``, else their mean."""
    unscored = ""
    missing = values.count(None)
    if missing:
        unscored = f" ({missing} unscored)"
    if binary:
        return f"{values.count(1.0)}/{len(values)}{unscored}"
    return (rate(scored_mean(values)) or "-") + unscored
