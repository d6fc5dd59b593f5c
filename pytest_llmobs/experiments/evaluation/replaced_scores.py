"""The history of scores: what a metric's were before it was scored again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from pytest_llmobs.experiments.evaluation.scoring_again import ScoredTrial
from pytest_llmobs.records.experiments import EarlierScore, EarlierScores
from pytest_llmobs.records.plans import SuitePlan


def replaced_scores(
    scored: Iterable[ScoredTrial], plans: Sequence[SuitePlan], now: datetime
) -> tuple[EarlierScores, ...]:
    """Return the scores that new ones have taken the place of.

    Args:
        scored: The trials, before and after.
        plans: The suites as they were: they have the evaluators' versions.
        now: In UTC.
    """
    replaced: dict[tuple[str, str], list[EarlierScore]] = defaultdict(list)
    for each in scored:
        before = each.stored.trial
        for key in each.fresh:
            if key in before.scores:
                earlier = EarlierScore(
                    example_id=before.example_id, repeat=before.repeat, score=before.scores[key]
                )
                replaced[before.suite, key].append(earlier)
    versions = {plan.name: plan.metrics for plan in plans}
    history = []
    for (suite, metric), trials in replaced.items():
        version = versions[suite].get(metric, "")
        history.append(
            EarlierScores(
                suite=suite,
                metric=metric,
                version=version,
                replaced=now.isoformat(),
                trials=tuple(trials),
            )
        )
    return tuple(history)
