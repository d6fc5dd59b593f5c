"""Trials read from a document, together again with what their runs sent and answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace

from pytest_llmobs.measures.model_calls import model_calls, output_text
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.storage.store import Store


def recalled(
    trials: Sequence[Trial], store: Store, project: str, examples: Collection[tuple[str, str]]
) -> tuple[Trial, ...]:
    """Return the trials, those of some examples with ``calls``, ``inputs`` and ``output`` from their traces.

    Args:
        trials: As ``experiment_from_dict`` gives them.
        store: Has their runs.
        project: The experiment's.
        examples: ``(suite, example id)`` of the trials to complete: all of ten thousand would be a lot of text.

    Raises:
        StoreError: The store can't be read.
    """
    wanted = [t.run_id for t in trials if t.run_id is not None and (t.suite, t.example_id) in examples]
    if not wanted:
        return tuple(trials)
    traces: dict[str, list[Run]] = defaultdict(list)
    for run in store.runs(project, trace_id=wanted):
        traces[run.trace_id].append(run)
    return tuple(_completed(trial, traces.get(trial.run_id or "", ())) for trial in trials)


def _completed(trial: Trial, trace: Sequence[Run]) -> Trial:
    root = next((run for run in trace if run.id == trial.run_id), None)
    if root is None:
        return trial
    return replace(
        trial,
        calls=model_calls(run for run in trace if run is not root),
        inputs=root.inputs,
        output=output_text(root.outputs),
    )
