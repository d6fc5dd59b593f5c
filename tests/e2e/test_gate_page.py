"""What docs/gate.md shows is what there is."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import get_args

from pytest_llmobs.cli.whole_parser import whole_parser
from pytest_llmobs.plugin.confirming.written_files import MOVED
from pytest_llmobs.records.decisions import ExampleState
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.settings import ADD, OPTIONS
from tests.e2e.here import pytest_here
from tests.e2e.test_readme import ROOT, blocks, write_files

PAGE = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")


def test_its_gates_hold(tmp_path: Path) -> None:
    assert write_files(PAGE, tmp_path) == ["test_gates.py"]
    assert pytest_here(tmp_path, "--llm-experiment", "--llm-update-baseline").returncode == 0
    result = pytest_here(tmp_path, "--llm-experiment")
    assert result.returncode == 0
    assert "\nGREEN: nothing regressed\n" in result.stdout


def test_its_tables_have_every_argument_and_every_state() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert told == {each.name for each in fields(GateRule)}
    rows = re.findall(r"^\| ([a-z, ]+) \|", PAGE, re.MULTILINE)
    states = {word for row in rows for word in row.split(", ")} - {"argument", "state"}
    assert states == set(get_args(ExampleState))


def test_it_lists_what_the_confirming_session_moves() -> None:
    assert [name for name in MOVED if f"`{name}`" not in PAGE] == []


def test_its_commands_have_these_names_and_options() -> None:
    lines = [
        line for block in blocks(PAGE) if block.language == "console" for line in block.text.splitlines()
    ]
    for line in lines:
        command, *words = shlex.split(line.removeprefix("$ "), comments=True)
        options = {word for word in words if word.startswith("-")}
        if command == "pytest":
            assert options <= {*map(attrgetter("flag"), OPTIONS), f"--llm-update-baseline={ADD}", "-k"}
        else:
            assert command == "llmobs"
            whole_parser().parse_args(words)
