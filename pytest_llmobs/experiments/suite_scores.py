"""What summary evaluators say of whole suites, worked out once all trials have ended.

The trials' runs are read back from the store: by then every process has sealed its own, and what another machine ran
lies there too. So a summary evaluator sees what is stored, after redaction; the references are redacted alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from pytest_llmobs.errors import EvaluatorError, LlmobsError
from pytest_llmobs.evaluators.suites import BoundSummary, Suite, bind_summary
from pytest_llmobs.experiments.stored_trials import root_runs, subject_of, trials_by_key
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.records.experiments import Experiment, SuiteScore
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.scores import Score
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction

Find = Callable[[SuitePlan], Sequence[BoundSummary]]
"""Returns the summary evaluators of a suite; raises ``EvaluatorError`` where they can't be had."""

TrialsByKey = Mapping[tuple[str, int], Trial]
"""``(example id, repeat)`` -> trial."""


def find_again(plan: SuitePlan, import_file: Callable[[str], ModuleType]) -> Sequence[BoundSummary]:
    """Return the summary evaluators on the marker of a suite's test, for a process that has not collected it.

    Args:
        plan: The suite.
        import_file: Imports a test file, named relative to rootdir.

    Raises:
        EvaluatorError: The file can't be imported or no longer has that test, or an evaluator is misdeclared.
    """
    try:
        module = import_file(plan.path)
    except EvaluatorError:
        raise
    except Exception as error:
        raise EvaluatorError(
            f"{plan.path} can't be imported once more to find its summary evaluators: {type(error).__name__}: {error}"
        ) from error
    return marked(module, plan)


def marked(module: Any, plan: SuitePlan) -> Sequence[BoundSummary]:
    """Return the summary evaluators on the marker of a suite's test.

    Args:
        module: The suite's test file, imported.
        plan: The suite.

    Raises:
        EvaluatorError: The file no longer has that test, or an evaluator is misdeclared.
    """
    # the test, before that the classes it is in, before that the module: the nearest marker counts
    for place in reversed(_places(module, plan)):
        for mark in _marks(place):
            if mark.name == "llm_dataset":
                return list(map(bind_summary, mark.kwargs.get("summary_evaluators", ())))
    raise EvaluatorError(f"{plan.path} no longer has the marker llm_dataset on {plan.name!r}.")


def _places(module: Any, plan: SuitePlan) -> Sequence[Any]:
    """Return the module, the classes and the function that make up a suite's test."""
    places = [module]
    for name in function_of(plan).split("::")[1:]:
        if not hasattr(places[-1], name):
            raise EvaluatorError(f"{plan.path} no longer has {name!r}.")
        places.append(getattr(places[-1], name))
    return places


def _marks(place: Any) -> Iterator[Any]:
    """Yield the marks on a module, class or function, without pytest's help: a merge has none."""
    marks = getattr(place, "pytestmark", ())
    if not isinstance(marks, list | tuple):
        marks = (marks,)
    for mark in marks:
        yield getattr(mark, "mark", mark)


def function_of(plan: SuitePlan) -> str:
    """Return the node id of a suite's test function: its name without the user's own parameters."""
    return plan.path + plan.name.removeprefix(plan.path).partition("[")[0]


def suite_scores(
    experiment: Experiment,
    store: Store,
    find: Find,
    redaction: Redaction,
    *,
    known: Sequence[SuiteScore] = (),
) -> tuple[SuiteScore, ...]:
    """Return what the summary evaluators of all suites say; one that fails is unscored, none is left out.

    Args:
        experiment: With all trials; those of a further session are no part of it.
        store: Has their runs, sealed.
        find: Finds the evaluators.
        redaction: Cleans their labels, comments and errors, which may quote what a model or an API said.
        known: What some of them have said before: these aren't asked again.
    """
    scores: list[SuiteScore] = list(known)
    for plan in experiment.suites:
        said = {score.evaluator for score in known if score.suite == plan.name}
        asked = {key: version for key, version in plan.summaries.items() if key not in said}
        if asked and plan.expected:
            asking = replace(plan, summaries=asked)
            for score in _distinct(asking, _scores(asking, experiment, store, find)):
                scores.append(_cleaned(score, redaction))
    return tuple(scores)


def _cleaned(score: SuiteScore, redaction: Redaction) -> SuiteScore:
    texts = {"value": score.value, "comment": score.comment, "error": score.error}
    return replace(score, **redaction.clean_if_suspect(texts))


def _scores(plan: SuitePlan, experiment: Experiment, store: Store, find: Find) -> Iterator[SuiteScore]:
    trials = trials_by_key(experiment, plan.name)
    ran = sum(map(_has_run, trials.values()))
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
            yield _suite_score(score, replace(blank, metric=score.key, evaluator=key))


def _has_run(trial: Trial) -> bool:
    return trial.status not in ("error", "skipped") and trial.run_id is not None


def _asked(key: str, version: str, bound: BoundSummary | None, suite: Suite) -> Sequence[Score]:
    if bound is None or bound.version != version:
        return [Score(key, error="Its code here is not that of the session: run both from the same commit.")]
    return bound.score(suite)


def _suite_score(score: Score, blank: SuiteScore) -> SuiteScore:
    number = None
    if score.score is not None:
        number = float(score.score)
    return replace(
        blank,
        score=number,
        value=score.value,
        comment=score.comment,
        error=score.error,
        matrix=_matrix(score.metadata.get("matrix")),
    )


def _matrix(value: Any) -> Mapping[str, Mapping[str, int]]:
    """Return a confusion matrix as it is kept, or an empty one where a user's metadata of that name is none."""
    if not isinstance(value, Mapping):
        return {}
    matrix: dict[str, Mapping[str, int]] = {}
    for label, row in value.items():
        if not isinstance(row, Mapping) or not _are_counts(row.values()):
            return {}
        matrix[str(label)] = dict(zip(map(str, row), row.values(), strict=True))
    return matrix


def _are_counts(values: Iterable[Any]) -> bool:
    return {int}.issuperset(map(type, values))  # True is no count, though it is an int


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


def _suite(plan: SuitePlan, trials: TrialsByKey, experiment: Experiment, store: Store) -> Suite:
    """Return the expected trials of a suite with their stored runs and their scores, for summary evaluators."""
    runs = root_runs(store, experiment.name, trials.values())
    subjects, scores = [], []
    for expected in plan.expected:
        trial = trials.get((expected.example_id, expected.repeat))
        run, trial_scores = None, {}
        if trial is not None:
            run = runs.get(trial.run_id or "")
            trial_scores = {key: _scored(key, score) for key, score in trial.scores.items()}
        subjects.append(subject_of(expected, run, experiment))
        scores.append(trial_scores)
    return Suite(subjects, scores)


def _scored(key: str, score: TrialScore) -> Score:
    return Score(key, score.score, score.value, score.comment, score.error, exempt=score.exempt)
