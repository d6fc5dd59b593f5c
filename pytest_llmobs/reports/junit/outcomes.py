"""What became of the tests of an experiment's trials, as far as its record tells: which of them failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.records.decisions import COMPARED, ExampleState
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.trials import Trial

_UNGATED: tuple[ExampleState, ...] = ("new", "edited")
"""States of examples whose assertions fail their tests: the baseline has nothing to judge them by."""


@dataclass(frozen=True)
class CaseOutcome:
    """What a testcase says of its test."""

    tag: Literal["failure", "error", "skipped"]
    message: str


class Outcomes:
    """Tells of trials that didn't pass whether that failed their tests."""

    def __init__(self, experiment: Experiment) -> None:
        """Look at what the gate had to go by.

        Args:
            experiment: A finished one.
        """
        decision = experiment.decision
        failed = sum(trial.status == "failed" for trial in experiment.trials)
        # the record has their number alone: all of them under llm_strict, else those without a row in the baseline
        self._all_ungated = decision.ungated >= failed
        self._any_ungated = decision.ungated > 0
        self._pytest_failed = experiment.end.exit_status != 0
        self._judged = {
            row.suite for row in decision.metrics if row.metric == PASS and row.verdict in COMPARED
        }
        self._new = {(row.suite, row.example_id) for row in decision.examples if row.state in _UNGATED}

    def of(self, trial: Trial) -> CaseOutcome | None:
        """Return what the testcase of a trial says; None where it passed."""
        message = trial.message or trial.status
        if trial.status == "passed":
            return None
        if trial.status in ("skipped", "xfailed"):
            return CaseOutcome("skipped", message)
        if trial.status == "failed":
            if self._failed_its_test(trial):
                return CaseOutcome("failure", message)
            return CaseOutcome("skipped", f"the gate decides: {message}")
        # outside pytest nothing fails for them but by the gate, which says so
        if self._pytest_failed:
            return CaseOutcome("error", message)
        return CaseOutcome("skipped", f"{trial.status}, the gate decides: {message}")

    # the record doesn't say of a single test whether the gate took its failure back
    def _failed_its_test(self, trial: Trial) -> bool:
        if not self._any_ungated:
            return False
        if self._all_ungated:
            return True
        return (trial.suite, trial.example_id) in self._new or trial.suite not in self._judged
