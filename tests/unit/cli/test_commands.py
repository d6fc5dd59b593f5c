"""What every command of the registry promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_llmobs.cli import COMMANDS

Run = Callable[..., Any]


@pytest.fixture(params=COMMANDS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_its_help_says_what_it_is_for(llmobs: Run, name: str) -> None:
    done = llmobs(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    first_words = " ".join(COMMANDS[name].split()[:4])
    assert first_words in " ".join(done.stdout.split())
    assert not COMMANDS[name].endswith(".")


def test_the_list_of_commands_names_it(llmobs: Run, name: str) -> None:
    assert name in llmobs("--help").stdout.split()


def test_an_unknown_option_is_a_usage_error(llmobs: Run, name: str) -> None:
    done = llmobs(name, "--no-such-option")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("usage: llmobs")


def test_it_takes_a_store_and_colour_as_all_do(llmobs: Run, name: str) -> None:
    shown = llmobs(name, "--help").stdout
    assert "--store" in shown
    assert "--color" in shown
