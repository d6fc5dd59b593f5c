"""Baselines on disk against those of a git commit, and what of them is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_llmobs.baselines.file import (
    baseline_files,
    is_baseline,
    load_baseline,
    parse_baseline,
    remove_baseline,
    save_baseline,
)
from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.baselines.texts import updated_texts
from pytest_llmobs.experiments.git import check_revision, git
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import SuitePlan
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
    now = {
        path.name: replace(found, texts=None)
        for path in baseline_files(directory)
        if (found := load_baseline(path))
    }
    pairs = ((name, then.get(name), now.get(name)) for name in sorted({*then, *now}))
    return [
        BaselineChange(path=f"{directory.name}/{name}", then=old, now=new)
        for name, old, new in pairs
        if old != new
    ]


def prune(
    directory: Path, rootdir: Path, experiments: Sequence[Experiment], *, dry_run: bool = False
) -> Iterator[str]:
    """Drop what is gone, and yield what was: baselines whose test is, rows whose example is.

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
        missing = not (rootdir / baseline.suite.partition("::")[0]).exists()
        if missing or (plan is not None and plan.gone):
            yield f"{path.name}: {baseline.suite} has no test{' file' if missing else ''} any more"
            if not dry_run:
                remove_baseline(path)
        elif gone := _gone(baseline, plan):
            yield f"{path.name}: {', '.join(gone)}: no longer in the dataset"
            if not dry_run:
                save_baseline(path, _without(baseline, gone))


def _committed(directory: Path, ref: str) -> Iterator[tuple[str, Baseline]]:
    check_revision(directory.resolve(), ref)
    for name in git(directory, "ls-tree", "--name-only", ref, "./").stdout.splitlines():
        if is_baseline(name):
            yield name, parse_baseline(git(directory, "show", f"{ref}:./{name}").stdout, f"{ref}:{name}")


def _newest_whole(experiments: Sequence[Experiment]) -> Mapping[str, SuitePlan]:
    plans: dict[str, SuitePlan] = {}
    for experiment in experiments:
        for plan in experiment.suites:
            if not (experiment.interrupted or plan.partial):
                plans.setdefault(plan.name, plan)
    return plans


def _gone(baseline: Baseline, plan: SuitePlan | None) -> list[str]:
    if plan is None:
        return []
    expected = {trial.example_id for trial in plan.expected}
    return [example for example in baseline.rows if example not in expected]


def _without(baseline: Baseline, gone: Sequence[str]) -> Baseline:
    rows = {example: row for example, row in baseline.rows.items() if example not in gone}
    texts = None if baseline.texts is None else updated_texts(baseline.texts, list(rows), ())
    return replace(baseline, rows=rows, texts=texts)
