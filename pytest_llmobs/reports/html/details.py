"""The details of single trials: what went in and came out, the baseline's answer, scores, and the trace."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.model_calls import output_text
from pytest_llmobs.measures.values import pass_value
from pytest_llmobs.records.decisions import ExampleRow
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.html.accepted import Accepted
from pytest_llmobs.reports.html.rows import Row
from pytest_llmobs.reports.html.traces import Traces, json_text
from pytest_llmobs.reports.traced_run import TracedRun


@dataclass(frozen=True)
class Details:
    """Tells of single trials, one after the other."""

    traces: Traces
    accepted: Accepted

    def of(self, row: Row) -> dict[str, Any]:
        """Return the details of a trial, its trace included."""
        trial = row.trial
        root = self.traces.root(trial.run_id)
        answer = answer_of(trial, root)
        return {
            "nodeid": trial.nodeid,
            "run_id": trial.run_id,
            "message": trial.message,
            **_payloads(trial, root),
            "output": answer,
            "scores": self._scores(row),
            "baseline": self.accepted.answer(trial, answer),
            "changes": list(row.detail.changes) if row.detail else [],
            "judge_cost": trial.judge_cost,
            "model_calls": trial.llm_calls,
            "judge_calls": trial.judge_calls,
            "runs": self.traces.runs(trial.run_id),
            "runs_in": None,
        }

    def _scores(self, row: Row) -> list[dict[str, Any]]:
        """Return all scores, the test's own verdict first."""
        trial = row.trial
        told = {metric_row.metric: metric_row for metric_row in row.detail.rows} if row.detail else {}
        passed = {"score": pass_value(trial), "value": None, "comment": None, "error": None, "gating": True}
        scores = [{"metric": PASS, **passed, **self._compared(trial, PASS, told.get(PASS))}]
        for metric, score in trial.scores.items():
            line = {
                "metric": metric,
                "score": score.score,
                "value": score.value,
                "comment": score.comment,
                "error": score.error,
                "gating": score.gating,
            }
            scores.append({**line, **self._compared(trial, metric, told.get(metric))})
        return scores

    def _compared(self, trial: Trial, metric: str, told: ExampleRow | None) -> dict[str, Any]:
        """Return what the verdict compared a score with; where it says nothing, what the baseline has."""
        if told is not None:
            return {"baseline": list(told.baseline) or None, "control": list(told.control)}
        return {"baseline": self.accepted.values(trial, metric)}


def _payloads(trial: Trial, root: TracedRun | None) -> dict[str, str | None]:
    """Return what is JSON: of the trace, else of the trial itself."""
    if root is None:
        inputs = json.dumps(trial.inputs, default=str) if trial.inputs else None
        return {"inputs": inputs, "outputs": None, "reference": None, "metadata": None}
    return {
        "inputs": json_text(root.inputs),
        "outputs": json_text(root.outputs),
        "reference": json_text(root.reference_outputs),
        "metadata": json_text(root.metadata),
    }


def answer_of(trial: Trial, root: TracedRun | None) -> str:
    """Return the outputs of a trial as text."""
    if trial.output or root is None or root.outputs is None:
        return trial.output
    try:
        outputs = from_json(root.outputs)
    except ValueError:
        return root.outputs
    if isinstance(outputs, dict):
        return output_text(outputs)
    return output_text({"output": outputs})
