"""What docs/evaluate.md shows is what happens: its scripts run, in their order, and print what stands below them.

``LLMOBS_UPDATE_README=1 pytest tests/e2e/test_evaluate_page.py`` writes what they print anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.conftest import ROOT, plain_environment
from tests.e2e.here import line_here, python_here
from tests.e2e.test_readme import UPDATE, Block, blocks, without_chance, write_files

PATH = ROOT / "docs" / "evaluate.md"
WIDTH = "100"


class _Page:
    """The page, whose printed parts are compared or written anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.text = PATH.read_text(encoding="utf-8")
        self.problems: list[str] = []

    def run(self, line: str) -> str:
        """Run a command as a reader would; return what a terminal shows."""
        environment = plain_environment() | {"COLUMNS": WIDTH}
        del environment["PYTHONPATH"]  # readers have pandas
        script = self.folder / line.removeprefix("python ")
        text = script.read_text(encoding="utf-8") if script.is_file() else ""
        # pandas would stay, and arguments are those of a process
        if text and "pandas" not in text and "sys.argv" not in text:
            done = python_here(self.folder, text, environment)
        else:
            done = line_here(self.folder, line, environment)
        return done.stdout + done.stderr

    def check(self, shown: Block, printed: str) -> None:
        """Compare what a block shows with what was printed, but for names, moments and durations."""
        if _without_times(shown.text) == _without_times(printed):
            return
        if os.environ.get(UPDATE):
            head = f"<!-- {shown.note} -->\n```{shown.language}\n"
            self.text = self.text.replace(f"{head}{shown.text}```", f"{head}{printed.rstrip()}\n```")
            PATH.write_text(self.text, encoding="utf-8")
        else:
            self.problems.append(f"{shown.note}:\n{printed}")


def test_everything_on_the_page_has_run_as_shown(tmp_path: Path) -> None:
    page = _Page(tmp_path)
    write_files(page.text, tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    script = ""
    for block in blocks(page.text):
        kind, _, name = block.note.partition(": ")
        if kind == "run":
            script = f"{name}.py"
            (tmp_path / script).write_text(block.text, encoding="utf-8")
        elif kind == "printed":
            page.check(block, page.run(f"python {script}"))
        elif kind == "console":
            page.check(block, "".join(_typed(page, block)))
    assert page.problems == [], f"docs/evaluate.md is behind; {UPDATE}=1 writes it anew"


def _without_times(text: str) -> str:
    return re.sub(r"(?<= in )[\d.]+ m?s\b", "TIME", without_chance(text))


def _typed(page: _Page, block: Block) -> Iterator[str]:
    for line in block.text.splitlines():
        if line.startswith("$ "):
            yield f"{line}\n{page.run(line.removeprefix('$ '))}"
