"""Running the confirming session: what is said before it starts, the subprocess, and what it came back with."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.clocks import real
from pytest_llmobs.plugin import options
from pytest_llmobs.plugin.confirming.announcement import Asked, announcement, asked_trials, plan_of
from pytest_llmobs.plugin.confirming.plan import ConfirmingPlan, read_trials, write_plan
from pytest_llmobs.plugin.confirming.written_files import Moves, WatchedFiles, moves, without_coverage
from pytest_llmobs.plugin.pytest_internals import write_own_line
from pytest_llmobs.records.decisions import Rerun
from pytest_llmobs.records.experiments import Confirmation
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.wording import count, listed

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import ProcessState

_TAIL = 30
"""Lines of the child's output shown where it failed."""
_NAMED = 10
"""Trials named in a note; more are counted."""


def confirm(state: ProcessState, reruns: Sequence[Rerun], trials: Sequence[Trial]) -> Confirmation:
    """Run the same pytest command again over what is in doubt, and return its trials.

    Args:
        state: The user's session.
        reruns: What is in doubt.
        trials: What ran so far.
    """
    plans = state.manifest.plans
    reruns = [_selected(rerun, plans) for rerun in reruns]
    with tempfile.TemporaryDirectory(prefix="llmobs-confirm-", ignore_cleanup_errors=True) as folder:
        out = Path(folder, "trials.jsonl")
        moved = moves(state.config, state.session.extensions.session_files, Path(folder))
        plan = ConfirmingPlan(state.session.identity, reruns, state.manifest.repeats, str(out), moved.flags)
        write_plan(Path(folder, "plan.json"), plan)
        for line in announcement(plans, reruns, trials, state.settings.concurrency):
            write_own_line(state.config, line)
        watched = WatchedFiles(state.config, moved.flags)
        began = real.seconds()
        try:
            code, output = _run_pytest_again(state.config, Path(folder), moved)
        except KeyboardInterrupt:
            return Confirmation(
                error="The confirming session was interrupted by Ctrl-C; the tentative verdict stands."
            )
        notes = list(map(_written_twice, watched.changed()))
        if not out.exists() or not (answer := out.read_text()):
            return Confirmation(
                error=state.session.redaction.clean_value(_no_answer(code, output)), notes=notes
            )
        again = read_trials(answer)
        notes += _not_run(plan, asked_trials(plans, reruns, plan.done), again)
    write_own_line(state.config, f"confirming took {real.seconds() - began:.1f} s")
    return Confirmation(trials=again, notes=notes)


def _selected(rerun: Rerun, plans: Sequence[SuitePlan]) -> Rerun:
    """Return a rerun that leaves out what the user's selection has left out of its suite."""
    plan = plan_of(rerun, plans)
    if rerun.examples is not None or not plan.partial:
        return rerun
    return replace(rerun, examples=tuple(plan.example_ids))


def _run_pytest_again(config: pytest.Config, folder: Path, moved: Moves) -> tuple[int, str]:
    """Run pytest; return its exit status and its output."""
    arguments = _with(list(map(str, config.invocation_params.args)), moved.arguments)
    environment = without_coverage(os.environ)
    environment.pop("PYTEST_CURRENT_TEST", None)
    environment |= {**moved.environment, options.CONFIRMING: str(folder / "plan.json")}
    # a file, since a pipe that nobody reads would fill up and stop the child
    with (folder / "output.txt").open("w+", errors="replace") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=config.invocation_params.dir,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            code = child.wait()
        except BaseException:
            child.terminate()
            child.wait()
            raise
        output.seek(0)
        return code, output.read()


def _with(arguments: list[str], further: Sequence[str]) -> list[str]:
    """Add options behind the user's, so that they count, and before a ``--``, behind which everything is a path."""
    end = len(arguments)
    if "--" in arguments:
        end = arguments.index("--")
    return [*arguments[:end], *further, *arguments[end:]]


def _written_twice(path: Path) -> str:
    return (
        f"the confirming session has written to {str(path)!r}, too: name the option of that path in the hook "
        "pytest_llmobs_session_files, and it writes elsewhere"
    )


def _not_run(plan: ConfirmingPlan, asked: Collection[Asked], again: Sequence[Trial]) -> Iterator[str]:
    """Yield a note of the trials that were to run again and didn't, those that nobody needs any more left out."""
    ran = {(trial.suite, trial.example_id, trial.repeat) for trial in again}
    lost = []
    for suite, example_id, repeat in asked:
        if (suite, example_id, repeat) not in ran and not plan.settled(suite, example_id, repeat):
            lost.append(f"{example_id} (repeat {repeat})")
    if lost:
        yield (
            f"{len(lost)} of {count(len(asked), 'trial')} of the confirming session didn't run and count as missing, "
            f"not as failed: {listed(lost, _NAMED)}"
        )


def _no_answer(code: int, output: str) -> str:
    message = (
        f"The confirming session ended with status {code} and no result; the tentative verdict stands.\n"
    )
    return message + "\n".join(map("  {}".format, output.splitlines()[-_TAIL:]))
