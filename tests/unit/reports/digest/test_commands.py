"""What to do next: commands that can do what they are printed for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.commands import next_commands
from tests.unit.reports.conftest import REGRESSED, experiment, plan, row, trials


def unrecorded() -> Experiment:
    """Return an experiment of which one trial asked for what isn't recorded."""
    first, *others = trials(plan())
    lost = replace(first, status="error", not_run="unrecorded")
    decision = Decision(metrics=(row("pass", "REGRESSED", **REGRESSED),))
    return replace(experiment(decision=decision), trials=(lost, *others))


@pytest.mark.parametrize(
    ("command", "recording"),
    [
        (
            "pytest -q --llm-cassettes=only --llm-experiment",
            "pytest -q --llm-cassettes=reuse --llm-experiment",
        ),
        ("pytest --llm-cassettes only --llm-experiment", "pytest --llm-cassettes=reuse --llm-experiment"),
        ("pytest --llm-experiment", "pytest --llm-experiment --llm-cassettes=reuse"),
    ],
)
def test_what_is_not_recorded_is_accepted_by_a_command_that_asks(command: str, recording: str) -> None:
    commands = {each.title: each.command for each in next_commands(unrecorded(), [], Context(accept=command))}
    assert commands == {"accept": recording}


def test_an_evaluation_keeps_its_own_option() -> None:
    context = Context(accept="llmobs eval app:answer --cassettes only --update-baseline")
    assert context.recording().accept == "llmobs eval app:answer --cassettes=reuse --update-baseline"


def test_commands_of_nobody_s_session_keep_the_mode_of_cassettes() -> None:
    context = Context().under({"cassettes": "only", "machine": "Linux"})
    assert context.accept == "pytest --llm-experiment --llm-update-baseline --llm-cassettes=only"
    assert context.rerun == "pytest --llm-experiment --llm-cassettes=only"
    assert Context().under({"machine": "Linux"}) == Context()
