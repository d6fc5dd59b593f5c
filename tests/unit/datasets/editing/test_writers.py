"""Several programs write one dataset: processes of ours, and an editor that knows no lock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.datasets.editing.edit import edit
from pytest_llmobs.datasets.editing.files.base import EditedFile
from pytest_llmobs.errors import ConflictError
from pytest_llmobs.records.examples import Example
from tests.unit.datasets.editing.conftest import draft
from tests.unit.processes import run_at_once

EMPTY = {
    "golden.csv": "id;inputs.process;inputs.number\nfirst;x;0\n",
    "golden.yaml": "# golden\n- id: first  # stays\n  inputs: {process: x, number: 0}\n",
    "golden.jsonl": '{"id":"first", "inputs": {"process": "x", "number": 0}}\n',
}
WRITING = """
import sys
from pathlib import Path
from pytest_llmobs.datasets.csv import Csv
from pytest_llmobs.datasets.jsonl import Jsonl
from pytest_llmobs.datasets.yaml import Yaml
from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog

catalog = Catalog(Path("datasets"), Path(".llmobs"), formats=lambda: (Csv(), Jsonl(), Yaml()))
print("ready", flush=True)
sys.stdin.readline()
who = sys.argv[1]
for number in range(6):
    inputs = {"process": who, "number": number}
    changes.add(catalog, "golden", [{"id": f"{who}-{number}", "inputs": inputs}], "x")
    changes.update(catalog, "golden", [{"id": f"{who}-{number}", "inputs": inputs | {"number": number + 100}}])
changes.remove(catalog, "golden", [f"{who}-0"])
"""


@pytest.mark.parametrize("name", ["golden.csv", "golden.yaml"])
def test_two_processes_that_add_change_and_remove_lose_nothing(
    catalog: Catalog, write: Callable[..., Path], tmp_path: Path, name: str
) -> None:
    file = write(name, EMPTY[name])
    run_at_once(WRITING, ["a", "b"], tmp_path)

    numbers = {example.id: example.inputs["number"] for example in catalog.examples("golden")}
    expected = {"first": 0}
    for who in "ab":
        expected |= {f"{who}-{number}": number + 100 for number in range(1, 6)}
    assert numbers == expected
    assert file.read_text().startswith(EMPTY[name])


def saving(file: Path, times: int) -> Callable[[EditedFile, str], list[Example]]:
    """Return a change during which an editor saves the file, so many times it is tried."""
    left = [times]

    def change(opened: EditedFile, dataset: str) -> list[Example]:
        if left[0]:
            left[0] -= 1
            typed = EMPTY[file.name].replace("first", f"typed-{left[0]}")
            # the header and the comment stand there already
            lines = typed.splitlines(True)[0 if file.suffix == ".jsonl" else 1 :]
            file.write_text(EMPTY[file.name] + "".join(lines))
        example = Example("ours", {"process": "y", "number": 1})
        opened.add(example)
        return [example]

    return change


@pytest.mark.parametrize("name", sorted(EMPTY))
def test_what_an_editor_saves_meanwhile_is_in_it(
    catalog: Catalog, write: Callable[..., Path], name: str
) -> None:
    file = write(name, EMPTY[name])
    edit(catalog, "golden", saving(file, 1))
    assert [example.id for example in catalog.examples("golden")] == ["first", "typed-0", "ours"]


@pytest.mark.parametrize("name", sorted(EMPTY))
def test_an_editor_that_saves_without_end_wins(
    catalog: Catalog, write: Callable[..., Path], name: str
) -> None:
    file = write(name, EMPTY[name])
    with pytest.raises(
        ConflictError, match=rf"'datasets/{name}' was saved by another program 5 times.*Try again"
    ):
        edit(catalog, "golden", saving(file, 100))
    assert "ours" not in file.read_text()
    assert "typed-" in file.read_text()
    changes.add(catalog, "golden", [draft("", id="later", inputs={"process": "z", "number": 2})], "x")
    assert catalog.examples("golden")[-1].id == "later"
