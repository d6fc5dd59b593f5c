"""Running the confirming session as a subprocess, and handing its trials back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.files import write_whole
from pytest_llmobs.plugin import options
from pytest_llmobs.plugin.confirming_plan import ConfirmingPlan, write_plan
from pytest_llmobs.plugin.reporting import say
from pytest_llmobs.records.decisions import Rerun
from pytest_llmobs.records.experiments import Confirmation
from pytest_llmobs.records.trials import Trial

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import Lab

_TAIL = 30
"""Lines of the child's output shown where it failed."""


def run(lab: Lab, reruns: Sequence[Rerun]) -> Confirmation:
    """Run the same pytest command again over what is in doubt, and return its trials."""
    reruns = [_selected(lab, rerun) for rerun in reruns]
    with tempfile.TemporaryDirectory(prefix="llmobs-confirm-") as folder:
        out = Path(folder, "trials.jsonl")
        done = max((plan.repeat for plan in lab.plans), default=1)
        write_plan(Path(folder, "plan.json"), ConfirmingPlan(lab.session.identity, reruns, done, str(out)))
        say(lab.config, _announcement(lab, reruns))
        began = time.monotonic()
        try:
            code, output = _call(lab, Path(folder))
        except KeyboardInterrupt:
            return Confirmation(
                error="The confirming session was interrupted by Ctrl-C; the tentative verdict stands."
            )
        answer = out.read_text() if out.exists() else ""
        if not answer:
            return Confirmation(error=lab.session.redaction.clean_value(_no_answer(code, output)))
        trials = [Trial.from_wire(json.loads(line)) for line in answer.splitlines()]
        say(lab.config, f"confirmed in {time.monotonic() - began:.1f} s")
        return Confirmation(trials=trials)


def hand_over(plan: ConfirmingPlan, trials: Sequence[Trial]) -> None:
    """In the confirming session: write the trials for the parent, all or nothing."""
    ran = [trial for trial in trials if trial.not_run != "settled"]
    lines = (json.dumps(trial.to_wire(), default=str) + "\n" for trial in ran)
    write_whole(Path(plan.out), lines, durable=False)


def quieten(config: pytest.Config) -> None:
    """In the confirming session: undo what the user's options ask of the parent alone.

    No debugger, no early stop, no selection by the last failures, no report files that the parent also writes. A node
    id stands for its function: it names the first repeat, and the plan selects further ones.
    """
    config.args = list(dict.fromkeys(map(_function, config.args)))
    replaced = {
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
    for name, value in replaced.items():
        if hasattr(config.option, name):
            setattr(config.option, name, value)


def _selected(lab: Lab, rerun: Rerun) -> Rerun:
    """Return a rerun that leaves out what the user's selection has left out of its suite."""
    plan = next(plan for plan in lab.plans if plan.name == rerun.suite)
    if rerun.examples is not None or not plan.partial:
        return rerun
    return replace(rerun, examples=tuple(dict.fromkeys(trial.example_id for trial in plan.expected)))


def _function(argument: str) -> str:
    name, bracket, _ = argument.partition("[")
    if bracket and "::" in name:
        return name
    return argument


def _call(lab: Lab, folder: Path) -> tuple[int, str]:
    config = lab.config
    extra = []
    if config.pluginmanager.has_plugin("cacheprovider"):
        extra += ["-o", f"cache_dir={folder / 'cache'}"]
    if config.pluginmanager.has_plugin("pytest_cov"):
        extra.append("--no-cov")
    arguments = [str(argument) for argument in config.invocation_params.args]
    environment = {**os.environ, options.CONFIRMING: str(folder / "plan.json")}
    environment.pop("PYTEST_CURRENT_TEST", None)
    with (folder / "output.txt").open("w+") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "pytest", *arguments, *extra],
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


def _announcement(lab: Lab, reruns: Sequence[Rerun]) -> str:
    examples = {plan.name: {trial.example_id for trial in plan.expected} for plan in lab.plans}
    repeats: dict[tuple[str, str], int] = {}
    for rerun in reruns:  # the repeats of a whole rerun are among those that a suspect needs
        for example in examples.get(rerun.suite, ()) if rerun.examples is None else rerun.examples:
            key = rerun.suite, example
            repeats[key] = max(rerun.repeats, repeats.get(key, 0))
    count = sum(repeats.values())
    most = "up to " if any(rerun.reason == "example" for rerun in reruns) else ""
    return f"confirming: running {most}{count} trial{'s' if count != 1 else ''} again before the verdict"


def _no_answer(code: int, output: str) -> str:
    tail = "\n".join(f"  {line}" for line in output.splitlines()[-_TAIL:])
    return f"The confirming session ended with status {code} and no result; the tentative verdict stands.\n{tail}"
