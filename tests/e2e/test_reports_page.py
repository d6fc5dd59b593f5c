"""What docs/reports.md shows is what happens."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_llmobs.extensions import Extensions, standalone_manager
from pytest_llmobs.reports.json import SCHEMA
from tests.e2e.conftest import ROOT, copy_example, plain_environment
from tests.e2e.here import pytest_here
from tests.e2e.test_readme import UPDATE, blocks, write_files
from tests.e2e.warm import programs

PATH = ROOT / "docs" / "reports.md"
PAGE = PATH.read_text(encoding="utf-8")


def keys(schema: dict[str, Any], part: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every key that a document may have, as a path, with its meaning."""
    name = part.get("$ref", "").rpartition("/")[2]
    part = {**schema["$defs"].get(name, {}), **part}
    for choice in part.get("anyOf", ()):
        yield from keys(schema, choice, path)
    if "items" in part:
        yield from keys(schema, part["items"], f"{path}[]")
    for key, value in part.get("properties", {}).items():
        below = f"{path}.{key}".lstrip(".")
        referred = schema["$defs"].get(value.get("$ref", "").rpartition("/")[2], {})
        yield below, value.get("description") or referred["description"]
        if below not in ("spending.looks", "spending.control"):  # sums, as their neighbour
            yield from keys(schema, value, below)


def test_the_keys_are_those_of_the_schema() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    rows = [f"| `{path}` | {meaning} |" for path, meaning in keys(schema, schema)]
    table = "\n".join(["| key | meaning |", "|---|---|", *rows]) + "\n"
    (found,) = re.findall(r"<!-- generated: keys -->\n(.*?)<!-- end -->", PAGE, re.DOTALL)
    if os.environ.get(UPDATE):
        PATH.write_text(
            PAGE.replace(f"keys -->\n{found}<!-- end", f"keys -->\n{table}<!-- end"), encoding="utf-8"
        )
    else:
        assert found == table, f"docs/reports.md is behind; {UPDATE}=1 writes it anew"


def test_every_format_is_told_of() -> None:
    told = re.findall(r"^\| `(\w+)` \| .*", PAGE.split("## HTML", maxsplit=1)[0], re.MULTILINE)
    assert told == list(Extensions(standalone_manager()).reports)


def test_the_code_that_reads_the_document_works(tmp_path: Path) -> None:
    folder = copy_example("support_bot", tmp_path)
    (code,) = [block.text for block in blocks(PAGE) if block.note == "run"]
    path = f"{programs()}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=plain_environment() | {"PATH": path, "SUPPORT_PROMPT": "support:northwind"},
        capture_output=True,
        text=True,
        check=True,
    )
    headline, *examples = done.stdout[done.stdout.rindex("RED: ") :].splitlines()
    assert "broke" in headline
    assert any(line.startswith("double-charge broken ") for line in examples)


def test_a_format_of_ones_own_works(tmp_path: Path) -> None:
    folder = copy_example("support_bot", tmp_path)
    conftest = folder / "conftest.py"
    its_own = conftest.read_text(encoding="utf-8")
    assert write_files(PAGE, folder) == ["conftest.py"]
    conftest.write_text(f"{its_own}\n\n{conftest.read_text(encoding='utf-8')}", encoding="utf-8")
    done = pytest_here(
        folder, "-k", "double-charge", "--llm-experiment", "--llm-name=mine", "--llm-report=means"
    )
    assert "report means: .llmobs/reports/mine.csv" in done.stdout
    text = (folder / ".llmobs" / "reports" / "mine.csv").read_text(encoding="utf-8")
    assert re.search(r"^test_\w+\.py::test_\w+,pass,1\.0$", text, re.MULTILINE)
