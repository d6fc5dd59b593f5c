"""The details of single trials: what went in and came out, the baseline's answer, scores, and the trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import Digest


def details(digest: Digest, trials: Sequence[Trial], context: Context) -> Iterator[dict[str, Any]]:
    """Yield the details of each trial, in their order."""
    for trial in trials:
        yield {"output": trial.output, "message": trial.message}
