"""What became of a trial, in the words of ``records.trials``: of a test's, and of one that no test consumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from pytest_llmobs.measures.model_calls import model_calls, output_text
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.prompt_uses import UNFILLED_KEY, prompts_of
from pytest_llmobs.records.scores import Score
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
        not_run=outcome.not_run,
        cluster=plan.cluster,
    )
    if run is None or run.root is None:
        return trial
    return _with_run(trial, plan, run, run.root)


def _with_run(trial: Trial, plan: PlannedTrial, run: LlmRun, root: RunTree) -> Trial:
    """Return a trial with what its run has to say."""
    spent, judging, scores = run.spending, run.judging, run.kept_scores
    calls, stamps = model_calls(run.model_calls), root.stamps
    inputs = _NOTHING
    if calls:
        inputs = _inputs(plan, root)
    return replace(
        trial,
        scores={key: as_trial_score(score, gating=key in run.gating) for key, score in scores.items()}
        or _NOTHING,
        run_id=run.id,
        latency=root.latency,
        cold=bool(root.columns.get("cold")),
        total_tokens=spent.tokens,
        total_cost=spent.cost,
        judge_cost=judging.cost,
        llm_calls=spent.calls,
        judge_calls=judging.calls,
        judge_hits=sum(int(score.metadata.get("cached", 0)) for score in scores.values()),
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


def as_trial_score(score: Score, *, gating: bool) -> TrialScore:
    """Return what a trial keeps of a score."""
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
