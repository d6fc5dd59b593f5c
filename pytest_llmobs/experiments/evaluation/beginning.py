"""How an evaluation begins: its experiment, before the first trial."""

from __future__ import annotations

from dataclasses import replace

from pytest_llmobs.experiments.conditions import conditions
from pytest_llmobs.experiments.evaluation.planning import EvaluationRequest
from pytest_llmobs.experiments.evaluation.setup import Setup
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.wording import shell_line


def begun(request: EvaluationRequest, setup: Setup, earlier: Experiment | None = None) -> Experiment:
    """Return the experiment before its first trial.

    Args:
        request: What is evaluated.
        setup: What it runs with.
        earlier: The experiment that goes on, as far as it came.
    """
    head = Experiment(
        name=setup.name,
        started=setup.started,
        duration=0.0,
        suites=(request.plan(setup.redaction),),
        conditions=conditions(setup.settings),
        description=setup.redaction.clean_if_suspect(request.description),
        metadata=setup.redaction.clean_if_suspect(dict(request.metadata)),
        commands=commands(setup.name),
    )
    if earlier is None:
        return head
    return replace(
        head,
        started=earlier.started,
        duration=earlier.duration,
        description=head.description or earlier.description,
        metadata={**earlier.metadata, **head.metadata},
        earlier_scores=earlier.earlier_scores,
    )


def commands(name: str) -> dict[str, str]:
    """Return what a report suggests: no test belongs to an evaluation, so pytest can't run it again."""
    accept = shell_line(["llmobs", "baseline", "accept", name])
    return {
        "accept": accept,
        "accept_some": accept,
        "rerun": shell_line(["llmobs", "show", name, "--all"]),
        "accept_failing": "add --failing to that command",
    }
