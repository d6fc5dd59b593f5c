"""What every command of the registry promises, and every action of one."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_llmobs.cli import COMMANDS, load
from pytest_llmobs.cli.actions import Action, Actions
from pytest_llmobs.cli.registry import GROUPS
from pytest_llmobs.cli.whole_parser import whole_parser

Run = Callable[..., Any]


def actions() -> Iterator[tuple[str, str, Action]]:
    """Yield a command, the name of an action of its, and the action."""
    for name in COMMANDS:
        command = getattr(load(name), "COMMAND", None)
        if isinstance(command, Actions):
            for word, action in command.table.items():
                yield name, word, action


def leaves(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    """Yield the parsers that have none below them."""
    below = [action for action in parser._actions if isinstance(action, _SubParsersAction)]
    if not below:
        yield parser
    for action in below:
        for child in action.choices.values():
            yield from leaves(child)


ACTIONS = {f"{name} {word}": action for name, word, action in actions()}
LEAVES = {parser.prog: parser for parser in leaves(whole_parser())}


@pytest.fixture(params=COMMANDS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_its_help_says_what_it_is_for_when_it_fails_and_how_it_is_used(llmobs: Run, name: str) -> None:
    done = llmobs(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    command, words = COMMANDS[name], " ".join(done.stdout.split())
    assert command.summary[1:] in words
    assert command.details in words
    assert f"exit status: 0 done, 1 where {command.failure}, 2 usage" in words
    assert done.stdout.endswith(f"\nexample: {command.example}\n")


def test_it_has_a_line_of_its_own_on_the_page(llmobs: Run, name: str) -> None:
    command = COMMANDS[name]
    assert command.group in GROUPS
    lines = llmobs("--help").stdout.splitlines()
    assert [line.split(maxsplit=1) for line in lines].count([name, command.summary]) == 1
    assert not command.summary.endswith(".")


def test_an_unknown_option_is_a_usage_error(llmobs: Run, name: str) -> None:
    done = llmobs(name, "--no-such-option")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"llmobs {name}")
    assert f"`llmobs {name}" in done.stderr


def test_its_example_is_a_command_of_its_own(name: str) -> None:
    command, *words = shlex.split(COMMANDS[name].example)
    assert (command, words[0]) == ("llmobs", name)
    actions = getattr(load(name), "COMMAND", None)
    if isinstance(actions, Actions) and actions.named is not None and words[1] not in actions.table:
        words[1:] = [actions.default]  # a name stands in the place of an action
    assert whole_parser().parse_args(words).command == name


@pytest.mark.parametrize("action", ACTIONS)
def test_an_actions_example_is_one_of_its(llmobs: Run, action: str) -> None:
    command, word = action.split()
    program, *words = shlex.split(ACTIONS[action].example)
    assert (program, words[0]) == ("llmobs", command)
    parsed = whole_parser().parse_args(words)
    assert parsed.action in (word, None)  # without a word it is the default
    shown = llmobs(command, word, "--help").stdout
    assert shown.startswith(f"usage: llmobs {command} {word}")
    assert shown.endswith(f"\nexample: {ACTIONS[action].example}\n")


def test_all_help_fits_a_usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = [line for parser in leaves(whole_parser()) for line in parser.format_help().splitlines()]
    assert [line for line in lines if len(line) > 80] == []


@pytest.mark.parametrize("prog", LEAVES)
def test_all_take_what_every_command_takes(prog: str) -> None:
    assert {"--help", "--json", "--store", "--color"} <= LEAVES[prog]._option_string_actions.keys()
