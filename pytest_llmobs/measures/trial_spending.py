"""What trials took: calls, tokens and money; the app and its judges apart."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pytest_llmobs.measures.model_calls import NOTHING_SPENT, Spending
from pytest_llmobs.records.trials import Trial


@dataclass(frozen=True, kw_only=True)
class TrialSpending:
    """Sums over trials. Money is USD; a cost that isn't known is left out, and named."""

    trials: int
    app: Spending
    judges: Spending
    judge_hits: int
    """Verdicts from the judge cache, which cost nothing."""
    saved: float | None = None
    """What the replayed calls of both had cost when they were recorded, as far as that is known."""

    @property
    def cost(self) -> float | None:
        """App and judges together, or None where neither is known."""
        return (self.app + self.judges).cost

    @property
    def unpriced(self) -> frozenset[str]:
        """What the cost leaves out."""
        return self.app.unpriced | self.judges.unpriced

    @property
    def calls(self) -> int:
        """Made by the app and its judges."""
        return self.app.calls + self.judges.calls

    @property
    def replayed(self) -> int:
        """Calls of the app and its judges that recorded replies answered."""
        return self.app.replayed + self.judges.replayed


def trial_spending(trials: Collection[Trial]) -> TrialSpending:
    """Add up what ``trials`` took."""
    app = judges = NOTHING_SPENT
    hits = 0
    saved = []
    for trial in trials:
        app += _of_app(trial)
        judges += _of_judges(trial)
        hits += trial.judge_hits
        if trial.saved_cost is not None:
            saved.append(trial.saved_cost)
    return TrialSpending(
        trials=len(trials), app=app, judges=judges, judge_hits=hits, saved=sum(saved) if saved else None
    )


def _of_app(trial: Trial) -> Spending:
    return Spending(
        trial.llm_calls - trial.replayed_calls,
        trial.total_tokens,
        trial.total_cost,
        frozenset(trial.unpriced),
        trial.replayed_calls,
    )


def _of_judges(trial: Trial) -> Spending:
    return Spending(
        trial.judge_calls - trial.judge_replayed,
        cost=trial.judge_cost,
        unpriced=frozenset(trial.judge_unpriced),
        replayed=trial.judge_replayed,
    )
