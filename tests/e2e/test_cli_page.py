"""docs/cli.md: its table is that of the commands, and its lines are commands that there are."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from pytest_llmobs.cli import load
from pytest_llmobs.cli.parsing import command_parser
from pytest_llmobs.cli.registry import COMMANDS
from tests.e2e.test_readme import UPDATE, blocks

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
TEXT = PAGE.read_text(encoding="utf-8")
GENERATED = re.compile(r"(<!-- generated: commands -->\n).*?(<!-- end -->)", re.DOTALL)


def lines() -> list[str]:
    """Return the commands that the page shows."""
    shown = [line for block in blocks(TEXT) for line in block.text.splitlines()]
    return [line.removeprefix("$ ") for line in shown if line.startswith("$ ")]


def table() -> str:
    rows = ["| command | exit status 1 where | example |", "|---|---|---|"]
    for name, command in COMMANDS.items():
        rows.append(f"| `{name}` | {command.failure} | `{command.example}` |")
    return "\n".join(rows) + "\n"


def test_its_table_has_every_command() -> None:
    page = GENERATED.sub(lambda match: f"{match[1]}{table()}{match[2]}", TEXT)
    if os.environ.get(UPDATE):
        PAGE.write_text(page, encoding="utf-8")
    else:
        assert page == TEXT, f"docs/cli.md is behind; {UPDATE}=1 writes it anew"


@pytest.mark.parametrize("line", lines())
def test_its_lines_are_commands(line: str) -> None:
    command = line.partition(">")[0]
    program, *words = shlex.split(command, comments=True)
    assert program == "llmobs"
    assert words[0] in COMMANDS
    parser = command_parser(words[0])
    load(words[0]).add_arguments(parser)
    parser.parse_args(words[1:])
