"""What docs/import-export.md shows is what happens: its commands run in order, and print what is printed there."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from pytest_llmobs.datasets.exchange import FORMS
from tests.e2e.test_feedback_page import run, without_chance
from tests.e2e.test_readme import ROOT, UPDATE, blocks
from tests.e2e.test_tables import check_page

PATH = ROOT / "docs" / "import-export.md"
PAGE = PATH.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The page's commands, run in its order: the folder, and each console as it came out."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "pytest.ini").touch()
    for block in blocks(PAGE):
        if block.file:
            (folder / block.file).parent.mkdir(exist_ok=True)
            (folder / block.file).write_text(block.text, encoding="utf-8")
    consoles = []
    for block in blocks(PAGE):
        if block.note == "run":
            commands = [line for line in block.text.splitlines() if line.startswith("$ ")]
            consoles.append("".join(f"{command}\n{run(command[2:], folder)}" for command in commands))
    return folder, consoles


def shown(text: str) -> str:
    return re.sub(r"\([0-9a-f]{8}\)", "(VERSION)", without_chance(text))


def test_what_the_commands_print_is_the_one_printed(printed: tuple[Path, list[str]]) -> None:
    folder, consoles = printed
    (pair,) = (folder / "pairs.jsonl").read_text().splitlines()
    old = [block.text for block in blocks(PAGE) if block.note in ("run", "pair")]
    new = [*consoles[:3], f"{json.dumps(json.loads(pair), indent=2)}\n", *consoles[3:]]
    if os.environ.get(UPDATE):
        page = PATH.read_text(encoding="utf-8")
        for before, after in zip(old, new, strict=True):
            page = re.sub(
                rf"(<!-- (?:run|pair) -->\n```\w+\n){re.escape(before)}```",
                lambda found, after=after: f"{found[1]}{after}```",
                page,
                count=1,
            )
        PATH.write_text(page, encoding="utf-8")
    else:
        assert list(map(shown, new)) == list(map(shown, old)), f"{UPDATE}=1 writes docs/import-export.md anew"


def test_the_forms_are_those_there_are() -> None:
    rows = ["| `--as` | suffix | what is written |", "|---|---|---|"]
    for name, form in FORMS.items():
        suffixes = " ".join(f"`{suffix}`" for suffix in form.suffixes)
        loses = f"; {form.loses}" if form.loses else ""
        rows.append(f"| `{name}` | {suffixes} | {form.about}{loses} |")
    check_page("import-export.md", "forms", rows)


def test_every_block_is_tried() -> None:
    tried = ("run", "pair")
    assert [block.text for block in blocks(PAGE) if not block.file and block.note not in tried] == []
