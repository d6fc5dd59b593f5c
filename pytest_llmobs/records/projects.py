"""Projects: what runs are filed under, an app's or an experiment's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pytest_llmobs.records.feedback import FeedbackStats
from pytest_llmobs.records.models import Model
from pytest_llmobs.records.run_stats import RunStats
from pytest_llmobs.records.runs import decimal_cost
from pytest_llmobs.wording import shell_line


@dataclass(frozen=True, kw_only=True)
class ProjectNotes:
    """What somebody wrote down of a project; one without runs exists by that."""

    name: str
    created_at: datetime
    """UTC."""
    description: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    reference_dataset: str | None = None
    """Name of the dataset that its runs were made of."""
    end_time: datetime | None = None
    """UTC."""


@dataclass(frozen=True, kw_only=True)
class Project(Model):
    """A project, as the client hands it out."""

    name: str
    description: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What else was written down, ``metadata`` included."""
    start_time: datetime | None = None
    """UTC: when it was created, when its experiment or its first run started; None where it has none."""
    end_time: datetime | None = None
    """UTC."""
    reference_dataset_id: str | None = None
    """Name of the dataset that its runs were made of, or None."""
    stats: RunStats | None = None
    """Figures of its traces, judges' left out: how many, how fast, how often wrong; tokens and costs of all their
    runs. None unless asked for."""
    feedback_stats: Mapping[str, FeedbackStats] = field(default_factory=dict)
    """What its feedback says, by key; empty unless asked for."""

    @property
    def id(self) -> str:
        """The same as ``name``."""
        return self.name

    @property
    def tags(self) -> Sequence[str]:
        """What was written down under ``tags``."""
        return tuple(self.extra.get("tags") or ())

    @property
    def url(self) -> str:
        """The command that shows its runs."""
        return shell_line(["llmobs", "runs", "--project", self.name])

    # LangSmith's names

    @property
    def run_count(self) -> int | None:
        """How many traces it has, LangSmith's meaning: ``get_run_stats`` counts every run."""
        if self.stats is None:
            return None
        return self.stats.run_count

    @property
    def error_rate(self) -> float | None:
        """Share of the traces whose root run raised, 0 to 1."""
        return self._figures.error_rate

    @property
    def latency_p50(self) -> timedelta | None:
        """The median latency of its traces."""
        return _duration(self._figures.latency_p50)

    @property
    def latency_p99(self) -> timedelta | None:
        """The latency that one trace in a hundred exceeds."""
        return _duration(self._figures.latency_p99)

    @property
    def last_run_start_time(self) -> datetime | None:
        """When its last trace started (UTC)."""
        return self._figures.last_start_time

    @property
    def total_tokens(self) -> int | None:
        """Input plus output tokens."""
        return self._figures.total_tokens

    @property
    def prompt_tokens(self) -> int | None:
        """Input tokens."""
        return self._figures.input_tokens

    @property
    def completion_tokens(self) -> int | None:
        """Output tokens."""
        return self._figures.output_tokens

    @property
    def total_cost(self) -> Decimal | None:
        """USD of the calls whose price is known."""
        return decimal_cost(self._figures.total_cost)

    @property
    def prompt_cost(self) -> Decimal | None:
        """USD of their input alone."""
        return decimal_cost(self._figures.input_cost)

    @property
    def completion_cost(self) -> Decimal | None:
        """USD of their output alone."""
        return decimal_cost(self._figures.output_cost)

    @property
    def _figures(self) -> RunStats:
        """Those that there are; each of them None where nobody asked for them."""
        return self.stats or RunStats()


def _duration(seconds: float | None) -> timedelta | None:
    if seconds is None:
        return None
    return timedelta(seconds=seconds)
