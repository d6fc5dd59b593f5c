"""The tables of docs/datasets.md and docs/evaluators.md come from the registries; ``make readme`` writes them anew."""

from __future__ import annotations

import json
import os
import warnings
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs import load_dataset
from pytest_llmobs.datasets import DatasetWarning
from pytest_llmobs.evaluators import builtin
from pytest_llmobs.extensions import Extensions, standalone_manager
from tests.e2e.test_readme import DATASETS, ROOT, UPDATE, blocks

OF_ITS_NAME = "the one of the output's name, else the only one called like `reference`, `expected`, `label` …"


def check_page(page: str, part: str, rows: list[str]) -> None:
    """Compare a generated table of a page with what it should be, or write it anew."""
    path = ROOT / "docs" / page
    text = path.read_text(encoding="utf-8")
    before, mark, rest = text.partition(f"<!-- generated: {part} -->\n")
    found, _, after = rest.partition("<!-- end -->")
    table = "\n".join(rows) + "\n"
    if os.environ.get(UPDATE):
        path.write_text(f"{before}{mark}{table}<!-- end -->{after}", encoding="utf-8")
    else:
        assert found == table, f"docs/{page} is behind; {UPDATE}=1 writes it anew"


def format_rows() -> list[str]:
    """Return the table of dataset formats, from the registry."""
    rows = ["| file | what it holds |", "|---|---|"]
    for reader in Extensions(standalone_manager()).formats:
        suffixes = " ".join(f"`{suffix}`" for suffix in reader.suffixes)
        document = import_module(type(reader).__module__).__doc__ or ""
        rows.append(f"| {suffixes} | {document.splitlines()[0].replace('``', '`')} |")
    return rows


def sample_of(value: Any) -> str:
    """Return a sample value as a page shows it: of a list the first item, for the others are there for tests."""
    if value is None:
        return ""
    if isinstance(value, list):
        value = value[:1]
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def what_it_reads(evaluator: Any) -> tuple[str, str]:
    """Return which reference outputs an evaluator reads, and an example of it."""
    field = getattr(evaluator, "field", "")
    if field:
        return f"`{field}`", sample_of(evaluator.sample_reference.get(field))
    if field is None:
        return OF_ITS_NAME, ""
    reads = {True: "all that there is, and needs it", None: "all that there is, if anything"}
    return reads.get(getattr(evaluator, "reference", False), "nothing"), ""


def reference_rows() -> list[str]:
    """Return the table of what evaluators read of an example's ``outputs``, from the registry."""
    readers: dict[str, list[str]] = defaultdict(list)
    samples: dict[str, str] = {}
    for name, evaluator in builtin().items():
        reads, sample = what_it_reads(evaluator)
        readers[reads].append(f"`{name}`")
        samples.setdefault(reads, sample)
    rows = ["| of the example's `outputs` | such as | is read by |", "|---|---|---|"]
    for reads, names in readers.items():
        rows.append(f"| {reads} | {samples[reads]} | {' '.join(names)} |")
    return rows


def test_the_formats_are_those_there_are() -> None:
    check_page("datasets.md", "formats", format_rows())


def test_the_references_read_are_those_there_are() -> None:
    check_page("evaluators.md", "references", reference_rows())


@pytest.mark.parametrize("note", ["warning: seats.yaml", "warning: twins.jsonl"])
def test_the_warnings_on_the_datasets_page_are_those_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, note: str
) -> None:
    monkeypatch.chdir(tmp_path)
    file = note.removeprefix("warning: ")
    (content,) = [block.text for block in blocks(DATASETS) if block.note == f"sample: {file}"]
    (shown,) = [block.text for block in blocks(DATASETS) if block.note == note]
    Path(file).write_text(content, encoding="utf-8")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        load_dataset(tmp_path / file)
    (warning,) = caught
    assert warning.category is DatasetWarning
    assert str(warning.message) == shown.strip()
