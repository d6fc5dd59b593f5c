"""What leaves a test as a report or a record, without what the session's redactors take out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from pytest_llmobs.records.examples import content_hash
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.redaction.pipeline import Redaction


def clean_trial(trial: Trial, redaction: Redaction) -> Trial:
    """Return a trial as it may be written. Calls, inputs and outputs come from its runs, which are clean already."""
    said = [trial.message, trial.cluster]
    said += [getattr(score, name) for score in trial.scores.values() for name in _SAID]
    if not any(said) or not redaction.suspects(capture.encode(said)):
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


_SAID = ("value", "comment", "error")
"""What a score says in words."""


def _clean_score(score: TrialScore, redaction: Redaction) -> TrialScore:
    return replace(score, **{name: redaction.clean_value(getattr(score, name)) for name in _SAID})


def clean_report(report: pytest.TestReport, redaction: Redaction) -> None:
    """Clean what the terminal and JUnit show of a test: traceback, captured output, properties."""
    if report.sections:
        report.sections = [(title, redaction.clean_if_suspect(text)) for title, text in report.sections]
    if report.user_properties:
        report.user_properties = [
            (key, redaction.clean_if_suspect(value)) if isinstance(value, str) else (key, value)
            for key, value in report.user_properties
        ]
    if report.longrepr is None:
        return
    whole = str(report.longrepr)
    if not redaction.suspects(capture.encode(whole)):
        return
    try:
        report.longrepr = _clean_parts(report.longrepr, redaction)
    except Exception:  # another plugin's own way of showing a failure
        report.longrepr = redaction.clean_value(whole)


def _clean_parts(part: Any, redaction: Redaction) -> Any:
    """Clean the texts in a traceback's parts, which pytest keeps apart so that it can colour them."""
    if isinstance(part, str):
        return redaction.clean_value(part)
    if isinstance(part, list) and all(isinstance(line, str) for line in part):
        if part:
            return redaction.clean_value("\n".join(part)).split("\n")
        return part
    if isinstance(part, list | tuple):
        return type(part)(_clean_parts(item, redaction) for item in part)
    names = (
        [field.name for field in fields(part)] if is_dataclass(part) else list(getattr(part, "__dict__", ()))
    )
    for name in names:
        if name not in _SHAPE:
            setattr(part, name, _clean_parts(getattr(part, name), redaction))
    return part


_SHAPE = ("style", "path", "lineno")
"""Parts that say where and how, which no data reaches."""


def secret_names(plans: Sequence[SuitePlan], redaction: Redaction) -> Iterator[str]:
    """Yield a note where the names of tests hold what would be cut out: names are kept, or nothing would be found."""
    names = [trial.nodeid for plan in plans for trial in plan.expected]
    if redaction.suspects(capture.encode(names)):
        found = [cleaned for name in names if (cleaned := redaction.clean_value(name)) != name]
        if found:
            yield (
                f"node ids are stored as they are, and {len(found)} of {len(names)} hold what llm_redact takes out "
                f"({found[0]}): give those examples or parameters other ids"
            )
