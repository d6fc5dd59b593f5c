"""An edit that uses the index comes to what one that reads the whole file comes to, and a wrong index is never used."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.datasets.editing.files.index import read_index, write_index
from pytest_llmobs.datasets.versions.moments import seen_versions
from pytest_llmobs.datasets.versions.versions import version_of
from pytest_llmobs.errors import DatasetError
from tests.unit.datasets.conftest import FORMATS
from tests.unit.datasets.editing.conftest import minutes
from tests.unit.processes import run_at_once

TEXTS = st.sampled_from(["Hello", "Hello", "Bye", 'a "quoted" one', "ä😀", "a],[b", "\\"])
IDS = st.sampled_from(["a", "b", "ä", 'q"q', "a-2", "],[", "x\u2028y"])
EDITS = st.tuples(
    st.sampled_from(["add", "add with id", "update", "remove", "split", "by hand"]),
    TEXTS,
    IDS,
    st.integers(0, 99),
)


def indexed(folder: Path) -> Catalog:
    """Return a catalog that keeps an index of every file, however small."""
    return Catalog(
        folder / "datasets", folder / ".llmobs", formats=lambda: FORMATS, now=minutes(), index_from=0
    )


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    monkeypatch.chdir(tmp_path)
    return indexed(tmp_path)


@pytest.fixture
def golden(catalog: Catalog) -> Path:
    """Return the file of a dataset of three examples, one edit old."""
    catalog.create("golden", {})
    drafts = [{"id": id, "inputs": {"query": id}} for id in "abc"]
    changes.add(catalog, "golden", drafts, "x")
    return catalog.file("golden")


def index_of(catalog: Catalog, file: Path) -> Path:
    index = catalog.index_file(file, file.stat().st_size)
    assert index is not None
    return index


def current(catalog: Catalog) -> str:
    """Return the version that the last edit worked out."""
    return seen_versions(catalog, "golden")[0].version


def read_anew(catalog: Catalog) -> str:
    return version_of(catalog.examples("golden"))


def update(catalog: Catalog, id: str, answer: str) -> None:
    changes.update(catalog, "golden", [{"id": id, "outputs": {"answer": answer}}])


def answers(catalog: Catalog) -> dict[str, Any]:
    return {example.id: example.outputs.get("answer") for example in catalog.examples("golden")}


def one_edit(catalog: Catalog, edit: tuple[str, str, str, int]) -> None:
    """Make one edit, by hand or through the catalog; an id that is taken gets an update."""
    way, text, id, number = edit
    ids = [example.id for example in catalog.examples("golden")]
    draft: dict[str, Any] = {"inputs": {"query": text}, "outputs": {"n": number}}
    if way == "by hand":
        with catalog.file("golden").open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(draft)}\n")
    elif way == "add with id":
        if id in ids:
            update(catalog, id, text)
        else:
            changes.add(catalog, "golden", [{**draft, "id": id}], "x")
    elif way == "add" or not ids:
        changes.add(catalog, "golden", [draft], "x")
    elif way == "remove":
        changes.remove(catalog, "golden", ids[number % len(ids) :][:2])
    elif way == "split":
        changes.put_into_split(catalog, "golden", text, ids[number % len(ids) :])
    else:
        changes.update(catalog, "golden", [{"id": ids[number % len(ids)], "outputs": {"n": text}}])


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=st.lists(EDITS, min_size=1, max_size=6))
def test_the_version_after_indexed_edits_is_that_of_the_file_read_anew(
    edits: list[tuple[str, str, str, int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        catalog = indexed(Path(folder))
        unindexed = Catalog(
            Path(folder, "plain"), Path(folder, "store"), formats=lambda: FORMATS, now=minutes()
        )
        for each in (catalog, unindexed):
            each.create("golden", {})
        for edit in edits:
            for each in (catalog, unindexed):
                one_edit(each, edit)
            assert catalog.file("golden").read_bytes() == unindexed.file("golden").read_bytes()
            version = read_anew(catalog)
            if edit[0] != "by hand":
                assert current(catalog) == version
                assert version_of(catalog.versions.examples(version)) == version


def test_an_edit_by_hand_between_two_edits_stays(catalog: Catalog, golden: Path) -> None:
    lines = golden.read_text().splitlines(keepends=True)
    golden.write_text(f'{{"id": "new", "inputs": {{}}}}\n{"".join(lines[1:])}')
    update(catalog, "c", "Yes")
    assert answers(catalog) == {"new": None, "b": None, "c": "Yes"}
    assert current(catalog) == read_anew(catalog)


def test_an_edit_by_hand_that_leaves_size_and_time_as_they_were_stays(catalog: Catalog, golden: Path) -> None:
    status = golden.stat()
    golden.write_bytes(golden.read_bytes().replace(b'"query": "a"', b'"query": "z"'))
    os.utime(golden, ns=(status.st_atime_ns, status.st_mtime_ns))
    update(catalog, "c", "Yes")
    assert catalog.examples("golden")[0].inputs == {"query": "z"}
    assert current(catalog) == read_anew(catalog)


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_index_is_not_used(catalog: Catalog, golden: Path, seed: int) -> None:
    chance = random.Random(seed)
    index = index_of(catalog, golden)
    content = bytearray(index.read_bytes())
    if seed % 3:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    else:
        del content[chance.randrange(len(content)) :]
    index.write_bytes(content)
    update(catalog, "b", "Yes")
    assert answers(catalog) == {"a": None, "b": "Yes", "c": None}
    assert current(catalog) == read_anew(catalog)


def test_the_index_of_another_file_is_not_used(catalog: Catalog, golden: Path) -> None:
    catalog.create("other", {})
    changes.add(catalog, "other", [{"id": "b", "inputs": {}}, {"id": "x", "inputs": {}}], "x")
    index_of(catalog, golden).write_bytes(index_of(catalog, catalog.file("other")).read_bytes())
    update(catalog, "b", "Yes")
    assert answers(catalog) == {"a": None, "b": "Yes", "c": None}


def test_other_lines_are_not_read_where_the_index_knows_them(catalog: Catalog, golden: Path) -> None:
    content = golden.read_bytes()
    index = read_index(index_of(catalog, golden), content)
    assert index is not None
    broken = content.replace(b'{"id": "c"', b'<"id": "c"')
    golden.write_bytes(broken)
    write_index(index_of(catalog, golden), broken, index)
    update(catalog, "a", "Yes")
    assert golden.read_bytes().count(b"\n") == 3
    index_of(catalog, golden).unlink()
    with pytest.raises(DatasetError, match=r"golden\.jsonl:3:1: broken JSON"):
        update(catalog, "a", "No")


EDITING = """
import sys
from pathlib import Path
from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog

catalog = Catalog(Path("datasets"), Path(".llmobs"), formats=tuple, index_from=0)
print("ready", flush=True)
sys.stdin.readline()
"""
WITHOUT_END = f"""{EDITING}
for number in range(100_000):
    changes.update(catalog, "golden", [{{"id": "b", "outputs": {{"answer": number}}}}])
    print(number, flush=True)
"""
OWN_EXAMPLE = f"""{EDITING}
changes.add(catalog, "golden", [{{"id": sys.argv[1], "inputs": {{}}}}], "x")
for number in range(20):
    changes.update(catalog, "golden", [{{"id": sys.argv[1], "outputs": {{"answer": number}}}}])
"""


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_edit_leaves_the_old_file_or_the_new_one(
    catalog: Catalog, golden: Path, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    process = subprocess.Popen(
        [sys.executable, "-c", WITHOUT_END],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()
    done = -1
    for _ in range(chance.randrange(1, 12)):
        done = int(process.stdout.readline())
    # somewhere in the next edits
    sum(range(chance.randrange(500_000)))
    process.send_signal(signal.SIGKILL)
    rest = process.communicate()[0].split("\n")[:-1]
    done = int(rest[-1]) if rest else done

    assert answers(catalog).keys() == set("abc")
    assert answers(catalog)["b"] in (done, done + 1)
    update(catalog, "c", "Yes")
    assert answers(catalog)["c"] == "Yes"
    assert current(catalog) == read_anew(catalog)


def test_four_processes_lose_nothing(catalog: Catalog, golden: Path, tmp_path: Path) -> None:
    run_at_once(OWN_EXAMPLE, range(4), tmp_path)
    assert answers(catalog) == {"a": None, "b": None, "c": None} | {str(number): 19 for number in range(4)}
    assert current(catalog) == read_anew(catalog)
