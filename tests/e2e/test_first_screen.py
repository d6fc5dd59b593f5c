"""The first screen of the README, copied into an empty folder, gives the red build that the README shows.

``LLMOBS_UPDATE_README=1 pytest tests/e2e/test_first_screen.py`` writes that build anew.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.conftest import ROOT, plain_environment
from tests.e2e.here import pytest_here
from tests.e2e.test_readme import blocks, check_generated, copy_first_screen, without_chance

README = (ROOT / "README.md").read_text(encoding="utf-8")
SCREEN = 40
"""Lines of a usual terminal."""


class FirstScreen(NamedTuple):
    """What the commands of the first screen printed, one text each, and the exit status of the last."""

    folder: Path
    outputs: list[str]
    status: int


def commands() -> list[str]:
    """Return the commands of the first screen, without the installation."""
    (console,) = (block.text for block in blocks(README) if block.note == "first screen")
    install, *others = (line.removeprefix("$ ") for line in console.splitlines())
    assert install == "pip install pytest-llmobs"
    return others


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> FirstScreen:
    folder = tmp_path_factory.mktemp("empty")
    copy_first_screen(folder)
    assert len(list(folder.iterdir())) == 3
    scripts = Path(sys.executable).parent
    environment = plain_environment() | {
        "COLUMNS": "80",
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
    }
    status = 0
    record, *others = commands()
    outputs = [pytest_here(folder, *shlex.split(record)[1:]).stdout]
    for command in others:
        done = subprocess.run(
            shlex.split(command), cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        outputs.append(done.stdout)
        status = done.returncode
    return FirstScreen(folder, outputs, status)


def test_the_first_screen_gives_a_red_build(screen: FirstScreen) -> None:
    recorded, _, red = screen.outputs
    assert "BASELINE RECORDED" in recorded
    assert screen.status == 1
    assert "RED: " in red


def test_what_a_reader_needs_is_in_the_last_lines(screen: FirstScreen) -> None:
    # a command is never broken, so that its rest stands in further lines of an 80 column terminal
    lines = re.findall(r".{1,80}|^(?=\n)", screen.outputs[-1].rstrip(), re.MULTILINE)
    last = "\n".join(lines[-SCREEN:])
    for needed in (
        "✗ pass ",
        "▼ REGRESSED",
        "- You are writing to ⟨customer_name⟩.",
        "+ You are writing to {customer_name}.",
        "  ✗ cancelled  pass ",
        "  ✗ double-charge  pass ",
        "  ✗ wrong-plan  pass ",
        "RED: ",
        "  look closer ",
        "  accept ",
        "  the words ",
    ):
        assert needed in last


def test_the_red_build_is_the_one_printed(screen: FirstScreen) -> None:
    red = screen.outputs[-1]
    section = red.split(" LLM experiment =", 1)[1].split("\n", 1)[1]
    check_generated("red", f"```text\n{section.rstrip()}\n```\n", without_chance)


def test_every_link_of_the_readme_works_elsewhere_and_leads_to_a_file() -> None:
    inline = re.findall(r"\]\(([^)]+)\)", README)
    named = dict(re.findall(r"^\[([^\]]+)\]: (\S+)$", README, re.MULTILINE))
    assert [link for link in inline if not link.startswith("https://")] == []
    for reference in re.findall(r"\]\[([^\]]*)\]", README):
        assert reference in named
    for address in named.values():
        match = re.fullmatch(r"https://github\.com/[^/]+/[^/]+/(?:blob|tree)/main/([^#]+)(?:#(.+))?", address)
        assert match is not None, address
        path, section = match.groups()
        assert (ROOT / path).exists(), address
        if section:
            titles = re.findall(r"^#+ (.+)$", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
            assert section in [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]
