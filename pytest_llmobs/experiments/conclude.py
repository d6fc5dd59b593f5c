"""The one ending of an experiment: decide, look again, explain, keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import BaselineError, StoreError
from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.experiments.git import same_code
from pytest_llmobs.experiments.references import OPTION, Source, baselines_of, useless
from pytest_llmobs.experiments.shards import Shard
from pytest_llmobs.gate.asking import TakeLook
from pytest_llmobs.gate.decide import decide
from pytest_llmobs.gate.errors import RecordCommand, record_command
from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import Experiment, SuiteScore
from pytest_llmobs.records.looks import Look, LookRequest
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.prompt_uses import suites_prompts
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.settings import Settings
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.wording import shell_line

if TYPE_CHECKING:  # most sessions upload nothing
    from pytest_llmobs.baselines.records import Baseline
    from pytest_llmobs.experiments.suite_scores import Find
    from pytest_llmobs.storage.remote.filesystem import RemoteFiles


NOTHING_ASKED = "nothing is asked in --llm-cassettes=only"
"""Why there is one look: a further one would ask for replies that aren't recorded."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What an experiment is concluded in: whoever ran it brings these."""

    settings: Settings
    store: Store
    """Has the runs, sealed, and gets the experiment's document."""
    baseline_of: Source
    """Returns the accepted baseline of a suite."""
    baseline_folder: Path
    """Where new baselines are recorded."""
    find_summaries: Find
    """Finds the summary evaluators of a suite."""
    redaction: Redaction
    """Cleans what they say before it is kept."""
    baseline_option: str = OPTION
    """Where the baseline's reference comes from, for messages."""
    record_command: RecordCommand = record_command
    """Returns the command that records a suite's baseline."""
    look: TakeLook | None = None
    """Runs what a further look of the gate needs; None where nothing can be run again."""
    unlooked: str = ""
    """What to note of a verdict by one look, where the gate would have gone on."""
    known_scores: Sequence[SuiteScore] = ()
    """What summary evaluators have said before that aren't asked again."""
    recall: bool = False
    """True where the trials come from documents: what they sent and answered is then read from the store, where an
    example is to be explained."""
    debugging: bool = False
    """True where the first failure was to stop the session: then a failed assertion failed its test at once."""
    prompt_folder: Path | None = None
    """Where the prompts' files lie, that say what their commits changed; None where nobody asks them."""
    remote: RemoteFiles | None = None
    """Where the store is uploaded to."""


@dataclass(frozen=True)
class Conclusion:
    """A concluded experiment."""

    experiment: Experiment
    recorded: Sequence[str] = ()
    """Baseline files that were written or deleted, relative to the current folder."""

    @property
    def red(self) -> bool:
        """True where the build must fail."""
        return self.experiment.decision.red


def conclude(experiment: Experiment, surroundings: Surroundings) -> Conclusion:
    """Judge what ran, and write its document and, on request, its baselines.

    Args:
        experiment: Everything that ran, not judged yet; errors that its decision has already, stay.
        surroundings: What it is concluded in.

    Raises:
        LlmobsError: A baseline can't be written.
    """
    settings = surroundings.settings
    experiment = replace(experiment, prompts=suites_prompts(experiment.trials))
    if settings.shard:  # nothing is compared before all parts are together
        shard = Shard.parse(settings.shard)
        part = replace(experiment, name=shard.name(experiment.name), shard=str(shard))
        return keep(Conclusion(part), surroundings, _for_the_merge(part, surroundings))
    # before the verdict, which may be about them
    experiment = replace(experiment, suite_scores=_suite_scores(experiment, surroundings))
    return keep(judge(experiment, surroundings), surroundings)


def _suite_scores(experiment: Experiment, surroundings: Surroundings) -> tuple[SuiteScore, ...]:
    """Return what summary evaluators say, of runs in the store, where every process has sealed its own."""
    if not any(plan.summaries for plan in experiment.suites):
        return tuple(surroundings.known_scores)
    # 4 ms with all that summary evaluators are bound with, and most suites have none
    from pytest_llmobs.experiments.suite_scores import suite_scores

    return suite_scores(
        experiment,
        surroundings.store,
        surroundings.find_summaries,
        surroundings.redaction,
        known=surroundings.known_scores,
    )


def judge(experiment: Experiment, surroundings: Surroundings) -> Conclusion:
    """Judge what ran and, on request, write its baselines; the experiment's document stays as it is.

    Args:
        experiment: Everything that ran, with what summary evaluators say of it.
        surroundings: What it is judged in.

    Raises:
        LlmobsError: A baseline can't be written.
    """
    if surroundings.settings.update_baseline:
        from pytest_llmobs.experiments.recording import record_baselines  # most sessions record nothing

        experiment, recorded = record_baselines(
            experiment, surroundings.baseline_folder, surroundings.settings
        )
        return Conclusion(experiment, recorded)
    return Conclusion(_judged(experiment, surroundings))


def _judged(experiment: Experiment, surroundings: Surroundings) -> Experiment:
    """Decide, with further looks where the gate asks for them, and explain what is red."""
    baselines = baselines_of(experiment.suites, surroundings.baseline_of)
    if experiment.commit:
        baselines = _of_same_code(baselines, experiment.commit, surroundings.baseline_folder)
    if experiment.prompts and surroundings.prompt_folder is not None:
        from pytest_llmobs.experiments.prompt_descriptions import described  # most apps have no such prompts

        baselines = described(baselines, experiment.prompts, surroundings.prompt_folder)
    looks: list[Look] = []
    take, unlooked = _who_looks(surroundings)
    judge = partial(
        decide,
        experiment.suites,
        baselines=baselines,
        settings=surroundings.settings,
        look=_kept_look(take, looks),
        commit=experiment.commit,
        suite_scores=experiment.suite_scores,
        conditions=experiment.conditions,
        unlooked=unlooked,
        record_command=surroundings.record_command,
    )
    decision = judge(experiment.trials)
    if surroundings.recall and decision.examples:
        decision = judge(_recalled(experiment, decision, surroundings.store))
    notes = list(experiment.notes)
    for look in looks:
        notes.extend(look.notes)
    return replace(
        experiment,
        decision=_completed(decision, experiment, baselines, surroundings),
        looks=(*experiment.looks, *looks),
        notes=tuple(notes),
    )


def _who_looks(surroundings: Surroundings) -> tuple[TakeLook | None, str]:
    """Return what runs a further look, and why nobody can."""
    if surroundings.settings.cassettes == "only":
        return None, NOTHING_ASKED
    return surroundings.look, surroundings.unlooked


def _kept_look(take: TakeLook | None, looks: list[Look]) -> TakeLook | None:
    """Return a look that is kept with the experiment once it was taken; None where nobody can look."""
    if take is None:
        return None

    def look(request: LookRequest) -> Look:
        looks.append(take(request))
        return looks[-1]

    return look


def _of_same_code(
    baselines: Mapping[str, Baseline | BaselineError], commit: str, folder: Path
) -> dict[str, Baseline | BaselineError]:
    """Return the baselines, each with its commits whose code is today's: recording one makes a commit, too."""
    same = cache(partial(same_code, folder, now=commit))
    known: dict[str, Baseline | BaselineError] = {}
    for suite, baseline in baselines.items():
        known[suite] = baseline
        if not isinstance(baseline, BaselineError):
            commits = set(filter(None, map(baseline.code_of, baseline.rows)))
            known[suite] = replace(baseline, same_code=tuple(filter(same, sorted(commits))))
    return known


def _recalled(experiment: Experiment, decision: Decision, store: Store) -> Sequence[Trial]:
    """Return the trials, those to be explained with what they sent and answered."""
    from pytest_llmobs.experiments.stored_trials import recalled

    examples = {(row.suite, row.example_id) for row in decision.examples}
    return recalled(experiment.trials, store, experiment.name, examples)


def _completed(
    decision: Decision,
    experiment: Experiment,
    baselines: Mapping[str, Baseline | BaselineError],
    surroundings: Surroundings,
) -> Decision:
    """Return a decision with what isn't the gate's to see: earlier errors, a useless reference, ungated failures."""
    errors = [*experiment.decision.errors, *decision.errors]
    problem = useless(
        surroundings.settings.baseline, experiment.suites, baselines, surroundings.baseline_option
    )
    if problem:
        errors.append(problem)
    ungated = 0
    for trial in experiment.trials:
        if _failed_its_test(trial, baselines, surroundings):
            ungated += 1
    return replace(decision, errors=tuple(errors), ungated=ungated)


def _failed_its_test(
    trial: Trial, baselines: Mapping[str, Baseline | BaselineError], surroundings: Surroundings
) -> bool:
    """Tell whether a failed assertion failed its test: the plugin lets a gate judge only what has a row to go by.

    And not even that where the first failure is to stop the session, unless it is a known one.
    """
    if trial.status != "failed":
        return False
    baseline = baselines.get(trial.suite)
    if surroundings.settings.strict or baseline is None or isinstance(baseline, BaselineError):
        return True
    if baseline.row_of(trial.example_id, trial.example_hash) is None:
        return True
    return surroundings.debugging and not baseline.known_failure(trial.example_id)


def _for_the_merge(experiment: Experiment, surroundings: Surroundings) -> Mapping[str, Any]:
    """Return what a merge can't see of this session: it has neither its options nor its ini file."""
    settings = surroundings.settings
    return {
        "settings": {
            "fail_on": settings.fail_on,
            "baseline": settings.baseline,
            "baseline_dir": settings.baseline_dir,
        },
        "baselines": _digests(experiment.suites, surroundings.baseline_of),
        "exit_status": experiment.end.exit_status,
    }


def _digests(plans: Sequence[SuitePlan], source: Source) -> dict[str, str]:
    """Return suite -> hash of its baseline."""
    digests = {}
    for suite, baseline in baselines_of(plans, source).items():
        if not isinstance(baseline, BaselineError):
            digests[suite] = baseline.digest()
    return digests


def keep(
    conclusion: Conclusion, surroundings: Surroundings, further: Mapping[str, Any] | None = None
) -> Conclusion:
    """Write the experiment's document, and upload it where the store is uploaded.

    Where the disk refuses, the build is red and the report is shown all the same.

    Args:
        conclusion: What is kept.
        surroundings: Has the store.
        further: What the document holds besides.
    """
    experiment = conclusion.experiment
    document = {**experiment_to_dict(experiment), **(further or {})}
    try:
        surroundings.store.write_experiment(experiment.name, document)
    except StoreError as error:
        decision = experiment.decision
        decision = replace(decision, errors=(*decision.errors, str(error)))
        conclusion = replace(conclusion, experiment=replace(experiment, decision=decision))
    if surroundings.remote is None:
        return conclusion
    return _uploaded(conclusion, surroundings.store, surroundings.remote)


def _uploaded(conclusion: Conclusion, store: Store, remote: RemoteFiles) -> Conclusion:
    """Upload what is sealed; what can't be uploaded stays here, and the report says how to do it later."""
    from pytest_llmobs.storage.remote.uploads import upload

    try:
        store.seal()
        problems = upload(store.layout, remote).problems
        if problems:
            notes = (*conclusion.experiment.notes, *problems)
            return replace(conclusion, experiment=replace(conclusion.experiment, notes=notes))
    except StoreError as error:
        later = shell_line(["llmobs", "upload", remote.shown])
        note = f"{error} Nothing is lost, everything is in {str(store.root)!r}; upload it later: {later}"
        decision = conclusion.experiment.decision
        decision = replace(decision, notes=(note, *decision.notes))  # of many notes a report shows the first
        return replace(conclusion, experiment=replace(conclusion.experiment, decision=decision))
    return conclusion
