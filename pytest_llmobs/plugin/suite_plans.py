"""The plans of all suites, made of the selected items: what a session promises to run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.errors import BaselineError
from pytest_llmobs.plugin.selection import asked_files
from pytest_llmobs.plugin.suites import SuiteSource, TrialPlan
from pytest_llmobs.records.plans import ExpectedTrial, GateRule, SuitePlan
from pytest_llmobs.tracing import capture

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator
    from pytest_llmobs.evaluators.suites import BoundSummary
    from pytest_llmobs.plugin.suites import Suites
    from pytest_llmobs.tracing.redaction.pipeline import Redaction


@dataclass
class _Gathered:
    """What the items of one suite come to."""

    first: TrialPlan
    gates: list[GateRule] = field(default_factory=list)
    """Of all its tests: those without a dataset share their module's suite."""
    expected: dict[tuple[str, int], ExpectedTrial] = field(default_factory=dict)
    """By example and repeat: with ``--keep-duplicates`` one runs twice, and the last counts."""
    lines: dict[str, int] = field(default_factory=dict)
    """Test function -> its line."""
    elsewhere: dict[str, str] = field(default_factory=dict)
    """Examples that other shards run: id -> content hash."""


def suite_plans(items: Iterable[pytest.Item], suites: Suites, redaction: Redaction) -> list[SuitePlan]:
    """Return the plans of all suites with the trials expected of them; call after the selection.

    Metadata, and what ``must_pass`` compares it with, go through ``redaction``: a manifest is a file.
    """
    by_suite: dict[str, _Gathered] = {}
    for item in items:
        plan = suites.plan_of(item)
        if plan is not None:
            gathered = _gather(by_suite, plan, redaction)
            gathered.expected[plan.example_id, plan.repeat] = _expected_trial(plan, redaction)
            _note_line(gathered, plan, item)
    for plan in suites.elsewhere:
        gathered = _gather(by_suite, plan, redaction)
        gathered.elsewhere[plan.example_id] = plan.example_hash
    for plan in suites.collected.values():  # what was left out altogether is told
        if plan.suite not in by_suite:
            _gather(by_suite, plan, redaction)
    plans = []
    for gathered in by_suite.values():
        plans.append(_suite_plan(gathered, suites))
    return plans


def _gather(by_suite: dict[str, _Gathered], plan: TrialPlan, redaction: Redaction) -> _Gathered:
    """Return what there is of a trial's suite, its gates included."""
    gathered = by_suite.get(plan.suite)
    if gathered is None:
        gathered = by_suite[plan.suite] = _Gathered(plan)
    for gate in plan.source.gates:
        cleaned = gate
        if gate.must_pass:
            cleaned = replace(gate, must_pass=redaction.clean_if_suspect(gate.must_pass))
        if cleaned not in gathered.gates:
            gathered.gates.append(cleaned)
    return gathered


def _note_line(gathered: _Gathered, plan: TrialPlan, item: pytest.Item) -> None:
    """Keep the line of an item's function, from 1; pytest counts from 0."""
    function = plan.nodeid.removeprefix(f"{plan.path}::").partition("[")[0]
    if function not in gathered.lines:
        line = item.reportinfo()[1]
        if line is not None:
            gathered.lines[function] = line + 1


def _expected_trial(plan: TrialPlan, redaction: Redaction) -> ExpectedTrial:
    metadata = plan.example.metadata if plan.example is not None else {}
    return ExpectedTrial(
        example_id=plan.example_id,
        example_hash=plan.example_hash,
        repeat=plan.repeat,
        nodeid=plan.nodeid,
        metadata=redaction.clean_if_suspect(metadata),
    )


def _suite_plan(gathered: _Gathered, suites: Suites) -> SuitePlan:
    plan, source = gathered.first, gathered.first.source
    dataset_name = dataset_version = ""
    if source.dataset is not None:
        dataset_name = source.dataset.source or source.dataset.name
        dataset_version = (source.whole or source.dataset).version
    return SuitePlan(
        name=plan.suite,
        path=plan.path,
        dataset=dataset_name,
        dataset_version=dataset_version,
        metrics=_versions(source.evaluators),
        summaries=_versions(source.summaries),
        gates=tuple(gathered.gates),
        distrusted=_distrusted(source, gathered.gates, suites.baseline_folder),
        cluster_by=source.cluster_by,
        repeat=len(source.repeats),
        expected=tuple(gathered.expected.values()),
        total=len(suites.totals[plan.suite]),
        lines=gathered.lines,
        elsewhere=gathered.elsewhere,
        unselected=_unselected(gathered, suites.totals[plan.suite]),
    )


def _unselected(gathered: _Gathered, all_ids: Set[str]) -> Sequence[str]:
    selected = {example for example, _ in gathered.expected}
    return tuple(sorted(all_ids - selected - gathered.elsewhere.keys()))


def _versions(evaluators: Iterable[BoundEvaluator | BoundSummary]) -> dict[str, str]:
    return {evaluator.key: evaluator.version for evaluator in evaluators}


def _distrusted(source: SuiteSource, gates: Sequence[GateRule], baseline_folder: Path) -> dict[str, str]:
    """Return what is wrong with each judge that a gate wants calibrated; an empty text where nothing is."""
    problems: dict[str, str] = {}
    for gate in gates:
        judge = source.evaluator(gate.metric)
        if gate.calibrated is None or judge is None:
            continue
        from pytest_llmobs.evaluators.judging.calibration_file import check_calibration

        problem = check_calibration(judge, gate.calibrated, baseline_folder)
        problems[gate.metric] = problem or ""
    return problems


def gone_suites(config: pytest.Config, suites: Suites) -> Iterator[SuitePlan]:
    """Yield a plan without trials for each baseline whose test was to be collected, and wasn't.

    Deleting what fails is no fix.

    Args:
        config: Says what was to be collected: the session's arguments, without what it was told to ignore.
        suites: Those that were collected, selected or not.
    """
    # `--lf` collects nothing but what failed
    if config.getoption("lf", False) or not suites.baseline_folder.is_dir():
        return
    was_asked = asked_files(config)
    for suite in _recorded_suites(suites):
        file = suite.partition("::")[0]
        if was_asked(config.rootpath / file):
            yield SuitePlan(name=suite, path=file)


def _recorded_suites(suites: Suites) -> Iterator[str]:
    """Yield the suites of tests that have a baseline and weren't collected."""
    from pytest_llmobs.baselines.file import load_baseline, suite_of_damaged
    from pytest_llmobs.baselines.paths import baseline_files, baseline_path
    from pytest_llmobs.records.plans import is_evaluated

    known = {baseline_path(suites.baseline_folder, suite) for suite in suites.totals}
    for path in baseline_files(suites.baseline_folder):
        if path in known:
            continue
        try:
            baseline = load_baseline(path)
            suite = None if baseline is None else baseline.suite
        except BaselineError:  # the gate reads it again, and says why it can't
            suite = suite_of_damaged(path)
        if suite is not None and suite not in suites.totals and not is_evaluated(suite):
            yield suite


def alike_names(plans: Sequence[SuitePlan]) -> Iterator[str]:
    """Yield a note where suites differ in case alone: many file systems keep one baseline for them."""
    by_name: dict[str, list[str]] = {}
    for plan in plans:
        by_name.setdefault(plan.name.casefold(), []).append(plan.name)
    for names in by_name.values():
        if len(names) > 1:
            yield (
                f"{' and '.join(map(repr, names))} differ in case alone, and where file names ignore case "
                "(macOS, Windows) they have one baseline: rename one of them"
            )


def secret_names(plans: Sequence[SuitePlan], redaction: Redaction) -> Iterator[str]:
    """Yield a note where the names of tests hold what would be cut out: names are kept, or nothing would be found."""
    names: list[str] = []
    for plan in plans:
        names += map(attrgetter("nodeid"), plan.expected)
    if not redaction.suspects(capture.encode(names)):
        return
    cleaned_names = []
    for name in names:
        cleaned = redaction.clean_value(name)
        if cleaned != name:
            cleaned_names.append(cleaned)
    if cleaned_names:
        yield (
            f"node ids are stored as they are, and {len(cleaned_names)} of {len(names)} hold what llm_redact takes out "
            f"({cleaned_names[0]}): give those examples or parameters other ids"
        )
