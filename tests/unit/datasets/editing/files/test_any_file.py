"""Whatever a file looks like: an edit changes the lines of its example, and what comes out is what was meant."""

from __future__ import annotations

import json
import warnings
from codecs import BOM_UTF8 as BOM
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from pytest_llmobs.datasets import DatasetWarning
from pytest_llmobs.datasets.editing.files.base import EditedFile
from pytest_llmobs.datasets.editing.files.opening import open_file
from pytest_llmobs.datasets.identity import derived_id
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.records.examples import Example
from tests.unit.datasets.editing.files.random_files import FILES, TEXTS, rows

NOWHERE = Path("no-index")
SUFFIXES = sorted(FILES)
WAYS = ["fitting", "remove", "replace", "split"]
RANDOMLY = settings(max_examples=35, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def opened(content: bytes, suffix: str) -> EditedFile:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DatasetWarning)
        return open_file(content, Path(f"golden{suffix}"), NOWHERE)


def drawn(data: st.DataObject, suffix: str) -> tuple[bytes, EditedFile]:
    """Return a file that a reader takes: where cells and texts are random, not each makes sense."""
    content = data.draw(FILES[suffix])
    try:
        return content, opened(content, suffix)
    except DatasetError:
        reject()


def facts(examples: Mapping[str, Example]) -> list[Any]:
    return [json.dumps([*example.content, example.source_run_id]) for example in examples.values()]


def lines_of(file: EditedFile, content: bytes, id: str) -> tuple[int, int]:
    """Return the first line of an example, counted from 0, and the one behind its last that another may use."""
    starts = sorted(int(file.place(each).rpartition(":")[2]) - 1 for each in file.examples)
    first = int(file.place(id).rpartition(":")[2]) - 1
    later = [start for start in starts if start > first]
    return first, later[0] if later else content.count(b"\n") + 1


def changed_lines(before: bytes, after: bytes) -> tuple[int, int]:
    """Return which lines of a file differ from another: those between the first and the last that are the same."""
    # the mark of UTF-8 stays where it is, whichever line is the first
    old, new = before.removeprefix(BOM).split(b"\n"), after.removeprefix(BOM).split(b"\n")
    same = 0
    while same < min(len(old), len(new)) and old[same].rstrip(b"\r") == new[same].rstrip(b"\r"):
        same += 1
    end = 0
    while end < min(len(old), len(new)) - same and old[-1 - end] == new[-1 - end]:
        end += 1
    return same, len(old) - end


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_one_example_changes_and_every_other_line_stays(suffix: str) -> None:
    told: Counter[tuple[str, bool]] = Counter()

    @RANDOMLY
    @given(data=st.data())
    def change_one(data: st.DataObject) -> None:
        content, file = drawn(data, suffix)
        assume(file.examples)
        way = data.draw(st.sampled_from(WAYS))
        told[way, changes_one(data, content, file, suffix, way)] += 1

    change_one()
    # a CSV has no form for most random values, and no second split; what fits its columns may still change a type
    ways = ("fitting", "remove") if suffix == ".csv" else WAYS
    assert any(told[way, True] for way in ways)
    if suffix != ".csv":
        assert [way for way in WAYS if told[way, False]] == []


def changes_one(data: st.DataObject, content: bytes, file: EditedFile, suffix: str, way: str) -> bool:
    """Change an example, check the file, and tell whether it was done; False where it was refused."""
    id = data.draw(st.sampled_from(sorted(file.examples)))
    old = dict(file.examples)
    first, behind = lines_of(file, content, id)
    if way == "remove":
        file.remove(id)
        wanted = {each: example for each, example in old.items() if each != id}
    else:
        changed = replace(old[id], **changes(data, file, old[id], way))
        file.replace(changed)
        wanted = {**old, id: changed}
    try:
        after = file.finish().content
    except DatasetError:
        return False
    assert facts(opened(after, suffix).examples) == facts(wanted)
    begin, end = changed_lines(content, after)
    ids_depend = way == "remove" and any(re_derived(each, id) for each in wanted)
    is_inline = b"\n[" in b"\n" + content.removeprefix(BOM)  # also below a comment
    is_counted = all(sign not in content.decode() for sign in "\x85\u2028\u2029")  # YAML breaks lines there
    if begin < end and not ids_depend and not is_inline and is_counted:
        assert first <= begin
        assert end <= behind
    return True


def changes(data: st.DataObject, file: EditedFile, old: Example, way: str) -> dict[str, Any]:
    if way == "split" or (way == "fitting" and not file.keeps_ids):
        return {"split": "moved"}
    if way == "fitting":
        return {"inputs": {**old.inputs, "query": data.draw(TEXTS.filter(bool))}}
    return data.draw(rows())


def re_derived(id: str, removed: str) -> bool:
    return id.startswith(removed) or removed.startswith(id.rpartition("-")[0])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_added_example_leaves_every_line_as_it_was(suffix: str) -> None:
    told: Counter[bool] = Counter()

    @RANDOMLY
    @given(data=st.data(), fits=st.booleans())
    def add_one(data: st.DataObject, fits: bool) -> None:
        content, file = drawn(data, suffix)
        row = {"inputs": {"query": data.draw(TEXTS.filter(bool))}} if fits else data.draw(rows())
        done = adds_one(content, file, suffix, row)
        assert done or suffix == ".csv"
        if fits:
            told[done] += 1

    add_one()
    assert told[True]


@pytest.mark.parametrize("sign", ["\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("behind", ["...\n", "", "# the end\n"])
def test_an_example_is_added_behind_a_text_that_ends_with_a_rare_line_break(sign: str, behind: str) -> None:
    content = f"- inputs: {{q: a}}\n  outputs:\n    answer:\n    - |2+\n  {sign}{behind}".encode()
    assert adds_one(content, opened(content, ".yaml"), ".yaml", {"inputs": {"q": "b"}})


def adds_one(content: bytes, file: EditedFile, suffix: str, row: dict[str, Any]) -> bool:
    """Add an example, check the file, and tell whether it was done; False where it was refused."""
    old = dict(file.examples)
    id = "new" if file.keeps_ids else derived_id(row["inputs"], old)
    file.add(Example(id, **row))
    try:
        after = file.finish().content
    except DatasetError:
        return False
    assert facts(opened(after, suffix).examples) == facts({**old, id: Example(id, **row)})
    missing = [line for line in content.split(b"\n") if line.strip() and line.rstrip(b"\r") not in after]
    # of YAML a comma behind the last item, or a mark that its text ends with the file
    assert len(missing) <= (1 if suffix == ".yaml" else 0)
    return True
