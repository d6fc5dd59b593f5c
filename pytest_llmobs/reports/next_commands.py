"""The commands a reader may want next, ready to paste."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.base import Context
from pytest_llmobs.reports.cases import Case, broken_cases
from pytest_llmobs.reports.text.page import Page

MOST_NODEIDS = 3
"""Node ids written into a command; more go through a file."""


def show(name: str, context: Context, *options: str) -> str:
    """Return the command that shows an experiment or a run."""
    store = ("--store", context.store) if context.store else ()
    return shlex.join(("llmobs", "show", name, *options, *store))


def next_commands(experiment: Experiment, page: Page, context: Context) -> list[str]:
    """Return one line a command, or none where nothing is left to do."""
    titled = titled_commands(experiment, context)
    size = max((len(title) for title, _ in titled), default=0)
    return [f"  {page.paint(title.ljust(size), 'bold')}  {page.text(command)}" for title, command in titled]


def titled_commands(experiment: Experiment, context: Context) -> list[tuple[str, str]]:
    """Return what may be done next, each with its title; nothing where nothing is left to do."""
    return [*_recorded(context), *_after_red(experiment, context)] or _left_to_do(experiment, context)


def _recorded(context: Context) -> list[tuple[str, str]]:
    if context.recorded:
        return [("commit this", shlex.join(("git", "add", *context.recorded)))]
    return []


def _after_red(experiment: Experiment, context: Context) -> list[tuple[str, str]]:
    if not experiment.decision.red:
        return []
    broken = broken_cases(experiment)
    titled = [("look closer", show(case.run_id, context)) for case in broken if case.run_id][:1]
    if any(case.nodeid for case in broken):
        word = "rerun worst" if broken[0].state == "dropped" else "rerun broken"
        titled.append((word, _on(broken, context.rerun, experiment, context)))
    if broken or _acceptable(experiment):
        titled.append(("accept", _accept(broken, experiment, context)))
    return titled


def _accept(broken: Sequence[Case], experiment: Experiment, context: Context) -> str:
    """Return the command that records what ran, or what broke of it where the selection can't be had again."""
    if broken and context.by_last:
        return _on(broken, context.accept, experiment, context)
    return context.accept


def _acceptable(experiment: Experiment) -> bool:
    """Tell whether a new baseline would turn it green: it helps neither a missed bound nor missing data."""
    verdicts = {row.verdict for row in experiment.decision.metrics if row.red}
    states = {row.state for row in experiment.decision.examples}
    return bool(verdicts & {"REGRESSED", "REBASELINE", "INCONCLUSIVE"} or states & {"removed", "edited"})


def _left_to_do(experiment: Experiment, context: Context) -> list[tuple[str, str]]:
    verdicts = {row.verdict for row in experiment.decision.metrics}
    if "NO_BASELINE" in verdicts:
        return [("record one", context.accept)]
    if verdicts & {"IMPROVED", "REBASELINE"}:
        return [("accept", context.accept)]
    return []


def _on(broken: Sequence[Case], command: str, experiment: Experiment, context: Context) -> str:
    """Return a command, for what broke alone."""
    nodeids = [context.located(case.nodeid) for case in broken if case.nodeid]
    if len(nodeids) <= MOST_NODEIDS:
        return f"{command} {shlex.join(nodeids)}"
    return f"{show(experiment.name, context, '--broken')} > broken.txt && {command} @broken.txt"
