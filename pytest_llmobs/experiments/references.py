"""Where the baselines of a session come from: the committed folder, or what ``--llm-baseline`` names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.baselines.line_json import REMEDY
from pytest_llmobs.baselines.paths import baseline_path, texts_path
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.experiments.git import check_revision, read_committed
from pytest_llmobs.files import text_hash
from pytest_llmobs.records.experiments import DIRTY, Experiment
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import listed, nearest

if TYPE_CHECKING:
    from pytest_llmobs.baselines.records import Baseline, RecordedSession

Source = Callable[[str], "Baseline | None"]
"""Returns the baseline of a suite, or None where there is none; raises ``BaselineError``."""

GIT = "git:"
OPTION = "--llm-baseline"
"""Where a reference comes from, for messages."""
_NAMED = 3
"""Suites named in a complaint; more are counted."""


def baseline_source(
    reference: str, directory: Path, rootdir: Path, store: Callable[[], Store], option: str = OPTION
) -> Source:
    """Return where to read baselines.

    Args:
        reference: Empty for the committed folder; a folder or a file; ``git:REVISION``; or an experiment's name.
        directory: The folder of the committed baselines.
        rootdir: Paths are relative to it, and it lies in the git repository that ``git:`` asks.
        store: Opens the store whose experiments may be named.
        option: Where the reference comes from, for messages.

    Raises:
        BaselineError: Nothing of that name exists, or git or the file system refuses.
        StoreError: The experiment of that name is damaged.
    """
    if not reference:
        return partial(_in_folder, directory)
    if reference.startswith(GIT):
        return _in_git(reference.removeprefix(GIT), directory, rootdir, option)
    path = rootdir / reference  # a path first: an experiment may have the name of a folder
    if path.is_dir():
        return partial(_in_folder, path)
    if path.is_file():
        return partial(_in_file, path)
    return _of_experiment(reference, store(), option)


def baselines_of(plans: Iterable[SuitePlan], source: Source) -> dict[str, Baseline | BaselineError]:
    """Return the baselines of some suites, their rows by the names that examples have now.

    One that can't be read is given as its error, so that the gate goes red.
    """
    baselines: dict[str, Baseline | BaselineError] = {}
    for plan in plans:
        try:
            baseline = source(plan.name)
        except BaselineError as error:
            baselines[plan.name] = error
        else:
            if baseline is not None:
                from pytest_llmobs.baselines.renames import follow_renames

                baselines[plan.name] = follow_renames(baseline, plan)
    return baselines


def readable_baseline(suite: str, source: Source) -> Baseline | None:
    """Return the baseline of a suite; None also where it can't be read, for those who only ask what it may be good for.

    What decides something must say that it can't be read: see ``baselines_of``.
    """
    try:
        return source(suite)
    except BaselineError:
        return None


def baseline_of(experiment: Experiment, suite: str) -> Baseline | None:
    """Return what an experiment measured of a suite as a baseline to compare with, or None where it has no such suite.

    The trials of further sessions do not belong to it.
    """
    from pytest_llmobs.baselines.update import updated_baseline  # the committed baselines need nothing of it

    plan = experiment.plan_of(suite)
    if plan is None:
        return None
    trials = experiment.trials_of(suite)
    update = updated_baseline(
        None,
        plan,
        trials,
        source=recorded_session(experiment, suite),
        texts=any(trial.calls or trial.output for trial in trials),
    )
    return update.baseline


def recorded_session(experiment: Experiment, suite: str) -> RecordedSession:
    """Return the session that an experiment's own trials of a suite come from, as a baseline names it.

    Its id follows from the experiment's name and moment, so that whoever records it, and however often, calls it the
    same.
    """
    from pytest_llmobs.baselines.records import BaselineSession, RecordedSession

    commit = None
    if experiment.commit:
        commit = experiment.commit.removesuffix(DIRTY)
    session = BaselineSession(
        recorded=experiment.started,
        commit=commit,
        clean=is_clean(experiment),
        experiment=experiment.name,
        prompts=experiment.prompts.get(suite, {}),
        last_repeat=_last_recorded(experiment.trials_of(suite)),
    )
    key = text_hash(f"{experiment.name}\0{experiment.started}")[:8]
    return RecordedSession(
        key=key, session=session, metadata=experiment.conditions, suite_scores=experiment.suite_scores
    )


def _last_recorded(trials: Iterable[Trial]) -> int:
    """Return the highest number of the trials whose model calls are recorded; 0 where none is."""
    return max((trial.repeat for trial in trials if trial.recording is not None), default=0)


def is_clean(experiment: Experiment) -> bool:
    """Return True where an experiment's commit says which code ran; documents of version 1 say it less often."""
    if not experiment.commit:
        return False
    return experiment.clean or not experiment.commit.endswith(DIRTY)


def useless(
    reference: str,
    plans: Iterable[SuitePlan],
    baselines: Mapping[str, Baseline | BaselineError],
    option: str = OPTION,
) -> str | None:
    """Return what is wrong with a reference that has no baseline of any suite; of a branch that may well be so.

    Args:
        reference: ``--llm-baseline``.
        plans: The session's suites.
        baselines: Theirs.
        option: Where the reference comes from, for messages.
    """
    if not reference or baselines or reference.startswith(GIT):
        return None
    names = [plan.name for plan in plans if plan.expected]
    if not names:
        return None
    return (
        f"{option} {reference!r} has no baseline of {listed(names, _NAMED)}: nothing was compared. Name the "
        "file, folder or experiment that has one, or leave it out."
    )


def _in_folder(directory: Path, suite: str) -> Baseline | None:
    path = baseline_path(directory, suite)
    # what reads one takes long to import, and a first session has none
    if not _is_there(path):
        return None
    from pytest_llmobs.baselines.file import load_baseline

    return _of_suite(load_baseline(path), suite, str(path))


def _is_there(path: Path) -> bool:
    """Return False where there is surely no such file: of one that can't be looked at, whoever reads it says why."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
    return True


def _in_file(path: Path, suite: str) -> Baseline | None:
    from pytest_llmobs.baselines.file import load_baseline

    baseline = load_baseline(path)
    if baseline is not None and baseline.suite == suite:
        return baseline
    return None


def _of_suite(baseline: Baseline | None, suite: str, where: str) -> Baseline | None:
    if baseline is not None and baseline.suite != suite:
        raise BaselineError(f"{where} holds the baseline of {baseline.suite!r}, not of {suite!r}. {REMEDY}")
    return baseline


def _of_experiment(name: str, store: Store, option: str) -> Source:
    from pytest_llmobs.experiments.stored import read_experiment  # the committed baselines need nothing of it

    names = store.experiment_names()
    if name in names:
        return partial(baseline_of, read_experiment(name, store))
    raise BaselineError(
        f"{option} {name!r} is no file, no folder and no experiment.{nearest(name, names)} "
        "Give a path relative to rootdir, git:REVISION (git:main), or a name that 'llmobs experiments' lists."
    )


def _in_git(revision: str, directory: Path, rootdir: Path, option: str) -> Source:
    try:
        check_revision(rootdir, revision)
    except BaselineError as error:
        raise BaselineError(f"{option} git:{revision}: {error}") from None

    return partial(_from_git, revision, directory, rootdir)


def _from_git(revision: str, directory: Path, rootdir: Path, suite: str) -> Baseline | None:
    path = baseline_path(directory, suite)
    content = _read_from_git(revision, path, rootdir)
    if content is None:
        return None
    from pytest_llmobs.baselines.file import parse_baseline

    where = f"{revision}:{path.name}"
    texts = _read_from_git(revision, texts_path(path), rootdir)
    return _of_suite(parse_baseline(content, where, texts), suite, where)


def _read_from_git(revision: str, path: Path, rootdir: Path) -> str | None:
    """Return a file's content in a commit, or None where that has no such file; raises ``BaselineError``."""
    name = Path(os.path.relpath(path, rootdir)).as_posix()
    return read_committed(rootdir, revision, f"./{name}")
