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
        """Of the app and its judges."""
        return self.app.calls + self.judges.calls


def trial_spending(trials: Collection[Trial]) -> TrialSpending:
    """Add up what ``trials`` took."""
    app = judges = NOTHING_SPENT
    hits = 0
    for trial in trials:
        unpriced = frozenset(trial.unpriced)
        app += Spending(trial.llm_calls, trial.total_tokens, trial.total_cost, unpriced)
        judges += Spending(trial.judge_calls, cost=trial.judge_cost, unpriced=frozenset(trial.judge_unpriced))
        hits += trial.judge_hits
    return TrialSpending(trials=len(trials), app=app, judges=judges, judge_hits=hits)
