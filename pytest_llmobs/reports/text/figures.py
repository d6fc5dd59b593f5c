"""Numbers and times as a reader wants them: rates, differences, p-values, money, seconds, counts."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from pytest_llmobs.records.runs import Run
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import usd

MINUTE = 60.0
HOUR = 3600.0
_HUGE = 1e12
_MOST = 10**300
"""What a float can hold is not much more."""


def rate(value: float | None) -> str:
    """Return a mean or score with three decimals (``0.847``), large ones with fewer, or an empty string.

    From a million millions on it is ``1e+300``: a column of 400 digits would squeeze the whole table.
    """
    if value is None:
        return ""
    size = abs(value)
    if size >= _HUGE:
        return f"{value:.4g}"
    if size >= 10_000:
        return f"{value:,.0f}"
    if size < 100:
        return f"{value:.3f}"
    return f"{value:.1f}"


def score(value: float | None) -> str:
    """Return one trial's score, short: ``1``, ``0.31``, ``1e+300``, ``unscored``."""
    if value is None:
        return "unscored"
    if abs(value) >= _HUGE:
        return f"{value:.4g}"
    return f"{value:.3f}".rstrip("0").rstrip(".")


def signed(value: float | None, page: Page) -> str:
    """Return a difference with its sign: ``−0.123``, ``+0.045``, ``0.000``."""
    if value is None:
        return ""
    digits = rate(abs(value))
    # what is shown as zero has no sign, whatever its last digits are
    if not digits.strip("0."):
        return digits
    if value < 0:
        return page.signs.minus + digits
    return f"+{digits}"


def probability(value: float | None) -> str:
    """Return a p-value with three decimals and without the zero before the point; ``<.001`` below that."""
    if value is None:
        return ""
    # zero would say that it can't be, and three decimals are all that a p-value is good for
    if value < 0.001:
        return "<.001"
    if value >= 0.9995:
        return "1"
    return f"{value:.3f}".removeprefix("0")


def cost(value: float | None) -> str:
    """Return USD: ``$0.0123``, ``$12.34``, ``$1,234``, ``<$0.0001`` for tiny sums, ``?`` for unknown ones."""
    if value is None:
        return "?"
    return usd(value)


def spent(value: float | None, *, is_whole: bool) -> str:
    """Return a sum of USD: ``at least $0.0123`` where it leaves something out whose cost isn't known."""
    if value is None or is_whole:
        return cost(value)
    if value < 0.0001:  # a bound below a bound says nothing
        return cost(None)
    return f"at least {cost(value)}"


def took(run: Run) -> str:
    """Return how long a run took; ``replayed`` where recorded replies came in place of a model's."""
    if run.replayed:
        return "replayed"
    return seconds(run.latency)


def seconds(value: float | None) -> str:
    """Return a duration: ``0.4 ms``, ``12 ms``, ``1.23 s``, ``45.6 s``, ``3 m 05 s``, ``2 h 07 m``."""
    if value is None:
        return ""
    if not math.isfinite(value):
        return "?"
    # each bound lies where rounding would reach the next unit: 1000 ms, 60.0 s and 60 m 00 s are never shown
    if value < 0.9995:
        return _milliseconds(value * 1000)
    if value < 9.995:
        return f"{value:.2f} s"
    if value < 59.95:
        return f"{value:.1f} s"
    if value < HOUR - 0.5:
        minutes, rest = divmod(round(value), 60)
        return f"{minutes} m {rest:02d} s"
    hours, minutes = divmod(round(value / MINUTE), 60)
    return f"{hours} h {minutes:02d} m"


def _milliseconds(value: float) -> str:
    if 0 < value < 0.05:
        return "<0.1 ms"
    if value >= 0.95 or value == 0:
        return f"{value:.0f} ms"
    return f"{value:.1f} ms"


def tokens(value: int | None) -> str:
    """Return a number of tokens: ``980``, ``48.2k``, ``1.24M``, ``1e+15`` where nobody can have counted them."""
    if value is None:
        return ""
    if value >= _HUGE:
        return f"{min(value, _MOST):.4g}"
    if value < 1000:
        return str(value)
    # from here on one decimal would round to 1000.0k
    if value < 999_950:
        return f"{value / 1000:.1f}k"
    return f"{value / 1_000_000:.2f}M"


def moment(started: str) -> str:
    """Return an ISO 8601 time as ``2026-11-23 16:14 UTC``; what can't be read stays as it is."""
    try:
        when = datetime.fromisoformat(started)
    except ValueError:
        return started
    if when.tzinfo is not None:
        when = when.astimezone(UTC)
    return f"{when:%Y-%m-%d %H:%M} UTC"
