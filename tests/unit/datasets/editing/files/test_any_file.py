"""Whatever a file looks like: an edit changes the lines of its example, and what comes out is what was meant."""

from __future__ import annotations

import json
import warnings
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
from tests.unit.datasets.editing.files.random_files import FILES, rows

NOWHERE = Path("no-index")
SUFFIXES = sorted(FILES)


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
    old, new = before.split(b"\n"), after.split(b"\n")
    same = 0
    while same < min(len(old), len(new)) and old[same].rstrip(b"\r") == new[same].rstrip(b"\r"):
        same += 1
    end = 0
    while end < min(len(old), len(new)) - same and old[-1 - end] == new[-1 - end]:
        end += 1
    return same, len(old) - end


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_one_example_changes_and_every_other_line_stays(suffix: str, data: st.DataObject) -> None:
    content, file = drawn(data, suffix)
    assume(file.examples)
    id = data.draw(st.sampled_from(sorted(file.examples)))
    old = dict(file.examples)
    first, behind = lines_of(file, content, id)
    way = data.draw(st.sampled_from(["replace", "remove", "split"]))
    if way == "remove":
        file.remove(id)
        wanted = {each: example for each, example in old.items() if each != id}
    else:
        changes = {"split": "moved"} if way == "split" else data.draw(rows())
        file.replace(replace(old[id], **changes))
        wanted = {**old, id: replace(old[id], **changes)}
    try:
        after = file.finish().content
    except DatasetError:
        assert suffix != ".jsonl"
        assert suffix == ".csv" or way != "split"
        return
    assert facts(opened(after, suffix).examples) == facts(wanted)
    begin, end = changed_lines(content, after)
    ids_depend = way == "remove" and any(re_derived(each, id) for each in wanted)
    is_inline = content.lstrip(b"\xef\xbb\xbf").startswith(b"[")
    is_counted = all(sign not in content.decode() for sign in "\x85\u2028\u2029")  # YAML breaks lines there
    if begin < end and not ids_depend and not is_inline and is_counted:
        assert first <= begin
        assert end <= behind


def re_derived(id: str, removed: str) -> bool:
    return id.startswith(removed) or removed.startswith(id.rpartition("-")[0])


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_an_added_example_leaves_every_line_as_it_was(suffix: str, data: st.DataObject) -> None:
    content, file = drawn(data, suffix)
    old = dict(file.examples)
    row = data.draw(rows())
    id = "new" if file.keeps_ids else derived_id(row["inputs"], old)
    file.add(Example(id, **row))
    try:
        after = file.finish().content
    except DatasetError:
        assert suffix == ".csv"
        return
    assert facts(opened(after, suffix).examples) == facts({**old, id: Example(id, **row)})
    missing = [line for line in content.split(b"\n") if line.strip() and line.rstrip(b"\r") not in after]
    if suffix == ".yaml":
        # a comma behind the last item, or a mark that its text ends with the file
        assert len(missing) <= 1
    else:
        assert not missing
