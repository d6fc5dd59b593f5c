"""What a session says: the section at its end, red verdicts in pytest's own terms, and how far it is meanwhile."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.experiments.conclude import Conclusion
from pytest_llmobs.measures.trial_spending import trial_spending
from pytest_llmobs.measures.values import running_means
from pytest_llmobs.plugin import options
from pytest_llmobs.plugin.pytest_internals import screen_of, write_own_line
from pytest_llmobs.records.trials import FAILING, Trial
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.delivery import Delivery, Reports
from pytest_llmobs.reports.evidence import StoredEvidence
from pytest_llmobs.reports.terminal.progress import Progress, progress_line
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.settings import ADD, PROMPT_DIR, STORE_FOLDER
from pytest_llmobs.wording import shell_line

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import ProcessState

_OUR_SWITCHES = ("--llm-experiment", "--llm-update-baseline")
"""What a printed command adds itself, where it belongs."""
_OUR_WORDS = (*_OUR_SWITCHES, f"--llm-update-baseline={ADD}")
"""What it leaves out of the session's own arguments."""

_BY_LAST = (
    "--lf",
    "--last-failed",
    "--ff",
    "--failed-first",
    "--sw",
    "--stepwise",
    "--sw-skip",
    "--stepwise-skip",
)
"""What selects or orders by the last run, which is another one by the time a printed command runs."""


def reports_of(state: ProcessState, conclusion: Conclusion) -> Reports:
    """Return the reports of a concluded experiment: the section at its end, and all that the user asked for."""
    session = state.session
    evidence = StoredEvidence(session.store, session.baseline_of)
    context = replace(context_of(state.config, conclusion.recorded), evidence=evidence)
    return Reports(conclusion.experiment, context, state.session.report_orders)


def write_section(terminal: pytest.TerminalReporter, reports: Reports, files: Sequence[Delivery]) -> None:
    """Write the section at the end of an experiment, then what else is printed, then where the files are.

    Args:
        terminal: Pytest's.
        reports: Of the experiment.
        files: The reports that were written, or failed.
    """
    page = page_of(terminal.config)
    section, *others = reports.printed(page)
    terminal.write_sep("=", "LLM experiment")
    terminal.write_line(section.shown(page))
    for report in others:
        terminal.write_line("")
        terminal.write_line(report.shown(page))
    if files:
        terminal.write_line("")
    for report in files:
        terminal.write_line(page.finished(page.text(report.notice())))


def page_of(config: pytest.Config) -> Page:
    """Return the session's terminal as a page."""
    screen = screen_of(config)
    return Page(width=screen.width, color=screen.color, encoding=screen.encoding)


def context_of(config: pytest.Config, recorded: Sequence[str] = ()) -> Context:
    """Return what a report can't know by itself: the commands to print, and where files lie.

    Args:
        config: Says how the session was started.
        recorded: Baseline files that it wrote.
    """
    given = map(str, config.invocation_params.args)
    kept = [argument for argument in given if argument not in _OUR_WORDS]
    unselected = _without_selection(kept, config)
    by_last = bool(config.getoption("lf", False) or config.getoption("stepwise", False))
    # what the last run selected would be other tests by then: node ids are given instead
    recording = _without_baseline(unselected if by_last else kept)
    recording_some = _without_baseline(unselected)
    pytest_command = _pytest_command()
    offline = options.settings_of(config).cassettes == "only"
    if offline:  # a baseline has more repeats than a build, and may lack recordings of them
        recording, recording_some = _asking(recording), _asking(recording_some)
    return Context(
        accept=shell_line([*pytest_command, *recording, *_OUR_SWITCHES]),
        accept_some=shell_line([*pytest_command, *recording_some, *_OUR_SWITCHES]),
        by_last=by_last,
        rerun=shell_line([*pytest_command, *unselected, "--llm-experiment"]),
        record=recording_command(config) if offline else "",
        store=store_here(config),
        prompts=prompts_here(config),
        prompt_folder=_prompt_folder(config),
        cassette_folder=_cassette_folder(config),
        rootdir=rootdir_here(config),
        recorded=recorded,
        everything=config.get_verbosity() >= 1,
    )


def recording_command(config: pytest.Config) -> str:
    """Return the session's own command, with the mode that asks for what isn't recorded."""
    return shell_line([*_pytest_command(), *_asking(list(map(str, config.invocation_params.args)))])


def _asking(arguments: Sequence[str]) -> list[str]:
    """Let a command ask for what isn't recorded."""
    return [*_without_options(arguments, ("--llm-cassettes",)), "--llm-cassettes=reuse"]


def _pytest_command() -> list[str]:
    if Path(sys.argv[0]).name in ("pytest", "py.test"):
        return ["pytest"]
    return ["python", "-m", "pytest"]


def _without_selection(arguments: Sequence[str], config: pytest.Config) -> list[str]:
    """Leave out what selects tests: a printed command names its own."""
    return [argument for argument in arguments if argument not in _BY_LAST and not _selects(argument, config)]


def _without_baseline(arguments: Sequence[str]) -> list[str]:
    """Leave out what no baseline is recorded with: another baseline, and other data than today's."""
    return _without_options(arguments, ("--llm-baseline", "--llm-as-of"))


def _without_options(arguments: Sequence[str], names: Collection[str]) -> list[str]:
    """Leave out options and their values."""
    kept = []
    previous = ""
    for argument in arguments:
        if argument.partition("=")[0] not in names and previous not in names:
            kept.append(argument)
        previous = argument
    return kept


def _selects(argument: str, config: pytest.Config) -> bool:
    """Tell whether an argument names tests, or a file of arguments that does nothing else."""
    if not argument.startswith("@"):
        return argument in config.args
    try:
        lines = (config.invocation_params.dir / argument[1:]).read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return set(lines) <= set(config.args)


def rootdir_here(config: pytest.Config) -> str:
    """Return the path of the rootdir from the folder that the session was started in; empty where it is that one."""
    root, here = config.rootpath, config.invocation_params.dir
    if root == here:
        return ""
    return os.path.relpath(root, here)


def prompts_here(config: pytest.Config) -> str:
    """Return the path of the prompts' folder, or an empty string where ``llmobs prompts`` finds it from that folder."""
    root, here = config.rootpath, config.invocation_params.dir
    if root in (here, *here.parents) or os.environ.get(PROMPT_DIR, "").strip():
        return ""
    return _prompt_folder(config)


def _prompt_folder(config: pytest.Config) -> str:
    named = os.environ.get(PROMPT_DIR, "").strip()
    return named or str(Path(rootdir_here(config), config.getini("llm_prompt_dir")))


def _cassette_folder(config: pytest.Config) -> str:
    """Return the folder of the recordings that the session may have added to; empty where it adds none."""
    settings = options.settings_of(config)
    if settings.cassettes not in ("reuse", "refresh"):
        return ""
    return str(Path(rootdir_here(config), settings.cassette_dir))


def store_here(config: pytest.Config) -> str:
    """Return the path of the store, or an empty string where ``llmobs`` finds it from that folder."""
    root, here = config.rootpath, config.invocation_params.dir
    named = os.environ.get("LLMOBS_STORE", "").strip()  # where an app's runs go, and commands look first
    if root in (here, *here.parents) and not named:
        return ""
    return str(Path(rootdir_here(config), STORE_FOLDER))


def write_progress(
    config: pytest.Config, trials: Collection[Trial], *, expected: int, elapsed: float
) -> None:
    """Write one line of how far a session is.

    Args:
        config: Has the terminal, if any.
        trials: Those that have ended so far.
        expected: How many there will be.
        elapsed: Seconds since the first one.
    """
    screen = screen_of(config)
    page = Page(width=screen.width, encoding=screen.encoding)
    spent = trial_spending(trials)
    progress = Progress(
        done=len(trials),
        total=max(expected, len(trials)),
        elapsed=elapsed,
        means=running_means(trials),
        cost=spent.cost,
        cost_is_whole=not spent.unpriced,
        failed=sum(map(_has_failed, trials)),
    )
    write_own_line(config, progress_line(progress, page))


def _has_failed(trial: Trial) -> bool:
    return trial.status in FAILING
