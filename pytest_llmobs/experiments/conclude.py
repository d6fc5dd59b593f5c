"""From trials to a verdict: decide, confirm, record, keep."""

from __future__ import annotations

import os
import shlex
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from pytest_llmobs.baselines.file import texts_path
from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.baselines.update import BaselineUpdate, baseline_path, record_baseline
from pytest_llmobs.errors import BaselineError, StoreError
from pytest_llmobs.experiments.documents import experiment_from_dict, experiment_to_dict
from pytest_llmobs.experiments.references import baselines_of, useless
from pytest_llmobs.experiments.shards import Shard
from pytest_llmobs.experiments.suite_scores import Find, suite_scores
from pytest_llmobs.gate.decide import decide
from pytest_llmobs.records.decisions import Rerun
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.session import Session, git_commit
from pytest_llmobs.settings import Settings
from pytest_llmobs.wording import count, listed


class Confirmation(Protocol):
    """What a confirming session came back with."""

    @property
    def trials(self) -> Sequence[Trial]:
        """Its trials."""
        ...

    @property
    def error(self) -> str | None:
        """Why there is none."""
        ...


_NAMED = 10
"""Examples named in a note; more are counted."""

Confirm = Callable[[Sequence[Rerun]], Confirmation]


@dataclass(frozen=True)
class Conclusion:
    """A concluded experiment."""

    experiment: Experiment
    recorded: Sequence[str] = ()
    """Baseline files that were written, relative to the current folder: as ``git add`` takes them."""

    @property
    def red(self) -> bool:
        """True where the build must fail."""
        return self.experiment.decision.red


def conclude(
    session: Session,
    plans: Sequence[SuitePlan],
    trials: Sequence[Trial],
    *,
    duration: float,
    interrupted: bool,
    confirm: Confirm | None,
    notes: Sequence[str] = (),
    find_summaries: Find,
    exit_status: int = 0,
) -> Conclusion:
    """Judge the trials of a session, and write its experiment file and, on request, its baselines.

    Args:
        session: The session, with settings and store.
        plans: What collection promised.
        trials: What ran.
        duration: Seconds of the session so far.
        interrupted: True where it ended early.
        confirm: Runs a confirming session; None where there must be none.
        notes: Further notes for the report.
        find_summaries: Finds the summary evaluators of a suite.
        exit_status: Pytest's, which a shard keeps for the merge.
    """
    experiment = Experiment(
        name=session.identity.name,
        started=session.identity.started,
        duration=duration,
        suites=tuple(plans),
        trials=tuple(trials),
        commit=git_commit(session.rootdir),
        interrupted=interrupted,
        notes=tuple(notes),
    )
    if session.settings.shard:
        conclusion = Conclusion(_part(session, experiment))
    else:
        scores = suite_scores(experiment, session.store, find_summaries)
        experiment = replace(experiment, suite_scores=scores)
        if session.settings.update_baseline:
            conclusion = _record(session, experiment)
        else:
            conclusion = Conclusion(_judged(session, experiment, confirm))
    conclusion = _uploaded(session, _kept(session, conclusion, exit_status))
    shutil.rmtree(session.store.root / "sessions" / session.identity.session, ignore_errors=True)
    return conclusion


def _part(session: Session, experiment: Experiment) -> Experiment:
    """Return one shard's experiment: nothing is compared before all parts are together."""
    shard = Shard.parse(session.settings.shard)
    return replace(experiment, name=shard.name(experiment.name), shard=str(shard))


def _kept(session: Session, conclusion: Conclusion, exit_status: int) -> Conclusion:
    """Write the experiment's file; where the disk refuses, the build is red and the report is shown all the same."""
    experiment = conclusion.experiment
    document = experiment_to_dict(experiment)
    if experiment.shard:
        document |= _for_the_merge(session, experiment.suites, exit_status)
    try:
        session.store.write_experiment(experiment.name, document)
    except StoreError as error:
        decision = replace(experiment.decision, errors=(*experiment.decision.errors, str(error)))
        return replace(conclusion, experiment=replace(experiment, decision=decision))
    return conclusion


def _for_the_merge(session: Session, plans: Sequence[SuitePlan], exit_status: int) -> dict[str, Any]:
    """Return what a merge can't see: it has neither this session's options nor its ini file nor its outcome."""
    settings = session.settings
    found = baselines_of(plans, session.baseline)
    return {
        "settings": {name: getattr(settings, name) for name in ("fail_on", "baseline", "baseline_dir")},
        "baselines": {suite: each.digest() for suite, each in found.items() if isinstance(each, Baseline)},
        "exit_status": exit_status,
    }


def _uploaded(session: Session, conclusion: Conclusion) -> Conclusion:
    """Upload what is sealed; what can't be uploaded stays here, and the report says how to do it later."""
    if session.remote is None:
        return conclusion
    try:
        session.upload()
    except StoreError as error:
        later = shlex.join(["llmobs", "upload", session.remote.shown])
        told = (
            f"{error} Nothing is lost, everything is in {str(session.store.root)!r}; upload it later: {later}"
        )
        decision = conclusion.experiment.decision
        first = replace(decision, notes=(told, *decision.notes))  # of many notes a report shows the first
        return replace(conclusion, experiment=replace(conclusion.experiment, decision=first))
    return conclusion


def _record(session: Session, experiment: Experiment) -> Conclusion:
    """Write what ran as the new baselines; nothing is compared with the old ones."""
    recorded: list[str] = []
    errors: list[str] = []
    notes = list(experiment.notes)
    metadata = {"recorded": experiment.started, "experiment": experiment.name}
    if experiment.commit:
        metadata["commit"] = experiment.commit
    for plan in experiment.suites:
        trials = [trial for trial in experiment.trials if trial.suite == plan.name]
        folder = session.baseline_folder
        update = record_baseline(
            folder,
            plan,
            trials,
            metadata=metadata,
            texts=session.settings.baseline_texts,
            suite_scores=experiment.suite_scores,
        )
        notes.extend(_remarks(plan, update))
        if update.cut_short:
            expected = Counter(trial.example_id for trial in plan.expected)
            unselected = any(expected[example] < plan.repeat for example in update.cut_short)
            hint = " --lf may select one repeat of several; -k and a node id select all." * unselected
            errors.append(
                f"{plan.name}: not recorded, because not every repeat was run: {listed(update.cut_short, _NAMED)}. "
                f"What the baseline had of them stays; record them again.{hint}"
            )
        if update.recorded:
            path = baseline_path(folder, plan.name)
            written = [each for each in (path, texts_path(path)) if each.exists()]
            recorded.extend(os.path.relpath(each) for each in written)
    decision = replace(experiment.decision, errors=tuple(errors))
    return Conclusion(replace(experiment, notes=tuple(notes), decision=decision), recorded)


def _remarks(plan: SuitePlan, update: BaselineUpdate) -> list[str]:
    if plan.gone:
        return [f"{plan.name}: gone, and its baseline with it; `git add` takes the deletion too"]
    lists = {
        "known failures from now on": update.known_failures,
        "no longer in the dataset, dropped": update.removed,
        "not recorded, because they gave no result": update.unrecorded,
    }
    return [f"{plan.name}: {title}: {listed(names, _NAMED)}" for title, names in lists.items() if names]


def announcement(session: Session, plans: Sequence[SuitePlan]) -> str:
    """Return the line that says what recording a baseline will take, by what the last experiment took."""
    trials = sum(len(plan.expected) for plan in plans)
    examples = sum(len({trial.example_id for trial in plan.expected}) for plan in plans)
    each = count(trials // max(examples, 1), "fresh repeat")
    line = f"recording a baseline: {count(examples, 'example')} x {each} = {count(trials, 'trial')}"
    past = _past_trials(session, {plan.name for plan in plans})
    if not past:
        return f"{line}; what they cost is unknown until a first experiment ran"
    share = trials / len(past)
    calls = round(sum(trial.llm_calls + trial.judge_calls + trial.judge_hits for trial in past) * share)
    known = [cost for trial in past for cost in (trial.total_cost, trial.judge_cost) if cost is not None]
    # A verdict that the cache had at hand cost nothing then, and is asked for now.
    least = "at least" if any(trial.judge_hits for trial in past) else "about"
    cost = f", {least} ${sum(known) * share:.4f}" if known else ""
    return f"{line}; by the last experiment about {count(calls, 'model call')}{cost}"


def _past_trials(session: Session, suites: set[str]) -> list[Trial]:
    for head in reversed(session.store.experiments(heads=True)):
        if suites & {suite["name"] for suite in head.get("suites", ())}:
            document = session.store.read_experiment(head["name"])
            trials = [trial for trial in experiment_from_dict(document).trials if trial.suite in suites]
            if trials:
                return trials
    return []


def _judged(session: Session, experiment: Experiment, confirm: Confirm | None) -> Experiment:
    baselines = baselines_of(experiment.suites, session.baseline)
    plans, trials, settings = experiment.suites, experiment.trials, session.settings
    judge = partial(
        decide,
        plans,
        trials,
        baselines,
        settings,
        commit=experiment.commit,
        suite_scores=experiment.suite_scores,
    )
    decision = judge()
    confirmation: Sequence[Trial] = ()
    notes = experiment.notes
    if decision.reruns and confirm is not None and settings.confirm:
        answer = confirm(decision.reruns)
        if answer.error is not None:
            notes = (*notes, answer.error)
        else:
            confirmation = tuple(answer.trials)
            decision = judge(confirmation)
    if problem := useless(settings.baseline, plans, baselines):
        decision = replace(decision, errors=(*decision.errors, problem))
    decision = replace(decision, ungated=sum(_ungated(each, baselines, settings) for each in trials))
    return replace(experiment, decision=decision, confirmation=confirmation, notes=notes)


def _ungated(trial: Trial, baselines: Mapping[str, Baseline | BaselineError], settings: Settings) -> bool:
    """Tell whether a failed assertion failed its test: the plugin lets a gate judge only what has a row to go by."""
    if trial.status != "failed" or settings.strict:
        return trial.status == "failed"
    baseline = baselines.get(trial.suite)
    return not isinstance(baseline, Baseline) or baseline.row_of(trial.example_id, trial.example_hash) is None
