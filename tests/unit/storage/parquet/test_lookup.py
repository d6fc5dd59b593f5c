"""One run by its id, or by how its id begins."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.store import Store

Line = Callable[..., bytes]
Id = Callable[[int], str]


@pytest.fixture
def traced(keep, line: Line, run_id: Id) -> Store:
    """A root (1) with children 2 and 5, grandchildren 3 and 4 under 2, and 6 whose parent was lost."""
    below = {2: 1, 3: 2, 4: 2, 5: 1, 6: 99}
    children = [line(n, trace_id=run_id(1), parent_id=run_id(parent)) for n, parent in below.items()]
    return keep(*reversed(children), line(1, name="root"), line(7, name="stranger"))


def test_a_trace_comes_back_as_a_tree(traced: Store, run_id: Id) -> None:
    root = traced.read_run(run_id(1))
    assert [child.id for child in root.child_runs] == [run_id(2), run_id(5), run_id(6)]
    assert [child.id for child in root.child_runs[0].child_runs] == [run_id(3), run_id(4)]
    assert traced.read_run(run_id(1), load_children=False).child_runs == ()


def test_a_run_inside_a_trace_brings_its_own_descendants(traced: Store, run_id: Id) -> None:
    run = traced.read_run(run_id(2))
    assert [child.id for child in run.child_runs] == [run_id(3), run_id(4)]
    assert traced.read_run(run_id(3)).child_runs == ()


def test_the_beginning_of_an_id_is_enough_where_it_is_unique(traced: Store, run_id: Id) -> None:
    assert traced.read_run(run_id(7)[:36]).name == "stranger"
    with pytest.raises(StoreError, match=r"Several runs' ids begin with '019a0000': 019a0000-.*, 019a0000-"):
        traced.read_run("019a0000")
    with pytest.raises(
        StoreError,
        match=r"No run has the id '019bffff'\. `llmobs runs` lists the runs\. ",
    ):
        traced.read_run("019bffff")
    with pytest.raises(
        StoreError, match=r"'01' is too short for a run's id\. Give its first 6 letters at least\."
    ):
        traced.read_run("01")


def test_a_unique_beginning(keep, line: Line) -> None:
    store = keep(line(1, id="abcdef-1"), line(2, id="abcxyz-2"))
    assert store.read_run("abcdef").id == "abcdef-1"
