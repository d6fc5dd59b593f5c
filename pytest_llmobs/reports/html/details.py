"""The details of single trials: what went in and came out, the baseline's answer, scores, and the trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_llmobs.baselines.changes import tells_of_output
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.model_calls import output_text
from pytest_llmobs.measures.values import pass_value
from pytest_llmobs.records.decisions import ExampleRow
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.reports.html.accepted import Accepted
from pytest_llmobs.reports.html.rows import Row
from pytest_llmobs.reports.html.safe_numbers import safe_number
from pytest_llmobs.reports.html.traces import Traces, parsed
from pytest_llmobs.reports.traced_run import TracedRun

if TYPE_CHECKING:
    from pytest_llmobs.baselines.records import BaselineRow

SHARED = ("inputs", "outputs", "metadata")
"""What a trial has in common with the root run of its trace."""


@dataclass(frozen=True)
class Details:
    """Tells of single trials, one after the other."""

    traces: Traces
    accepted: Accepted

    def of(self, row: Row) -> dict[str, Any]:
        """Return the details of a trial, its trace included."""
        trial = row.trial
        root, runs = self.traces.root(trial.run_id), self.traces.runs(trial.run_id)
        payloads = _payloads(trial, root, runs)
        answer = trial.output or answer_of(payloads["outputs"])
        accepted = self.accepted.row(trial)
        # an answer that nobody stored is no empty one: compared, all of the accepted answer would read as left out
        known = bool(answer) or runs is not None
        beside = self.accepted.answer(trial, answer) if accepted and known else None
        return {
            "nodeid": trial.nodeid,
            "run_id": trial.run_id,
            "message": trial.message,
            **payloads,
            "output": answer,
            "scores": list(_scores(row, accepted)),
            "baseline": beside,
            "changes": list(_changes(row, beside is not None)),
            "judge_cost": trial.judge_cost,
            "model_calls": safe_number(trial.llm_calls),
            "judge_calls": safe_number(trial.judge_calls),
            "runs": runs,
            "runs_in": None,
        }


def _scores(row: Row, accepted: BaselineRow | None) -> Iterator[dict[str, Any]]:
    """Yield all scores, the test's own verdict first."""
    trial = row.trial
    told = {metric_row.metric: metric_row for metric_row in row.detail.rows} if row.detail else {}
    passed = TrialScore(score=pass_value(trial), gating=True)
    for metric, score in ((PASS, passed), *trial.scores.items()):
        verdict = told.get(metric)
        yield {
            "metric": metric,
            "score": safe_number(score.score),
            "value": score.value,
            "comment": score.comment,
            "error": score.error,
            "gating": score.gating,
            "exempt": score.exempt,
            "baseline": _baseline(metric, verdict, accepted),
            "control": list(map(safe_number, verdict.control)) if verdict else [],
        }


def _changes(row: Row, is_compared: bool) -> Iterator[str]:
    """Yield what changed for the example, but for its answer where that stands beside the accepted one."""
    for block in row.detail.changes if row.detail else ():
        if not (is_compared and tells_of_output(block)):
            yield block


def _baseline(
    metric: str, verdict: ExampleRow | None, accepted: BaselineRow | None
) -> Sequence[float | None] | None:
    """Return the values that the verdict compared a score with; where it says nothing, those of the baseline."""
    values: Sequence[float | None] = ()
    if verdict is not None:
        values = verdict.baseline
    elif accepted is not None:
        values = accepted.repeats(metric)
    return list(map(safe_number, values)) or None


def _payloads(
    trial: Trial, root: TracedRun | None, runs: Sequence[Mapping[str, Any]] | None
) -> dict[str, Any]:
    """Return what is JSON: of the trace, else of the trial itself."""
    if root is None or not runs:
        return {"inputs": trial.inputs or None, "outputs": None, "reference": None, "metadata": None}
    # the same objects as in the first run, which is told once
    payloads = {name: runs[0][name] for name in SHARED}
    return {**payloads, "reference": parsed(root.reference_outputs)}


def answer_of(outputs: Any) -> str:
    """Return the outputs of a run as text."""
    if outputs is None:
        return ""
    if isinstance(outputs, dict):
        return output_text(outputs)
    return output_text({"output": outputs})
