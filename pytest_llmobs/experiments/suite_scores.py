"""What summary evaluators say of whole suites, worked out once all trials have ended.

The trials' runs are read back from the store: by then every process has sealed its own, and what another machine ran
lies there too. So a summary evaluator sees what is stored, after redaction; the references are redacted alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import ModuleType
from typing import Any

from pytest_llmobs.errors import EvaluatorError, LlmobsError
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.evaluators.suites import BoundSummary, Suite, bind_summary
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.experiments import Experiment, SuiteScore
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.scores import Score
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.run_line import nest

Find = Callable[[SuitePlan], Sequence[BoundSummary]]
"""Returns the summary evaluators of a suite; raises ``EvaluatorError`` where they can't be had."""


def suite_scores(experiment: Experiment, store: Store, find: Find) -> tuple[SuiteScore, ...]:
    """Return what the summary evaluators of all suites say; one that fails is unscored, none is left out.

    Args:
        experiment: With all trials; those of a confirming session are no part of it.
        store: Has their runs, sealed.
        find: Finds the evaluators.
    """
    return tuple(
        score
        for plan in experiment.suites
        if plan.summaries and plan.expected
        for score in _distinct(plan, _scores(plan, experiment, store, find))
    )


def marked(module: ModuleType, plan: SuitePlan) -> list[BoundSummary]:
    """Return the summary evaluators on the marker of a suite's test, for a process that has not collected it.

    Args:
        module: The suite's test file, imported.
        plan: The suite.

    Raises:
        EvaluatorError: The file no longer has that test, or an evaluator is misdeclared.
    """
    places: list[Any] = [module]
    for name in function_of(plan).split("::")[1:]:
        if not hasattr(places[-1], name):
            raise EvaluatorError(f"{plan.path} no longer has {name!r}.")
        places.append(getattr(places[-1], name))
    for place in reversed(places):
        marks = getattr(place, "pytestmark", ())
        for given in marks if isinstance(marks, list | tuple) else (marks,):
            mark: Any = getattr(given, "mark", given)
            if mark.name == "llm_dataset":
                return [bind_summary(spec) for spec in mark.kwargs.get("summary_evaluators", ())]
    raise EvaluatorError(f"{plan.path} no longer has the marker llm_dataset on {plan.name!r}.")


def function_of(plan: SuitePlan) -> str:
    """Return the node id of a suite's test function: its name without the user's own parameters."""
    return plan.path + plan.name.removeprefix(plan.path).partition("[")[0]


def _scores(plan: SuitePlan, experiment: Experiment, store: Store, find: Find) -> Iterator[SuiteScore]:
    trials = {(t.example_id, t.repeat): t for t in experiment.trials if t.suite == plan.name}
    ran = sum(t.status not in ("error", "skipped") and t.run_id is not None for t in trials.values())
    blank = SuiteScore(suite=plan.name, metric="", evaluator="", n=ran, expected=len(plan.expected))
    try:
        evaluators = {bound.key: bound for bound in find(plan)}
        suite = _suite(plan, trials, experiment, store)
    except LlmobsError as error:
        for key in plan.summaries:
            yield replace(blank, metric=key, evaluator=key, error=str(error))
        return
    for key, version in plan.summaries.items():
        for score in _asked(key, version, evaluators.get(key), suite):
            yield replace(
                blank,
                metric=score.key,
                evaluator=key,
                score=None if score.score is None else float(score.score),
                value=score.value,
                comment=score.comment,
                error=score.error,
                matrix=_matrix(score.metadata.get("matrix")),
            )


def _matrix(found: Any) -> Mapping[str, Mapping[str, int]]:
    """Return a confusion matrix as it is kept, or an empty one where a user's metadata of that name is none."""
    rows = found if isinstance(found, Mapping) else {}
    if not all(
        isinstance(row, Mapping) and all(type(n) is int for n in row.values()) for row in rows.values()
    ):
        return {}
    return {str(label): {str(other): n for other, n in row.items()} for label, row in rows.items()}


def _asked(key: str, version: str, bound: BoundSummary | None, suite: Suite) -> Sequence[Score]:
    if bound is None or bound.version != version:
        return [Score(key, error="Its code here is not that of the session: run both from the same commit.")]
    return bound.score(suite)


def _distinct(plan: SuitePlan, scores: Iterator[SuiteScore]) -> Iterator[SuiteScore]:
    """Yield the scores; one that takes the name of another metric is unscored under its evaluator's own."""
    taken = {PASS, *plan.metrics}
    for score in scores:
        if score.metric in taken:
            error = f"It calls its score {score.metric!r}, which is another metric already. Rename it."
            yield replace(score, metric=score.evaluator, score=None, value=None, error=error)
        else:
            taken.add(score.metric)
            yield score


def _suite(
    plan: SuitePlan, trials: Mapping[tuple[str, int], Trial], experiment: Experiment, store: Store
) -> Suite:
    runs = root_runs(store, experiment.name, [t.run_id for t in trials.values() if t.run_id is not None])
    found = [(expected, trials.get((expected.example_id, expected.repeat))) for expected in plan.expected]
    subjects = [
        subject_of(expected, runs.get(trial.run_id or "") if trial else None, experiment)
        for expected, trial in found
    ]
    scores = [{key: _scored(key, each) for key, each in t.scores.items()} if t else {} for _, t in found]
    return Suite(subjects, scores)


def _scored(key: str, score: TrialScore) -> Score:
    return Score(key, score.score, score.value, score.comment, score.error, exempt=score.exempt)


def root_runs(store: Store, project: str, ids: Sequence[str]) -> dict[str, Run]:
    """Return root runs by their ids, each with everything below it.

    Raises:
        StoreError: The store can't be read.
    """
    traces: dict[str, list[Run]] = defaultdict(list)
    if ids:
        for run in store.runs(project, trace_id=list(ids)):
            traces[run.trace_id].append(run)
    return {
        root.id: nest(root, [run for run in trace if run is not root])
        for trace in traces.values()
        for root in trace
        if root.parent_id is None
    }


def subject_of(expected: ExpectedTrial, run: Run | None, experiment: Experiment) -> Subject:
    """Return a stored trial as evaluators see it; one that never ran has an error for a run, and no outputs."""
    if run is None:
        run = _absent(experiment)
    reference = run.columns.get("reference_outputs", {})
    example = Example(expected.example_id, run.inputs, reference, expected.metadata)
    return Subject(run, example, run.inputs, None if run.error else run.outputs, reference)


def _absent(experiment: Experiment) -> Run:
    return Run(
        id="",
        trace_id="",
        parent_id=None,
        name="",
        run_type="chain",
        project=experiment.name,
        start_time=datetime.fromisoformat(experiment.started),
        end_time=None,
        status="error",
        error="The trial never ran, or its trace is not stored.",
    )
