"""How an evaluation ends: the one ending of every experiment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_llmobs.evaluators.suites import BoundSummary
from pytest_llmobs.experiments.conclude import Conclusion, Surroundings, conclude
from pytest_llmobs.experiments.evaluation.setup import Setup
from pytest_llmobs.experiments.git import commit_problem, current_commit, is_clean
from pytest_llmobs.records.experiments import Experiment, SuiteScore
from pytest_llmobs.records.plans import SuitePlan

UNLOOKED = "an evaluation that has ended runs no example again; the same suite as a test can"
"""What is said of a verdict where the gate would have looked again."""


def with_commit(experiment: Experiment, setup: Setup) -> Experiment:
    """Return an experiment that says which code ran."""
    commit = current_commit(setup.rootdir)
    notes = experiment.notes
    if commit is None and (problem := commit_problem(setup.rootdir)):
        notes = (*notes, problem)
    clean = is_clean(setup.rootdir, setup.baseline_folder, commit)
    return replace(experiment, commit=commit, clean=clean, notes=notes)


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
        prompt_folder=setup.prompt_folder,
        find_summaries=find,
        redaction=setup.redaction,
        known_scores=known_scores,
        record_command=lambda suite: accept,
        unlooked=UNLOOKED,
        recall=recall,
        remote=setup.remote if setup.stored else None,
    )
    return conclude(experiment, surroundings)
