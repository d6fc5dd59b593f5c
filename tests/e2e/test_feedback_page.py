"""What docs/feedback.md shows is what happens: its app runs, and its output is what is printed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import duckdb
import pytest

from pytest_llmobs.storage.feedback.schema import feedback_markdown
from tests.e2e.here import line_here
from tests.e2e.test_readme import ROOT, UPDATE, blocks, write_files

PATH = ROOT / "docs" / "feedback.md"
PAGE = PATH.read_text(encoding="utf-8")


def without_chance(text: str) -> str:
    text = re.sub(r"\b[0-9a-f]{8}-[0-9a-f]{4}\b(-[0-9a-f]{4}){0,2}(-[0-9a-f]{12})?", "ID", text)
    return re.sub(r"\d\d-\d\d \d\d:\d\d:\d\d", "MOMENT", text).strip()


def run(command: str, folder: Path) -> str:
    """Run a command as a shell does; return what it printed, notes last."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LLMOBS", "COLUMNS"))}
    done = line_here(folder, command, kept | {"COLUMNS": "90", "NO_COLOR": "1"})
    assert done.returncode == 0, done.stderr
    return (done.stdout + done.stderr).replace(str(folder), "shop")


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The page's commands, run in its order: the folder, and each console as it came out."""
    folder = tmp_path_factory.mktemp("shop")
    write_files(PAGE, folder)
    consoles = []
    for block in blocks(PAGE):
        if block.note == "run":
            commands = [line for line in block.text.splitlines() if line.startswith("$ ")]
            consoles.append("".join(f"{command}\n{run(command[2:], folder)}" for command in commands))
    return folder, consoles


def test_what_the_commands_print_is_the_one_printed(printed: tuple[Path, list[str]]) -> None:
    _, consoles = printed
    shown = [block.text for block in blocks(PAGE) if block.note == "run"]
    if os.environ.get(UPDATE):
        page = PATH.read_text(encoding="utf-8")
        for old, new in zip(shown, consoles, strict=True):
            page = page.replace(
                f"<!-- run -->\n```console\n{old}```", f"<!-- run -->\n```console\n{new}```", 1
            )
        PATH.write_text(page, encoding="utf-8")
    else:
        assert list(map(without_chance, consoles)) == list(map(without_chance, shown)), (
            f"{UPDATE}=1 writes it"
        )


def test_the_columns_are_those_of_the_files() -> None:
    table = feedback_markdown()
    (found,) = re.findall(r"<!-- generated: feedback columns -->\n(.*?)<!-- end -->", PAGE, re.DOTALL)
    if os.environ.get(UPDATE):
        page = PATH.read_text(encoding="utf-8")
        start = "<!-- generated: feedback columns -->\n"
        PATH.write_text(
            page.replace(f"{start}{found}<!-- end -->", f"{start}{table}<!-- end -->"), encoding="utf-8"
        )
    else:
        assert found == table, f"docs/feedback.md is behind; {UPDATE}=1 writes it anew"


def test_the_query_answers_what_it_says(
    printed: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = printed
    monkeypatch.chdir(folder)
    (query,) = [block.text for block in blocks(PAGE) if block.note == "query"]
    assert duckdb.sql(query).fetchall() == [("free", 0.0, 1), ("pro", 1.0, 2)]


def test_every_block_is_tried() -> None:
    assert [
        block.text for block in blocks(PAGE) if not block.file and block.note not in ("run", "query")
    ] == []
