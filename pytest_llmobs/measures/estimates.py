"""What trials to come will take: calls, money and time, by those that ran; and how it is said."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pytest_llmobs.measures.means import present
from pytest_llmobs.measures.trial_spending import trial_spending
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.wording import count, usd

_LEAST = 0.0001
"""USD below which a sum has no figure."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What trials to come will take, as far as it is known."""

    seconds: float = 0.0
    cost: float | None = None
    """USD; None where it is unknown."""
    at_least: bool = False
    """True where the cost leaves something out."""
    calls: float | None = None
    """Model calls, those of judges included; None where nobody knows."""

    @property
    def words(self) -> str:
        """The estimate as it is printed: ``about 40 model calls, about $0.2000, about 50 s``."""
        parts = [*self._spending(), about_seconds(self.seconds)]
        return ", ".join(filter(None, parts))

    def _spending(self) -> list[str]:
        if self.calls == 0:
            return ["no model call"]
        parts = []
        if self.calls is not None:
            parts.append(f"about {count(max(1, round(self.calls)), 'model call')}")
        if self.cost is None:
            return [*parts, "cost unknown"]
        if self.at_least:
            return [*parts, f"at least {usd(self.cost)}"]
        if 0 < self.cost < _LEAST:
            return [*parts, f"less than {usd(_LEAST)}"]
        return [*parts, f"about {usd(self.cost)}"]


def estimate_by(past: Collection[Trial], number: float, concurrency: int) -> Estimate | None:
    """Return what so many trials will take, if they are like the past ones; None where there are none.

    A verdict that the judge cache had at hand counts as a call, and so does a replayed one, with what it had cost:
    fresh trials ask afresh.

    Args:
        past: Trials that ran.
        number: Trials to come.
        concurrency: How many of them run at once.
    """
    if not past:
        return None
    share, spent = number / len(past), trial_spending(past)
    took = sum(trial.latency or 0.0 for trial in past)
    costs = present((spent.cost, spent.saved))
    return Estimate(
        seconds=took * share / max(concurrency, 1),
        cost=sum(costs) * share if costs else None,
        at_least=bool(spent.judge_hits or spent.unpriced),
        calls=(spent.calls + spent.replayed + spent.judge_hits) * share,
    )


def added_up(estimates: Iterable[Estimate]) -> Estimate:
    """Return what several groups of trials will take together, all of which have a number of calls."""
    seconds = calls = 0.0
    costs: list[float] = []
    at_least = False
    for each in estimates:
        seconds += each.seconds
        calls += each.calls or 0.0
        if each.cost is not None:
            costs.append(each.cost)
        at_least = at_least or each.at_least or (each.cost is None and bool(each.calls))
    return Estimate(seconds=seconds, cost=sum(costs) if costs else None, at_least=at_least, calls=calls)


def about_seconds(seconds: float) -> str:
    """Return a time that is foreseen, in words; empty where it is too short to speak of."""
    if seconds < 1:
        return ""
    if seconds < 100:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min"
