"""The gate outside pytest: an evaluation against a baseline, with rules given as arguments."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pytest_llmobs.errors import ArgumentError, GateError, SettingsError
from pytest_llmobs.measures.gate_rules import PASS, check_rule
from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.settings import ADD, OPTIONS, REPLACE, Settings
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.baselines.records import Baseline
    from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator
    from pytest_llmobs.experiments.conclude import Conclusion, Surroundings
    from pytest_llmobs.experiments.references import Source
    from pytest_llmobs.reports.context import Context
    from pytest_llmobs.workspace import Workspace

_RECORDING = ("reuse", "refresh")
"""Modes of cassettes in which an evaluation may have added recordings."""


@dataclass(frozen=True)
class GateRequest:
    """What a caller asks of the gate, in the order in which ``gate`` takes it."""

    min_mean: Mapping[str, float] = field(default_factory=dict)
    """Metric -> the mean it must reach."""
    max_drop: float | Mapping[str, float] | None = None
    """The drop of a mean below which it is no regression, of each metric or by metric."""
    must_pass: str | Sequence[str] | Mapping[str, Mapping[str, Any]] = ()
    """Metrics that every example must pass; or metric -> the metadata of the examples that must."""
    fail_on: str | Sequence[str] | None = None
    """What makes the build red besides a regression; None for what the configuration states."""
    update_baseline: bool | str = False
    """True records what ran as the baseline; ``add`` adds it to the baseline as further passes."""
    accept_failing: bool = False
    """True records a baseline even where most examples failed."""
    lenient: bool = False
    """True leaves rules about metrics that nothing produced to the report: where all is paid for, it is to be shown."""
    accept: str = "results.gate(update_baseline=True)"
    """The command that records the baseline."""
    accept_failing_how: str = "say accept_failing=True"
    """How to record failures all the same, in the middle of a sentence."""
    record: str = ""
    """The command that asks for what isn't recorded; empty where this one would have, or nobody knows."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The baseline that an evaluation is held against."""

    name: str = ""
    """As ``--llm-baseline`` takes it; empty for the committed one, and for one that is at hand."""
    experiment: Experiment | None = None
    """One that is at hand."""
    option: str = "baseline"
    """What the caller gives it by, for messages."""


def judged(
    experiment: Experiment,
    workspace: Workspace,
    reference: Reference,
    request: GateRequest,
) -> tuple[Conclusion, Surroundings]:
    """Judge an evaluation that has ended by other rules, or against another baseline; nothing is kept.

    Raises:
        ArgumentError: A rule makes no sense, or names a metric that there isn't.
        BaselineError: There is no such baseline, or it can't be written.
    """
    from pytest_llmobs.experiments.conclude import Surroundings, judge
    from pytest_llmobs.experiments.evaluation.concluding import UNLOOKED

    settings = _settings(workspace.settings, reference, request)
    store = workspace.open_store()
    surroundings = Surroundings(
        settings=settings,
        store=store,
        baseline_of=cache(_source(reference, experiment, workspace)),
        baseline_folder=workspace.baseline_folder,
        prompt_folder=workspace.prompt_folder,
        find_summaries=_none,  # what they said is kept with the experiment
        redaction=workspace.redaction(),
        record_command=lambda suite: request.accept,
        unlooked=UNLOOKED,
        recall=True,
        baseline_option=reference.option,
    )
    return judge(_unjudged(experiment, request), surroundings), surroundings


def check(reference: Reference, request: GateRequest, workspace: Workspace) -> None:
    """Refuse what can be seen to make no sense before anything has run.

    Raises:
        ArgumentError: A rule makes no sense.
        BaselineError: There is no such baseline.
    """
    list(_rules(replace(request, lenient=True), ()))
    _settings(workspace.settings, reference, request)
    _source(reference, None, workspace)


def check_metrics(
    request: GateRequest, evaluators: Sequence[BoundEvaluator], summary_evaluators: Sequence[Any]
) -> str:
    """Refuse a bound on a metric that nothing can produce before anything has run.

    Returns:
        What to say where an evaluator may yet name a score so; empty where all metrics are the evaluators' keys.

    Raises:
        ArgumentError: No evaluator can.
    """
    from pytest_llmobs.evaluators.binding.declaration import identify
    from pytest_llmobs.evaluators.binding.own_key import scores_under_own_key

    keys = [PASS, *map(attrgetter("key"), evaluators), *map(identify, summary_evaluators)]
    drops = request.max_drop if isinstance(request.max_drop, Mapping) else {}
    asked = {"min_mean": request.min_mean, "max_drop": drops, "must_pass": _must_pass(request.must_pass)}
    for argument, metrics in asked.items():
        for metric in metrics:
            if metric in keys:
                continue
            message = f"{argument} names {metric!r}, which is no evaluator's key.{nearest(metric, keys)} {known(keys)}"
            if not summary_evaluators and all(map(scores_under_own_key, evaluators)):
                raise ArgumentError(message)
            return f"{message} It is red unless an evaluator returns a score of that name."
    return ""


def _unjudged(experiment: Experiment, request: GateRequest) -> Experiment:
    """Return an experiment as it was before any gate, with the rules that are asked for."""
    rules = tuple(_rules(request, _metrics(experiment)))
    suites = []
    for plan in experiment.suites:
        suites.append(replace(plan, gates=rules) if rules else plan)
    # that it has commands of its own is for whoever shows it later, from the store
    commands = {"accept": request.accept, **experiment.commands, "accept_failing": request.accept_failing_how}
    return replace(experiment, suites=tuple(suites), decision=Decision(), commands=commands)


def _settings(settings: Settings, reference: Reference, request: GateRequest) -> Settings:
    update = request.update_baseline
    if update not in (True, False, ADD):
        raise ArgumentError(
            f"update_baseline={update!r}: give True to record what ran, {ADD!r} to add it to the baseline, or False."
        )
    changed = replace(
        settings,
        baseline=reference.name,
        update_baseline=REPLACE if update is True else (update or ""),
        accept_failing=request.accept_failing,
        shard="",
    )
    if request.fail_on is None:
        return changed
    stated = request.fail_on
    if not isinstance(stated, str):
        stated = ",".join(map(str, stated))
    return replace(changed, fail_on=_parsed("fail_on", stated, "fail_on"))


def _parsed(name: str, value: str, where: str) -> Any:
    """Return a value as its option reads it."""
    for option in OPTIONS:
        if option.name == name and option.parse is not None:
            try:
                return option.parse(value, where)
            except SettingsError as error:
                raise ArgumentError(str(error)) from None
    return value


def _metrics(experiment: Experiment) -> list[str]:
    """Return the names by which an evaluation's metrics can be gated; none where nothing ran that could tell."""
    names = {PASS: None}
    for trial in experiment.trials:
        if trial.ran:
            names.update(dict.fromkeys(trial.scores))
    for plan in experiment.suites:
        names.update(dict.fromkeys((*plan.metrics, *plan.summaries)))
    names.update(dict.fromkeys(score.metric for score in experiment.suite_scores))
    return list(names)


def _rules(request: GateRequest, metrics: Sequence[str]) -> Iterator[GateRule]:
    """Yield one rule for each metric that anything is asked of.

    Raises:
        ArgumentError: A rule makes no sense, or is about a metric that there isn't.
    """
    bounds = _by_metric("min_mean", request.min_mean)
    drops: Mapping[str, Any] = {}
    if isinstance(request.max_drop, Mapping):
        drops = request.max_drop
    elif request.max_drop is not None:
        drops = dict.fromkeys(metrics, request.max_drop)
    marked = _must_pass(request.must_pass)
    if not request.lenient:
        for argument, given in (("min_mean", bounds), ("max_drop", drops), ("must_pass", marked)):
            _check_names(argument, given, metrics)
    for metric in dict.fromkeys((*bounds, *drops, *marked)):
        rule = GateRule(
            metric=metric,
            min_mean=bounds.get(metric),
            max_drop=drops.get(metric),
            must_pass=marked.get(metric),
        )
        try:
            check_rule(rule)
        except GateError as error:
            raise ArgumentError(
                str(error).replace(f"llm_gate({metric!r})", f"the gate of {metric!r}")
            ) from None
        yield rule


def _by_metric(argument: str, given: object) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise ArgumentError(
            f"{argument}={given!r}: give the bounds by metric, such as {argument}={{'tone': 0.7}}."
        )
    return given


def _must_pass(given: object) -> Mapping[str, Any]:
    if isinstance(given, Mapping):
        return given
    if isinstance(given, str):
        return {given: {}}
    if not isinstance(given, Iterable):
        raise ArgumentError(
            f"must_pass={given!r}: give metrics, such as ['correct'], or {{'correct': {{'tier': 'critical'}}}}."
        )
    return {metric: {} for metric in given}


def _check_names(argument: str, given: Mapping[str, Any], metrics: Sequence[str]) -> None:
    for metric in given:
        if metric not in metrics:
            raise ArgumentError(
                f"{argument} names a metric that nothing produced: {metric!r}."
                f"{nearest(str(metric), metrics)} {known(metrics)}"
            )


def _source(reference: Reference, own: Experiment | None, workspace: Workspace) -> Source:
    """Return where the baselines of an evaluation are; None for one that has yet to run."""
    if reference.experiment is not None:
        return partial(_of_experiment, reference.experiment, own)
    from pytest_llmobs.experiments.references import baseline_source
    from pytest_llmobs.experiments.stored import read_experiment

    store = workspace.open_store()
    # a path first, as there: an experiment may have the name of a folder
    is_path = (workspace.rootdir / reference.name).exists()
    if not is_path and reference.name in store.experiment_names():
        stored = read_experiment(reference.name, store)
        return partial(_of_experiment, stored, own)
    return baseline_source(
        reference.name, workspace.baseline_folder, workspace.rootdir, lambda: store, option=reference.option
    )


def _of_experiment(experiment: Experiment, own: Experiment | None, suite: str) -> Baseline | None:
    """Return what another experiment measured of a suite; of two that have one suite alone, these are compared."""
    from pytest_llmobs.experiments.evaluation.comparing import aligned
    from pytest_llmobs.experiments.references import baseline_of

    if own is not None:
        experiment = aligned(experiment, own)
    return baseline_of(experiment, suite)


def _none(plan: object) -> Sequence[Any]:
    return ()


def exit_status(conclusion: Conclusion) -> int:
    """Return 1 where an evaluation is red, or ended before its end; else 0."""
    return int(conclusion.experiment.red or conclusion.experiment.interrupted)


def report_context(
    request: GateRequest, conclusion: Conclusion | None = None, cassettes: Path | None = None
) -> Context:
    """Return what a report is to be told beside the experiment.

    Args:
        request: What was asked of the gate.
        conclusion: What came of it; None where nothing was asked.
        cassettes: Where the evaluation's replies may have been recorded.
    """
    from pytest_llmobs.reports.context import Context

    recorded: Sequence[str] = ()
    folder = ""
    if conclusion is not None:
        recorded = conclusion.recorded
        if cassettes is not None and conclusion.experiment.conditions.get("cassettes") in _RECORDING:
            folder = os.path.relpath(cassettes)
    return Context(
        accept=request.accept,
        accept_some=request.accept,
        record=request.record,
        recorded=recorded,
        cassette_folder=folder,
    )


def print_report(conclusion: Conclusion, context: Context, out: TextIO) -> None:
    """Print a judged evaluation as a session of pytest would: on a terminal in colour, as wide as that is."""
    from pytest_llmobs.reports.delivery import Reports
    from pytest_llmobs.reports.text.page import Page

    page = Page(
        width=max(shutil.get_terminal_size().columns, 40),
        color=_is_terminal(out) and not os.environ.get("NO_COLOR"),
        encoding=getattr(out, "encoding", None) or "utf-8",
    )
    for report in Reports(conclusion.experiment, context).printed(page):
        print(page.finished(report.text or page.text(report.notice())), file=out)


def _is_terminal(out: TextIO) -> bool:
    # whatever has a method `write` will do, such as a notebook's widget
    is_terminal = getattr(out, "isatty", None)
    return is_terminal is not None and bool(is_terminal())
