"""What an experiment took: trials, time, calls, tokens and money; the app and its judges apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.trials import Trial, TrialStatus
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count

_STATUSES: tuple[TrialStatus, ...] = ("passed", "failed", "error", "unscored", "skipped", "xfailed")


@dataclass(frozen=True)
class Spending:
    """Sums over trials. Money is USD; an unknown price counts as nothing and is named apart."""

    trials: int
    app_calls: int
    app_tokens: int
    app_cost: float | None
    """None where no trial knows its cost."""
    judge_calls: int
    judge_cost: float | None
    judge_hits: int
    """Verdicts from the judge cache, which cost nothing."""

    @property
    def cost(self) -> float | None:
        """App and judges together, or None where neither is known."""
        known = [cost for cost in (self.app_cost, self.judge_cost) if cost is not None]
        if known:
            return sum(known)
        return None


def spending(trials: Sequence[Trial]) -> Spending:
    """Add up what ``trials`` took."""
    return Spending(
        trials=len(trials),
        app_calls=sum(trial.llm_calls for trial in trials),
        app_tokens=sum(trial.total_tokens or 0 for trial in trials),
        app_cost=_sum([trial.total_cost for trial in trials]),
        judge_calls=sum(trial.judge_calls for trial in trials),
        judge_cost=_sum([trial.judge_cost for trial in trials]),
        judge_hits=sum(trial.judge_hits for trial in trials),
    )


def unpriced(trials: Sequence[Trial]) -> list[str]:
    """Return the models that ran without a known price, each once."""
    return sorted({model for trial in trials for model in trial.unpriced})


def spending_section(experiment: Experiment, page: Page) -> list[str]:
    """Return the lines on trials, time, calls, tokens and cost; confirmation's share is part of the sums."""
    trials = [*experiment.trials, *experiment.confirmation]
    total = spending(trials)
    confirmed = _confirmation(experiment.confirmation)
    lines = [*page.wrapped(_counts(experiment)), *page.flow([*_app(total), *_judges(total), *confirmed])]
    if models := unpriced(trials):
        lines += page.item(
            f"no price is known for {', '.join(models)}: the cost leaves it out", mark="!", style="yellow"
        )
    return lines


def statuses(trials: Sequence[Trial]) -> str:
    """Return how the trials ended: ``33 passed, 2 failed, 2 errors``."""
    numbers = Counter(trial.status for trial in trials)
    parts: list[str] = []
    for status in _STATUSES:
        number = numbers[status]
        if status == "error" and number:
            parts.append(count(number, status))
        elif number:
            parts.append(f"{number:,} {status}")
    return ", ".join(parts)


def _counts(experiment: Experiment) -> str:
    expected = sum(len(plan.expected) for plan in experiment.suites)
    ran = len(experiment.trials)
    trials = count(ran, "trial") if ran >= expected else f"{ran:,} of {count(expected, 'trial')}"
    ended = statuses(experiment.trials)
    return f"{trials} in {figures.seconds(experiment.duration)}" + (f": {ended}" if ended else "")


def _app(total: Spending) -> list[str]:
    if not total.app_calls:
        return ["no model calls"]
    parts = [count(total.app_calls, "call")]
    if total.app_tokens:
        parts.append(f"{figures.tokens(total.app_tokens)} tokens")
    return [f"app {_money(total.app_cost)} ({', '.join(parts)})"]


def _judges(total: Spending) -> list[str]:
    hits = f"{count(total.judge_hits, 'verdict')} from the cache" if total.judge_hits else ""
    if not total.judge_calls:
        if hits:
            return [f"judges: {hits}"]
        return []
    calls = ", ".join(part for part in (count(total.judge_calls, "call"), hits) if part)
    return [f"judges {_money(total.judge_cost)} ({calls})"]


def _confirmation(trials: Sequence[Trial]) -> list[str]:
    if not trials:
        return []
    share = spending(trials)
    spent = "" if share.cost is None else f"{figures.cost(share.cost)} of that "
    calls = count(share.app_calls + share.judge_calls, "call")
    return [f"confirming {spent}({count(share.trials, 'trial')}, {calls})"]


def _money(cost: float | None) -> str:
    if cost is None:
        return "cost unknown"
    return figures.cost(cost)


def _sum(costs: Sequence[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    if known:
        return sum(known)
    return None
