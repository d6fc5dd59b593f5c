"""How an evaluation begins and ends: its experiment without a trial, and the one ending of every experiment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_llmobs.evaluators.suites import BoundSummary
from pytest_llmobs.experiments.conclude import Conclusion, Surroundings, conclude
from pytest_llmobs.experiments.conditions import conditions
from pytest_llmobs.experiments.evaluation.planning import EvaluationRequest
from pytest_llmobs.experiments.evaluation.setup import Setup
from pytest_llmobs.experiments.git import commit_problem, current_commit, is_clean
from pytest_llmobs.records.experiments import Experiment, SuiteScore
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.wording import shell_line

UNLOOKED = "an evaluation that has ended runs no example again; the same suite as a test can"
"""What is said of a verdict where the gate would have looked again."""


def begun(request: EvaluationRequest, setup: Setup, earlier: Experiment | None = None) -> Experiment:
    """Return the experiment before its first trial.

    Args:
        request: What is evaluated.
        setup: What it runs with.
        earlier: The experiment that goes on, as far as it came.
    """
    commit = current_commit(setup.rootdir)
    notes = []
    if commit is None and (problem := commit_problem(setup.rootdir)):
        notes.append(problem)
    head = Experiment(
        name=setup.name,
        started=setup.started,
        duration=0.0,
        suites=(request.plan(setup.redaction),),
        commit=commit,
        clean=commit is not None and is_clean(setup.rootdir, setup.baseline_folder),
        conditions=conditions(setup.settings),
        description=setup.redaction.clean_if_suspect(request.description),
        metadata=setup.redaction.clean_if_suspect(dict(request.metadata)),
        commands=commands(setup.name),
        notes=tuple(notes),
    )
    if earlier is None:
        return head
    return replace(
        head,
        started=earlier.started,
        duration=earlier.duration,
        description=head.description or earlier.description,
        metadata={**earlier.metadata, **head.metadata},
        earlier_scores=earlier.earlier_scores,
    )


def commands(name: str) -> dict[str, str]:
    """Return what a report suggests: no test belongs to an evaluation, so pytest can't run it again."""
    accept = shell_line(["llmobs", "baseline", "accept", name])
    return {
        "accept": accept,
        "accept_some": accept,
        "rerun": shell_line(["llmobs", "show", name, "--all"]),
        "accept_failing": "add --failing to that command",
    }


def concluded(
    experiment: Experiment,
    setup: Setup,
    summaries: Sequence[BoundSummary],
    known_scores: Sequence[SuiteScore] = (),
    *,
    recall: bool = False,
) -> Conclusion:
    """Decide, explain and keep, as a session of pytest does.

    Args:
        experiment: Everything that ran.
        setup: What it ran with; its runs are sealed.
        summaries: The summary evaluators that are asked now.
        known_scores: What others have said before.
        recall: Whether trials come from a document or a journal, so that their texts are in the store alone.

    Raises:
        LlmobsError: A baseline can't be written.
    """
    accept = experiment.commands.get("accept", "")

    def find(plan: SuitePlan) -> Sequence[BoundSummary]:
        return summaries

    surroundings = Surroundings(
        settings=setup.settings,
        store=setup.store,
        baseline_of=setup.baseline_of,
        baseline_folder=setup.baseline_folder,
        find_summaries=find,
        known_scores=known_scores,
        record_command=lambda suite: accept,
        unlooked=UNLOOKED,
        recall=recall,
        remote=setup.remote if setup.stored else None,
    )
    return conclude(experiment, surroundings)
