"""Baselines recorded from an experiment."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

from pytest_llmobs.baselines.paths import baseline_path, texts_path
from pytest_llmobs.baselines.records import BaselineUpdate
from pytest_llmobs.baselines.update import record_baseline
from pytest_llmobs.experiments.addition import RECORD, addition_notes, addition_remarks, not_the_same
from pytest_llmobs.experiments.references import is_clean, recorded_session
from pytest_llmobs.gate.errors import nothing_ran
from pytest_llmobs.records.experiments import DIRTY, Experiment
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.settings import ADD, Settings
from pytest_llmobs.wording import commit_id, count, listed

_NAMED = 10
"""Examples named in a note; more are counted."""


def record_baselines(
    experiment: Experiment, folder: Path, settings: Settings
) -> tuple[Experiment, Sequence[str]]:
    """Write what ran as the new baselines; nothing is compared with the old ones.

    Args:
        experiment: With its suite scores.
        folder: Of the committed baselines.
        settings: Say whether to keep texts.

    Returns:
        The experiment with notes and errors, and the files that were written or deleted, relative to the current
        folder.

    Raises:
        BaselineError: A file can't be written.
    """
    refusals = list(_refusals(experiment, folder, settings))
    if refusals:  # all suites or none: their passes come from one session
        return _concluded(experiment, refusals), []
    recorded: list[str] = []
    errors: list[str] = []
    notes: list[str] = []
    remarks: list[str] = []
    skipped: list[str] = []
    for plan in experiment.suites:
        update = _record(plan, experiment, folder, settings)
        remarks.extend(addition_remarks(plan, update))
        remarks.extend(_replay_remarks(plan, experiment))
        notes.extend(_notes(plan, update))
        skipped.extend(addition_notes(plan, update, experiment.commands.get("accept_some") or RECORD))
        errors.extend(_errors(plan, update, experiment))
        if update.changes:
            recorded.extend(_touched(folder, plan.name, gone=not update.baseline.rows))
    if recorded:
        notes.extend(_uncommitted(experiment))
    if not (recorded or errors or skipped or experiment.decision.errors or experiment.red):
        errors.extend(_nothing(experiment))
    return _concluded(experiment, errors, [*notes, *skipped], remarks), recorded


def _concluded(
    experiment: Experiment, errors: Sequence[str], notes: Sequence[str] = (), remarks: Sequence[str] = ()
) -> Experiment:
    """Return an experiment that says what came of its recording."""
    decision = experiment.decision
    decision = replace(decision, errors=(*decision.errors, *errors), remarks=(*decision.remarks, *remarks))
    return replace(experiment, notes=(*experiment.notes, *notes), decision=decision)


def _replay_remarks(plan: SuitePlan, experiment: Experiment) -> Iterator[str]:
    """Yield how many of a suite's passes bring no replies of their own."""
    trials = experiment.trials_of(plan.name)
    replayed = sum(bool(trial.llm_calls) and trial.replayed_calls == trial.llm_calls for trial in trials)
    if replayed:
        yield (
            f"{plan.name}: {replayed:,} of {count(len(trials), 'trial')} replayed what was recorded before; "
            "--llm-cassettes=refresh records new replies"
        )


def _uncommitted(experiment: Experiment) -> Iterator[str]:
    """Yield what a baseline of code that no commit has can't do."""
    if experiment.commit and not is_clean(experiment):
        commit = commit_id(experiment.commit.removesuffix(DIRTY))
        yield (
            f"recorded with uncommitted changes to {commit}, so a red build can't be compared with the accepted code; "
            "commit them, and record again"
        )


def _errors(plan: SuitePlan, update: BaselineUpdate, experiment: Experiment) -> Iterator[str]:
    if update.differing:  # another process has recorded something else meanwhile
        yield not_the_same(plan, update.differing, experiment.commands.get("accept") or RECORD)
    if update.cut_short:
        yield _cut_short(plan, update.cut_short, experiment)
    if update.refused:
        yield _refused(plan, update, experiment)


def _refusals(experiment: Experiment, folder: Path, settings: Settings) -> Iterator[str]:
    """Yield why passes can't be added to baselines, before any of them is written."""
    if settings.update_baseline != ADD:
        return
    for plan in experiment.suites:
        update = _record(plan, experiment, folder, settings, dry_run=True)
        if update.differing:
            yield not_the_same(plan, update.differing, experiment.commands.get("accept") or RECORD)


def _nothing(experiment: Experiment) -> Iterator[str]:
    """Yield why nothing was recorded, where nothing else has said it."""
    if not any(map(attrgetter("expected"), experiment.suites)):
        yield nothing_ran([plan.name for plan in experiment.suites if plan.left_out])
    elif not experiment.interrupted:
        statuses = Counter(map(attrgetter("status"), experiment.trials))
        how = ", ".join(f"{number} {status}" for status, number in statuses.items())
        yield f"Nothing was recorded: no example gave a result ({count(len(experiment.trials), 'trial')}: {how})."


def _record(
    plan: SuitePlan, experiment: Experiment, folder: Path, settings: Settings, *, dry_run: bool = False
) -> BaselineUpdate:
    return record_baseline(
        folder,
        plan,
        experiment.trials_of(plan.name),
        source=recorded_session(experiment, plan.name),
        texts=settings.baseline_texts,
        accept_failing=settings.accept_failing,
        add=settings.update_baseline == ADD,
        dry_run=dry_run,
    )


def _touched(folder: Path, suite: str, *, gone: bool) -> list[str]:
    """Return the files of a suite's baseline that there are now, or that were deleted."""
    path = baseline_path(folder, suite)
    if gone:
        return [os.path.relpath(path)]
    return list(map(os.path.relpath, filter(Path.exists, (path, texts_path(path)))))


def _cut_short(plan: SuitePlan, examples: Sequence[str], experiment: Experiment) -> str:
    """Return the error of a suite in which not every repeat was run."""
    expected = Counter(map(attrgetter("example_id"), plan.expected))
    message = (
        f"{plan.name}: not recorded, because not every repeat was run: {listed(examples, _NAMED)}. "
        "What the baseline had of them stays; record them again."
    )
    for example in examples:
        if expected[example] < plan.repeat:  # so its other repeats were not even selected
            return f"{message} --lf may select one repeat of several; -k and a node id select all."
    if any(trial.not_run == "unrecorded" for trial in experiment.trials_of(plan.name)):
        return f"{message} With --llm-cassettes=reuse the missing replies are asked for."
    return message


def _refused(plan: SuitePlan, update: BaselineUpdate, experiment: Experiment) -> str:
    """Return the error of a suite in which most examples never passed, with the commonest of their failures."""
    failing, rows = update.refused, len(update.baseline.rows)
    trials = experiment.trials_of(plan.name)
    remedy = experiment.commands.get("accept_failing") or "add --llm-accept-failing"
    failures = Counter(trial.message for trial in trials if trial.example_id in failing and trial.message)
    often = "".join(f"\nmost often: {text}" for text, _ in failures.most_common(1))
    return (
        f"{plan.name}: not recorded, because {len(failing)} of {count(rows, 'example')} passed in no repeat: "
        f"{listed(failing, _NAMED)}. A baseline of failures accepts them from then on. Mend what fails (a missing "
        f"key, a wrong address?), or {remedy} to record them all the same.{often}"
    )


def _notes(plan: SuitePlan, update: BaselineUpdate) -> list[str]:
    if plan.gone and update.removed:
        return [f"{plan.name}: gone, and its baseline with it"]
    examples_by_title = {
        "known failures from now on": update.known_failures,
        "no longer in the dataset, dropped": update.removed,
        "not recorded, because they gave no result": update.unrecorded,
    }
    if update.refused:
        return []
    remarks = []
    if update.renamed:
        pairs = [f"{old} is now {new}" for new, old in update.renamed.items()]
        remarks.append(f"{plan.name}: renamed: {listed(pairs, _NAMED)}")
    for title, examples in examples_by_title.items():
        if examples:
            remarks.append(f"{plan.name}: {title}: {listed(examples, _NAMED)}")
    return remarks
