"""Baselines on disk against those of a git commit, and what of them is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_llmobs.baselines.file import load_baseline, parse_baseline, remove_baseline, save_baseline
from pytest_llmobs.baselines.paths import baseline_files, is_baseline
from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.baselines.removal import without_rows
from pytest_llmobs.baselines.renames import follow_renames
from pytest_llmobs.experiments.git import check_revision, committed_names, read_committed
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import SuitePlan, is_evaluated
from pytest_llmobs.reports.pages.baseline_diff import BaselineChange


def changes_since(directory: Path, ref: str) -> list[BaselineChange]:
    """Return one change for each baseline that differs from the one in a commit.

    Args:
        directory: The folder of the baselines.
        ref: A commit, branch or tag.

    Raises:
        BaselineError: A file is no baseline, or git knows no such commit.
    """
    then = dict(_committed(directory, ref))
    now = dict(_on_disk(directory))
    changes = []
    for name in sorted({*then, *now}):
        old, new = then.get(name), now.get(name)
        if old != new:
            changes.append(BaselineChange(path=f"{directory.name}/{name}", then=old, now=new))
    return changes


def prune(
    directory: Path, rootdir: Path, experiments: Sequence[Experiment], *, dry_run: bool = False
) -> Iterator[str]:
    """Drop what is gone, and yield what was: baselines whose test is, rows whose example is, names that others took.

    A test or an example is gone where the newest whole experiment did not have it.

    Args:
        directory: The folder of the baselines.
        rootdir: What test files are relative to.
        experiments: The newest first.
        dry_run: Only say what would be dropped.

    Raises:
        BaselineError: A file is no baseline, or can't be written.
    """
    plans = _newest_whole(experiments)
    for path in baseline_files(directory):
        baseline = load_baseline(path)
        if baseline is None:
            continue
        plan = plans.get(baseline.suite)
        missing = _missing(baseline, plan, rootdir)
        if plan is not None and missing is None:
            baseline = follow_renames(baseline, plan)
        gone = _gone(baseline, plan)
        if missing is not None:
            yield f"{path.name}: {baseline.suite} has no {missing} any more"
            if not dry_run:
                remove_baseline(path)
        elif gone or baseline.renamed:
            yield f"{path.name}: {'; '.join(_told(baseline, gone))}"
            if not dry_run:
                save_baseline(path, without_rows(baseline, gone))


def _on_disk(directory: Path) -> Iterator[tuple[str, Baseline]]:
    """Yield the baselines in the folder by their files' names, without texts: git is asked for none either."""
    for path in baseline_files(directory):
        baseline = load_baseline(path)
        if baseline is not None:
            yield path.name, replace(baseline, texts=None)


def _committed(directory: Path, ref: str) -> Iterator[tuple[str, Baseline]]:
    """Yield the baselines of a commit by their files' names."""
    check_revision(directory.resolve(), ref)
    for name in committed_names(directory, ref):
        content = read_committed(directory, ref, f"./{name}") if is_baseline(name) else None
        if content is not None:
            yield name, parse_baseline(content, f"{ref}:{name}")


def _newest_whole(experiments: Sequence[Experiment]) -> Mapping[str, SuitePlan]:
    plans: dict[str, SuitePlan] = {}
    for experiment in experiments:
        for plan in experiment.suites:
            if not (experiment.interrupted or plan.partial):
                plans.setdefault(plan.name, plan)
    return plans


def _missing(baseline: Baseline, plan: SuitePlan | None, rootdir: Path) -> str | None:
    """Return what a baseline's suite has lost, its test file or its test, or None."""
    if is_evaluated(baseline.suite):  # no test belongs to it
        return None
    if not rootdir.joinpath(baseline.suite.partition("::")[0]).exists():
        return "test file"
    if plan is not None and plan.gone:
        return "test"
    return None


def _gone(baseline: Baseline, plan: SuitePlan | None) -> list[str]:
    if plan is None:
        return []
    expected = plan.example_ids
    return [example for example in baseline.rows if example not in expected]


def _told(baseline: Baseline, gone: Sequence[str]) -> Iterator[str]:
    if gone:
        yield f"{', '.join(gone)}: no longer in the dataset"
    for new, old in baseline.renamed.items():
        yield f"the name {old}: its row goes to {new} now, which has its content"
