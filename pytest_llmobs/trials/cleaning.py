"""Trials without what the session's redactors take out."""

from __future__ import annotations

from dataclasses import replace

from pytest_llmobs.records.examples import content_hash
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.redaction.pipeline import Redaction


def clean_trial(trial: Trial, redaction: Redaction) -> Trial:
    """Return a trial as it may be written. Calls, inputs and outputs come from its runs, which are clean already."""
    texts = [trial.message, trial.cluster]
    for score in trial.scores.values():
        texts += (score.value, score.comment, score.error)
    if not any(texts) or not redaction.suspects(capture.encode(texts)):
        return trial
    cluster = redaction.clean_value(trial.cluster)
    if cluster != trial.cluster:  # clusters that are cleaned stay apart
        cluster = f"{cluster} {content_hash(trial.cluster)[:8]}"
    return replace(
        trial,
        message=redaction.clean_value(trial.message),
        cluster=cluster,
        scores={key: _clean_score(score, redaction) for key, score in trial.scores.items()},
    )


def _clean_score(score: TrialScore, redaction: Redaction) -> TrialScore:
    return replace(
        score,
        value=redaction.clean_value(score.value),
        comment=redaction.clean_value(score.comment),
        error=redaction.clean_value(score.error),
    )
