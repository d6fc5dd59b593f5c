"""What an evaluator is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.runs import Run


class NotApplicable(LlmobsError):
    """Raise it in an evaluator that has nothing to say about this example: no score, and none missing."""


class NotTimed(NotApplicable):
    """The same of a run that was replayed, from an evaluator of time: none is missing, whatever the baseline has."""


@dataclass(frozen=True)
class Subject:
    """What is judged: one run against one example."""

    run: Run
    """The root run of the trial; ``child_runs`` holds the calls below it."""
    example: Example | None
    """None for a test without a dataset."""
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] | None
    """None where the target raised or logged nothing."""
    reference_outputs: Mapping[str, Any] | None
    """The example's ``outputs``."""

    @property
    def subject(self) -> Subject:
        """Itself, so that an evaluator can ask for ``subject`` as for any other part."""
        return self
