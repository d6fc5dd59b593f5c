"""What became of a trial, in the words of ``records.trials``: of a test's, and of one that no test consumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from pytest_llmobs.measures.model_calls import model_calls, output_text
from pytest_llmobs.measures.recordings import recording_of
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.prompt_uses import UNFILLED_KEY, prompts_of
from pytest_llmobs.records.scores import UNTIMED, Score
from pytest_llmobs.records.trials import NotRun, Trial, TrialScore, TrialStatus
from pytest_llmobs.tracing.run_tree import RunTree

if TYPE_CHECKING:
    from pytest_llmobs.trials.llm_run import LlmRun

_NOTHING: Mapping[str, Any] = {}
"""One for all trials: ten thousand of them would be felt."""


class PlannedTrial(Protocol):
    """What is known of a trial before it starts: which one it is."""

    @property
    def suite(self) -> str:
        """The suite's name."""

    @property
    def nodeid(self) -> str:
        """The test's node id; empty where no test belongs to it."""

    @property
    def example_id(self) -> str:
        """The example's id."""

    @property
    def example_hash(self) -> str:
        """Hash of the example's content."""

    @property
    def repeat(self) -> int:
        """1 to K."""

    @property
    def example(self) -> Example | None:
        """The example; None for a traced test without a dataset."""

    @property
    def cluster(self) -> str | None:
        """The value of ``cluster_by`` in the example's metadata, as text."""


@dataclass(frozen=True)
class Outcome:
    """A trial's status and what explains it."""

    status: TrialStatus
    message: str | None = None
    error: BaseException | None = None
    """What the app or the infrastructure raised; None for a failed assertion."""
    not_run: NotRun | None = None
    """Why running the trial once more would mend nothing."""


PASSED = Outcome("passed")


def trial_record(plan: PlannedTrial, run: LlmRun | None, outcome: Outcome) -> Trial:
    """Return the record of a trial that ended."""
    trial = Trial(
        suite=plan.suite,
        example_id=plan.example_id,
        example_hash=plan.example_hash,
        repeat=plan.repeat,
        nodeid=plan.nodeid,
        status=outcome.status,
        message=outcome.message,
        not_run=outcome.not_run or _unrecorded(run),
        cluster=plan.cluster,
    )
    if run is None or run.root is None:
        return trial
    return _with_run(trial, plan, run, run.root)


def _unrecorded(run: LlmRun | None) -> NotRun | None:
    if run is not None and (run.broken or run.unscored_by):
        return "unrecorded"
    return None


def _with_run(trial: Trial, plan: PlannedTrial, run: LlmRun, root: RunTree) -> Trial:
    """Return a trial with what its run has to say."""
    spent, judging, scores = run.spending, run.judging, run.kept_scores
    all_spent = spent + judging
    calls, stamps = model_calls(run.model_calls), root.stamps
    inputs = _NOTHING
    if calls:
        inputs = _inputs(plan, root)
    return replace(
        trial,
        scores=_trial_scores(run) or _NOTHING,
        run_id=run.id,
        latency=_latency(root),
        cold=bool(root.columns.get("cold")),
        total_tokens=spent.tokens,
        total_cost=spent.cost,
        judge_cost=judging.cost,
        llm_calls=spent.all_calls,
        judge_calls=judging.all_calls,
        judge_hits=sum(int(score.metadata.get("cached", 0)) for score in scores.values()),
        replayed_calls=spent.replayed,
        judge_replayed=judging.replayed,
        saved_cost=all_spent.saved,
        recording=_recording(root),
        unpriced=tuple(sorted(spent.unpriced)),
        judge_unpriced=tuple(sorted(judging.unpriced)),
        prompts=prompts_of(stamps) or _NOTHING,
        unfilled=prompts_of(stamps, UNFILLED_KEY) or _NOTHING,
        calls=calls,
        inputs=inputs,
        output=output_text(root.outputs),
    )


def _inputs(plan: PlannedTrial, root: RunTree) -> Mapping[str, Any]:
    """Return the run's inputs as they were logged, after redaction; the example's own dict where they are equal."""
    inputs = root.inputs
    if plan.example is not None and inputs == plan.example.inputs:
        return plan.example.inputs  # ten thousand copies would be a lot of memory
    return inputs


def _trial_scores(run: LlmRun) -> dict[str, TrialScore]:
    gating, fresh = run.gating, run.fresh
    kept = {}
    for key, score in run.kept_scores.items():
        kept[key] = as_trial_score(score, gating=key in gating, fresh=key in fresh)
    return kept


def _latency(root: RunTree) -> float | None:
    """Return the seconds that the app took; None where recorded replies came in place of a model's."""
    if root.columns.get("replayed"):
        return None
    return root.latency


def _recording(root: RunTree) -> str | None:
    """Return what names the recordings of a trial's calls; None where cassettes are off."""
    if root.tracer.recordings is None:
        return None
    return recording_of(root.finished_runs())


def as_trial_score(score: Score, *, gating: bool, fresh: bool = False) -> TrialScore:
    """Return what a trial keeps of a score.

    Args:
        score: As its evaluator gave it.
        gating: Whether an evaluator of the marker's did.
        fresh: Whether a model was asked for it, and not replayed.
    """
    number = score.score
    if number is not None:
        number = float(number)
    return TrialScore(
        score=number,
        value=score.value,
        comment=score.comment,
        error=score.error,
        exempt=score.exempt,
        gating=gating,
        fresh=fresh,
        untimed=score.exempt and bool(score.metadata.get(UNTIMED)),
    )


def end_run(run: LlmRun, root: RunTree, outcome: Outcome, attempt: str) -> dict[str, float]:
    """End a trial's root run, with what became of the trial; return the scores that are numbers."""
    root.abandon_unfinished()
    numbers: dict[str, float] = {}
    for key, score in run.kept_scores.items():
        if score.score is not None:
            numbers[key] = float(score.score)
    root.patch(attempt=attempt, trial_status=outcome.status, scores=numbers)
    if not root.ended:
        run.end(outcome.error)
    return numbers
