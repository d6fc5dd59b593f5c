"""A finished experiment's digest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_llmobs.records.decisions import ExampleRow, MetricRow
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.commands import NextCommand, next_commands
from pytest_llmobs.reports.digest.examples import (
    ExampleDetail,
    ExamplesDigest,
    by_example,
    digest_examples,
    is_red,
)
from pytest_llmobs.reports.digest.metrics import MetricsDigest, digest_metrics
from pytest_llmobs.reports.digest.spending import SpendingDigest, digest_spending
from pytest_llmobs.reports.digest.verdict import ExperimentVerdict, digest_verdict


@dataclass(frozen=True)
class RedSuite:
    """A suite that makes the build red, with all that does."""

    suite: str
    metrics: tuple[MetricRow, ...]
    examples: tuple[ExampleDetail, ...]
    """With their red rows alone, in the order of the gate."""


@dataclass(frozen=True, kw_only=True)
class Digest:
    """Everything a report tells of a finished experiment."""

    experiment: Experiment
    """The record itself: its name, when it started, its commit, what its summary evaluators said, its trials."""
    verdict: ExperimentVerdict
    metrics: MetricsDigest
    examples: ExamplesDigest
    red_suites: tuple[RedSuite, ...]
    """Those with a red metric first."""
    errors: tuple[str, ...]
    """What else makes the build red, each once."""
    notes: tuple[str, ...]
    """What else should be read, each once; the gate's first."""
    remarks: tuple[str, ...]
    """What is worth knowing besides."""
    spending: SpendingDigest
    commands: tuple[NextCommand, ...]
    """What the reader may want to do next."""

    @property
    def examples_not_compared(self) -> list[str]:
        """Why examples are not compared with the accepted code today, as far as no metric has said so."""
        said = {row.control_note for row in self.experiment.decision.metrics}
        return [note for note in self.examples.not_compared if note not in said]


def digest(experiment: Experiment, context: Context | None = None) -> Digest:
    """Compute all that is told of an experiment.

    Args:
        experiment: A finished one.
        context: What only the caller knows; without it the plain commands are told.
    """
    context = context or Context()
    decision = experiment.decision
    examples = digest_examples(decision.examples)
    spending = digest_spending(experiment)
    return Digest(
        experiment=experiment,
        verdict=digest_verdict(experiment, examples, spending, len(context.recorded)),
        metrics=digest_metrics(experiment),
        examples=examples,
        red_suites=tuple(_red_suites(decision.metrics, decision.examples)),
        errors=tuple(dict.fromkeys(decision.errors)),
        notes=tuple(dict.fromkeys((*decision.notes, *experiment.notes))),
        remarks=tuple(decision.remarks),
        spending=spending,
        commands=tuple(next_commands(experiment, examples.rerun, context)),
    )


def _red_suites(metrics: Sequence[MetricRow], examples: Sequence[ExampleRow]) -> Iterator[RedSuite]:
    red_metrics: dict[str, list[MetricRow]] = {}
    for row in metrics:
        if row.red:
            red_metrics.setdefault(row.suite, []).append(row)
    red_examples: dict[str, list[ExampleDetail]] = {}
    for example in by_example(filter(is_red, examples)):
        red_examples.setdefault(example.suite, []).append(example)
    for suite in dict.fromkeys((*red_metrics, *red_examples)):
        yield RedSuite(suite, tuple(red_metrics.get(suite, ())), tuple(red_examples.get(suite, ())))
