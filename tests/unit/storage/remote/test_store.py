"""A store read where it lies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.remote.filesystem import RemoteFiles
from pytest_llmobs.storage.remote.store import RemoteStore
from pytest_llmobs.storage.remote.uploads import upload
from pytest_llmobs.storage.store import Store

Line = Callable[..., bytes]
Id = Callable[[int], str]


@pytest.fixture
def there(keep: Callable[..., Store], line: Line, run_id: Id, tmp_path: Path) -> RemoteStore:
    keep(line(1), line(2, parent_id=run_id(1), trace_id=run_id(1), name="call"))
    store = keep(line(900, project="other/Ärger"))
    store.write_experiment("demo", {"name": "demo", "started": "1"})
    upload(store.layout, RemoteFiles(str(tmp_path / "there")))
    return RemoteStore(f"file://{tmp_path}/there")


def test_a_run_is_found_by_its_id_with_its_children(there: RemoteStore, run_id: Id) -> None:
    found = there.read_run(run_id(1))
    assert [child.name for child in found.child_runs] == ["call"]
    assert there.read_run(run_id(900), load_children=False).project == "other/Ärger"


def test_an_id_that_nobody_or_several_have(there: RemoteStore, run_id: Id) -> None:
    with pytest.raises(StoreError, match=r"No run in 'file:///.*there' has the id 'ffffffff'"):
        there.read_run("ffffffff")
    with pytest.raises(StoreError, match="Several runs' ids begin with '019a0000'"):
        there.read_run("019a0000")
    with pytest.raises(StoreError, match="too short"):
        there.read_run("019a")


def test_runs_are_filtered_and_ordered_as_in_a_local_store(there: RemoteStore) -> None:
    assert [run.name for run in there.runs(newest_first=True, limit=2)] == ["answer", "call"]
    assert [run.project for run in there.runs("other/Ärger")] == ["other/Ärger"]
    assert [run.name for run in there.runs(is_root=False)] == ["call"]
    assert list(there.runs("nobody")) == []


def test_an_unknown_experiment_names_the_known_ones(there: RemoteStore) -> None:
    with pytest.raises(StoreError, match=r"Unknown experiment 'dem'. Did you mean 'demo'"):
        there.read_experiment("dem")


def test_nothing_is_written(there: RemoteStore) -> None:
    with pytest.raises(StoreError, match=r"is only read from here.*`llmobs upload file:///"):
        there.spool()
    with pytest.raises(StoreError, match="is only read from here"):
        there.write_experiment("x", {})


def test_what_was_fetched_is_gone_with_the_object(there: RemoteStore) -> None:
    there.experiments()
    folder = there.root
    assert folder.is_dir()
    there._fetched()
    assert not folder.exists()


def test_tables_and_statistics_are_read_where_they_lie(there: RemoteStore, run_id: Id) -> None:
    tables = list(there.tables(["id", "project"], ordered=False))
    assert sorted(row["id"] for table in tables for row in table.to_pylist()) == [
        run_id(1),
        run_id(2),
        run_id(900),
    ]
    assert there.run_stats().run_count == 3
    assert there.run_stats("demo").run_count == 2
    assert there.run_stats("other/Ärger").run_count == 1
    assert sorted(there.projects()) == ["demo", "other/Ärger"]
    assert [run.project for run in there.runs(["demo", "other/Ärger"])] == ["demo", "demo", "other/Ärger"]
    there.check_project("other/Ärger")
    with pytest.raises(StoreError, match=r"Unknown project 'other' in 'file:///"):
        there.check_project("other")
