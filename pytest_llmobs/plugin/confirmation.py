"""The confirming session: the same pytest command again, as a subprocess, over just what is in doubt."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.files import write_whole
from pytest_llmobs.plugin import options
from pytest_llmobs.plugin.pytest_internals import write_own_line
from pytest_llmobs.records.decisions import Rerun
from pytest_llmobs.records.experiments import Confirmation
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.records.wire import from_wire, to_wire
from pytest_llmobs.session import Identity
from pytest_llmobs.settings import Settings
from pytest_llmobs.wording import noun

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import ProcessState

_TAIL = 30
"""Lines of the child's output shown where it failed."""

_PARENT_ONLY = {
    "usepdb": False,
    "trace": False,
    "maxfail": 0,
    "lf": False,
    "failedfirst": False,
    "newfirst": False,
    "stepwise": False,
    "stepwise_skip": False,
    "xmlpath": None,
    "durations": None,
}
"""Options that the confirming session takes back: no debugger, no early stop, no selection by the last failures, no
report files that the parent also writes."""


@dataclass(frozen=True)
class ConfirmingPlan:
    """What the parent session tells its confirming session."""

    identity: Identity
    """The parent's: the trials become further repeats of the same experiment."""
    reruns: Sequence[Rerun]
    done: int
    """Repeats that the parent ran at most; the confirming session numbers its own from there."""
    out: str
    """Path of the file that gets the trials, one JSON object a line; its folder is this session's alone."""

    def adjust(self, settings: Settings) -> Settings:
        """Return the settings of the confirming session: an experiment that gates nothing itself."""
        return replace(settings, experiment=True, update_baseline=False, confirm=0, repeat=1)

    @property
    def repeats(self) -> Sequence[int]:
        """The numbers of the fresh repeats."""
        most = max((rerun.repeats for rerun in self.reruns), default=1)
        return range(self.done + 1, self.done + most + 1)

    def note_ended(self, trial: Trial) -> None:
        """Take note of a suspect's trial that ended, for all workers: what one clears no other need run again."""
        if "example" in self._reasons(trial.suite, trial.example_id, trial.repeat):
            note = self._notes(trial.suite, trial.example_id) / f"{trial.repeat}.json"
            note.parent.mkdir(parents=True, exist_ok=True)
            write_whole(note, _line(trial), durable=False)

    def settled(self, suite: str, example_id: str, repeat: int) -> bool:
        """Return True where a suspect has been cleared, so that its further reruns would be money for nothing."""
        if self._reasons(suite, example_id, repeat) != {"example"}:
            return False
        from pytest_llmobs.gate.suspects import cleared

        trials: list[Trial] = []
        for note in self._notes(suite, example_id).glob("*.json"):
            trials += _trials(note.read_text())
        for rerun in self._wanting(suite, example_id, repeat):
            if not cleared(rerun, example_id, trials):
                return False
        return True

    def wants(self, suite: str, example_id: str, repeat: int) -> bool:
        """Return True where this trial is in doubt."""
        return bool(self._wanting(suite, example_id, repeat))

    def _reasons(self, suite: str, example_id: str, repeat: int) -> set[str]:
        return {rerun.reason for rerun in self._wanting(suite, example_id, repeat)}

    def _wanting(self, suite: str, example_id: str, repeat: int) -> list[Rerun]:
        wanting = []
        for rerun in self.reruns:
            is_example = rerun.examples is None or example_id in rerun.examples
            if rerun.suite == suite and is_example and repeat <= self.done + rerun.repeats:
                wanting.append(rerun)
        return wanting

    def _notes(self, suite: str, example_id: str) -> Path:
        return Path(self.out).with_name("seen") / sha256(f"{suite} {example_id}".encode()).hexdigest()


def write_plan(path: Path, plan: ConfirmingPlan) -> None:
    """Write a plan for the child to read."""
    write_whole(path, json.dumps(to_wire(plan)), durable=False)


def read_plan(path: Path) -> ConfirmingPlan:
    """Read the plan that the parent wrote."""
    return from_wire(ConfirmingPlan, json.loads(path.read_text()))


def quieten(config: pytest.Config) -> None:
    """In the confirming session: undo what the user's options ask of the parent alone.

    A node id stands for its function: it names the first repeat, and the plan selects further ones.
    """
    config.args = list(dict.fromkeys(map(_function, config.args)))
    for name, value in _PARENT_ONLY.items():
        if hasattr(config.option, name):
            setattr(config.option, name, value)


def _function(argument: str) -> str:
    name, bracket, _ = argument.partition("[")
    if bracket and "::" in name:
        return name
    return argument


def hand_over(plan: ConfirmingPlan, trials: Sequence[Trial]) -> None:
    """In the confirming session: write the trials for the parent, all or nothing."""
    lines = []
    for trial in trials:
        if trial.not_run != "settled":
            lines.append(_line(trial))
    write_whole(Path(plan.out), lines, durable=False)


def _line(trial: Trial) -> str:
    return json.dumps(to_wire(trial), default=str) + "\n"


def _trials(lines: str) -> list[Trial]:
    return [from_wire(Trial, json.loads(line)) for line in lines.splitlines()]


def confirm(state: ProcessState, reruns: Sequence[Rerun]) -> Confirmation:
    """Run the same pytest command again over what is in doubt, and return its trials."""
    plans = state.manifest.plans
    reruns = [_selected(rerun, plans) for rerun in reruns]
    with tempfile.TemporaryDirectory(prefix="llmobs-confirm-") as folder:
        out = Path(folder, "trials.jsonl")
        plan = ConfirmingPlan(state.session.identity, reruns, state.manifest.repeats, str(out))
        write_plan(Path(folder, "plan.json"), plan)
        write_own_line(state.config, _announcement(plans, reruns))
        began = time.monotonic()
        try:
            code, output = _run_pytest_again(state.config, Path(folder))
        except KeyboardInterrupt:
            return Confirmation(
                error="The confirming session was interrupted by Ctrl-C; the tentative verdict stands."
            )
        if not out.exists() or not (answer := out.read_text()):
            return Confirmation(error=state.session.redaction.clean_value(_no_answer(code, output)))
    write_own_line(state.config, f"confirmed in {time.monotonic() - began:.1f} s")
    return Confirmation(trials=_trials(answer))


def _selected(rerun: Rerun, plans: Sequence[SuitePlan]) -> Rerun:
    """Return a rerun that leaves out what the user's selection has left out of its suite."""
    plan = _plan_of(rerun, plans)
    if rerun.examples is not None or not plan.partial:
        return rerun
    return replace(rerun, examples=tuple(plan.example_ids))


def _plan_of(rerun: Rerun, plans: Sequence[SuitePlan]) -> SuitePlan:
    return next(plan for plan in plans if plan.name == rerun.suite)


def _run_pytest_again(config: pytest.Config, folder: Path) -> tuple[int, str]:
    """Run pytest; return its exit status and its output."""
    command = [sys.executable, "-m", "pytest", *map(str, config.invocation_params.args)]
    # the user's own cache and coverage are of the parent session
    if config.pluginmanager.has_plugin("cacheprovider"):
        command += ["-o", f"cache_dir={folder / 'cache'}"]
    if config.pluginmanager.has_plugin("pytest_cov"):
        command.append("--no-cov")
    environment = {**os.environ, options.CONFIRMING: str(folder / "plan.json")}
    environment.pop("PYTEST_CURRENT_TEST", None)
    # a file, since a pipe that nobody reads would fill up and stop the child
    with (folder / "output.txt").open("w+") as output:
        child = subprocess.Popen(
            command,
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


def _announcement(plans: Sequence[SuitePlan], reruns: Sequence[Rerun]) -> str:
    repeats: dict[tuple[str, str], int] = {}
    most = ""
    for rerun in reruns:
        if rerun.reason == "example":  # what one repeat clears, no other need run again
            most = "up to "
        examples: Collection[str] | None = rerun.examples
        if examples is None:
            examples = _plan_of(rerun, plans).example_ids
        for example in examples:
            # the repeats of a whole rerun are among those that a suspect needs
            key = rerun.suite, example
            repeats[key] = max(rerun.repeats, repeats.get(key, 0))
    trials = sum(repeats.values())
    return f"confirming: running {most}{trials} {noun(trials, 'trial')} again before the verdict"


def _no_answer(code: int, output: str) -> str:
    message = (
        f"The confirming session ended with status {code} and no result; the tentative verdict stands.\n"
    )
    return message + "\n".join(map("  {}".format, output.splitlines()[-_TAIL:]))
