"""``llm_require_pinned_prompts``: an experiment refuses prompts that float; an ordinary session doesn't."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Project

APP = """
from pytest_llmobs import pull_prompt, traceable

GREETING = pull_prompt("greeting")

@traceable
def answer(name, query):
    return GREETING.format(name=name)
"""
KEY = "[pytest]\nllm_require_pinned_prompts = true\n"


@pytest.fixture
def floating(project: Project) -> Project:
    project.write(app=APP)
    project.path.joinpath("pytest.ini").write_text(KEY)
    project.path.joinpath("prompts").mkdir()
    project.path.joinpath("prompts", "greeting.md").write_text("Dear {name}, we read this.\n")
    return project


def test_a_prompt_that_floats_as_the_app_is_imported_stops_the_experiment(floating: Project) -> None:
    result = floating.experiment("-q")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.re_match_lines(
        [
            r"E +pytest_llmobs\.errors\.PinError: app\.py:3 pulls the prompt 'greeting' without a commit, and "
            r'llm_require_pinned_prompts asks for one in an experiment\. Write pull_prompt\("greeting", '
            r'commit_hash="[0-9a-f]{12}"\), or name a tag: "greeting:v1"\.'
        ]
    )
    # what the message says to paste is accepted
    pin = next(line for line in result.outlines if "commit_hash=" in line).partition("Write ")[2]
    pin = pin[: pin.index(")") + 1]
    floating.write(app=APP.replace('pull_prompt("greeting")', pin))
    assert floating.record("-q").ret == 0


def test_an_ordinary_session_takes_it_as_it_is(floating: Project) -> None:
    assert floating.run("-q", "--collect-only").ret == 0
