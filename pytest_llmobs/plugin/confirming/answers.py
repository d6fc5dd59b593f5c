"""What a further session came back with: its trials, or why there are none that count."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_llmobs.plugin.confirming.child_process import Ended
from pytest_llmobs.plugin.confirming.plan import Answer, ConfirmingPlan
from pytest_llmobs.plugin.control.foreign_modules import noted_problems
from pytest_llmobs.plugin.control.worktree import not_from_git
from pytest_llmobs.records.looks import Look, LookRequest
from pytest_llmobs.trials.budget import Budget
from pytest_llmobs.wording import count, listed

_NONE_COLLECTED = 5
"""Pytest's exit status where it found no test to run."""
_TAIL = 30
"""Lines of a session's output shown where it failed."""
_NAMED = 10
"""Trials named in a note; more are counted."""


def look_of(
    request: LookRequest, plan: ConfirmingPlan, answer: Answer, ended: Ended, budget: Budget | None
) -> Look:
    """Return what a session has to say.

    Args:
        request: What was asked of it.
        plan: What it was told.
        answer: What it handed over.
        ended: Its process.
        budget: What the session may spend; None for no limit.
    """
    error = None
    if not answer.trials:
        error = _no_answer(ended)
    elif any(trial.not_run == "budget" for trial in answer.trials):
        error = (budget and budget.spent()) or "the budget was spent"
    metrics = {}
    if plan.is_control:
        wanted = {rerun.suite for rerun in request.reruns}
        metrics = {suite: versions for suite, versions in answer.metrics.items() if suite in wanted}
    return Look(
        purpose=request.purpose,
        trials=answer.trials,
        error=error,
        notes=tuple(_not_run(request, plan, answer)) if answer.trials else (),
        commit=request.commit,
        metrics=metrics,
    )


def why_not_accepted(look: Look, folder: Path, ended: Ended) -> str | None:
    """Return why it wasn't the accepted code that ran, or that it couldn't; single trials are for the gate to judge.

    Args:
        look: What the session has to say.
        folder: The session's own, in which its processes have left word.
        ended: Its process.
    """
    for problem in noted_problems(folder):
        return str(not_from_git(problem))
    if not look.trials:
        return str(not_from_git(_first_error(ended)))
    return look.error


def _first_error(ended: Ended) -> str:
    """Return the first line that pytest prints of an error, else the last one of all."""
    if ended.status == _NONE_COLLECTED:
        return "its tests aren't there"
    if ended.status < 0:  # what it printed last is how far it got
        return f"it was ended by signal {-ended.status}"
    lines = [line.strip() for line in ended.output.splitlines() if line.strip()]
    for line in lines:
        if line.startswith(("E  ", "ERROR: ")):
            return line.removeprefix("E ").removeprefix("ERROR: ").strip()
    return lines[-1] if lines else f"it ended with status {ended.status}"


def _no_answer(ended: Ended) -> str:
    message = f"its session ended with status {ended.status} and no result\n"
    return message + "\n".join(map("  {}".format, ended.output.splitlines()[-_TAIL:]))


def _not_run(request: LookRequest, plan: ConfirmingPlan, answer: Answer) -> Iterator[str]:
    """Yield a note of the trials that were to run and didn't, those that nobody needs any more left out."""
    ran = {(trial.suite, trial.example_id, trial.repeat) for trial in answer.trials}
    lost = []
    for rerun in request.reruns:
        for example_id, repeats in rerun.repeats.items():
            if plan.settled(rerun.suite, example_id):
                continue
            for repeat in repeats:
                if (rerun.suite, example_id, repeat) not in ran:
                    lost.append(f"{example_id} (repeat {repeat})")
    if lost:
        yield (
            f"{len(lost)} of {count(request.trials, 'trial')} of a further session didn't run and count as "
            f"missing, not as failed: {listed(lost, _NAMED)}"
        )
