"""What the documentation shows is what happens: its files run, its tables match the code, its output is real."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DATASETS = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")


class Block(NamedTuple):
    """One fenced block; ``note`` is the comment in the line before it (``file: test_x.py``), if any."""

    note: str
    language: str
    text: str

    @property
    def file(self) -> str | None:
        return self.note.removeprefix("file: ") if self.note.startswith("file: ") else None


def blocks(document: str) -> list[Block]:
    found = re.findall(r"^(?:<!-- (.*?) -->\n)?```(\w+)\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    return [Block(*parts) for parts in found]


def write_files(document: str, folder: Path) -> list[str]:
    """Write every block that is a file, and return their names."""
    files = {block.file: block.text for block in blocks(document) if block.file}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return list(files)


def test_the_files_of_the_datasets_page_work(pytester: pytest.Pytester):
    names = write_files(DATASETS, pytester.path)
    datasets = [name for name in names if name.startswith("golden.")]
    assert len(datasets) == 3
    tests = "".join(
        f"""
@pytest.mark.llm_dataset({name!r})
def test_golden_{number}(example):
    assert example.id in ("double-charge", "add-seats")
    assert example.inputs["query"]
"""
        for number, name in enumerate([*datasets, "golden.toml"])
    )
    pytester.makepyfile(test_golden=f"import pytest\n{tests}")
    pytester.path.joinpath("golden.toml").write_text(
        '[[example]]\nid = "add-seats"\ninputs = {query = "How?"}\n'
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2 + 3 + 2 + 2 + 1 + 1)


def test_the_message_on_the_datasets_page_is_the_one_printed(pytester: pytest.Pytester):
    write_files(DATASETS, pytester.path)
    golden = pytester.path / "golden.jsonl"
    golden.write_text(golden.read_text() + golden.read_text().splitlines()[1])
    pytester.makepyfile(
        test_it="import pytest\n\n@pytest.mark.llm_dataset('golden.jsonl')\ndef test_it(example): pass\n"
    )
    result = pytester.runpytest_subprocess("test_it.py")
    (shown,) = [block.text.strip() for block in blocks(DATASETS) if block.language == "text"]
    assert shown in result.stdout.str().replace("\nE   ", " ")
    assert "Traceback" not in result.stdout.str()
