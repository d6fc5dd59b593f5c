"""What JUnit is told of trials and of the whole experiment, beside what passed and what failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_llmobs.records.decisions import ExampleState
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.digest.examples import ExampleKey
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.digest.metrics import MetricLine
from pytest_llmobs.reports.junit.elements import Fact
from pytest_llmobs.wording import error_line

States = Mapping[ExampleKey, ExampleState]
"""What the gate says of examples."""


def trial_facts(trial: Trial, states: States) -> list[Fact]:
    """Return what is told of a trial in its testcase.

    Args:
        trial: It.
        states: Of the examples of its experiment; nothing where no gate has judged them.
    """
    facts = list(_scores(trial))
    # "llm.", since a user's own properties may be called "cost" or "status"
    facts.append(("llm.status", trial.status))
    # a cost that leaves something out would pass for a whole one where nobody looks at what is unpriced
    known = {
        "llm.verdict": states.get((trial.suite, trial.example_id)),
        "llm.cost": trial.whole_cost,
        "llm.judge_cost": None if trial.judge_unpriced else trial.judge_cost,
        "llm.unpriced": ", ".join((*trial.unpriced, *trial.judge_unpriced)) or None,
        "llm.tokens": trial.total_tokens,
        "llm.latency": trial.latency,
        "llm.replayed_calls": (trial.replayed_calls + trial.judge_replayed) or None,
        "llm.run": trial.run_id,
    }
    facts += _present(known)
    return facts


def _scores(trial: Trial) -> Iterator[Fact]:
    for key, score in trial.scores.items():
        if score.error is not None:
            yield f"score.{key}.error", error_line(score.error)
        elif score.score is not None:
            yield f"score.{key}", str(score.score)
        elif score.value is not None:
            yield f"score.{key}", score.value


def experiment_facts(digest: Digest) -> list[Fact]:
    """Return what is told of an experiment at the head of the file: name, verdict, metrics, cost."""
    experiment, spending = digest.experiment, digest.spending
    known = {
        "llm.experiment": experiment.name,
        "llm.verdict": digest.verdict.word,
        "llm.headline": digest.verdict.headline,
        "llm.commit": experiment.commit,
        "llm.trials": spending.ran,
        "llm.trials.expected": spending.expected,
        "llm.cost": spending.total.cost,
        "llm.unpriced": ", ".join(spending.unpriced) or None,
    }
    facts = list(_present(known))
    for suite in digest.metrics.suites:
        for line in suite.lines:
            facts.append((f"llm.verdict[{suite.suite} {line.row.metric}]", _metric(line)))
    return facts


def _metric(line: MetricLine) -> str:
    """Return a metric's verdict and means: ``REGRESSED 0.967 -> 0.847``."""
    row = line.row
    parts: list[str] = []
    if line.has_verdict:
        parts.append(row.verdict)
    if row.baseline is not None:
        parts.append(f"{row.baseline:.6g} ->")
    parts.append("unknown" if row.candidate is None else f"{row.candidate:.6g}")
    return " ".join(parts)


def _present(known: Mapping[str, object]) -> Iterator[Fact]:
    for name, value in known.items():
        if value is not None:
            yield name, str(value)
