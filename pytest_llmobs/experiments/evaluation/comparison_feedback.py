"""What two compared runs were given, as feedback on each: a comparison can be read again by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmobs.clocks import real
from pytest_llmobs.evaluators.pair_results import Preference
from pytest_llmobs.evaluators.pairs import RunPair
from pytest_llmobs.feedback.writing import FeedbackWriter
from pytest_llmobs.tracing.ids import new_id

if TYPE_CHECKING:  # whoever compares has imported it
    from pytest_llmobs.experiments.evaluation.comparing import Comparison


def keep_comparison(comparison: Comparison, writer: FeedbackWriter) -> None:
    """Write the scores of each pair as feedback of the kind ``model`` with the comparison's id.

    A pair that has no preference says nothing; a run that isn't stored is told nothing.

    Raises:
        StoreError: The disk refuses.
    """
    for key, result in comparison.results.items():
        for pair, preference in zip(comparison.pairs, result.preferences, strict=True):
            _keep(key, pair, preference, comparison.id, writer)


def _keep(
    key: str, pair: RunPair, preference: Preference, comparison_id: str, writer: FeedbackWriter
) -> None:
    if preference.scores is None:
        return
    comments = preference.comments or (preference.comment, preference.comment)
    group_id = new_id(real.time_ns())
    for run, score, comment in zip(pair.runs, preference.scores, comments, strict=True):
        if not run.id:
            continue
        writer.create(
            key,
            run_id=run.id,
            trace_id=run.trace_id,
            run_project=run.project,
            score=score,
            comment=comment or None,
            source_type="model",
            group_id=group_id,
            comparison_id=comparison_id,
        )
