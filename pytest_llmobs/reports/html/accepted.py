"""What the accepted code did: of each example the baseline's scores and its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_llmobs.baselines.sharing import fill_holes
from pytest_llmobs.reports.evidence import Evidence
from pytest_llmobs.wording import commit_id

if TYPE_CHECKING:
    from pytest_llmobs.baselines.records import BaselineRow
    from pytest_llmobs.records.experiments import Experiment
    from pytest_llmobs.records.trials import Trial


@dataclass
class Accepted:
    """The baselines of an experiment's suites, as far as it was compared with them."""

    experiment: Experiment
    evidence: Evidence
    newer: set[str] = field(default_factory=set)
    """Suites of which examples were recorded after this experiment, or by it: it was compared with none of that."""

    def row(self, trial: Trial) -> BaselineRow | None:
        """Return what a trial is compared with; None where its example is new, edited, or recorded since."""
        baseline = self.evidence.baseline(trial.suite)
        if baseline is None:
            return None
        row = baseline.row_of(trial.example_id, trial.example_hash)
        if row is None:
            return None
        session = baseline.session(row.newest_session)
        if session.experiment == self.experiment.name or session.recorded > self.experiment.started:
            self.newer.add(trial.suite)
            return None
        return row

    def answer(self, trial: Trial, now: str) -> dict[str, str] | None:
        """Return what the accepted code answered, and which code that was; None where no text is kept.

        Where the baseline's text was cut, ``compared`` is today's answer with the same cuts, so that a diff shows what
        changed and not what was cut.

        Args:
            trial: One with a ``row``.
            now: What it answers today.
        """
        baseline = self.evidence.baseline(trial.suite)
        if baseline is None or baseline.texts is None:
            return None
        texts = baseline.texts.examples.get(trial.example_id)
        if texts is None:
            return None
        answer = {"output": texts.output, "code": commit_id(baseline.code_of(trial.example_id))}
        compared = fill_holes(texts.output, now)
        if compared != now:
            answer["compared"] = compared
        return answer
