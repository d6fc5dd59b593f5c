"""Scores that were given after the fact, as feedback on their runs: filters and sums of runs see them.

A run's own scores, those of its session, lie with the run and can't change. So each later one is a record of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from pytest_llmobs.experiments.evaluation.scoring_again import ScoredTrial
from pytest_llmobs.experiments.evaluation.setup import Setup
from pytest_llmobs.feedback.writing import FeedbackWriter


def keep_as_feedback(scored: Iterable[ScoredTrial], setup: Setup) -> None:
    """Write the new scores of some trials as feedback of the kind ``model``; what is unscored says nothing.

    Raises:
        StoreError: The disk refuses.
    """
    writer = FeedbackWriter(setup.store.feedback, setup.redaction)
    for each in scored:
        if not each.stored.is_stored:
            continue
        for key, score in each.fresh.items():
            if not score.unscored:
                writer.create(
                    key,
                    run_id=each.stored.run.id,
                    trace_id=each.stored.run.trace_id,
                    run_project=setup.name,
                    score=score.score,
                    value=score.value,
                    comment=score.comment,
                    source_type="model",
                )
