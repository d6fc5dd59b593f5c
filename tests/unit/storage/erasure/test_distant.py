"""A folder stands in for what lies beyond this machine; an object store itself is in tests/e2e."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_llmobs.clocks import moment
from pytest_llmobs.errors import StoreError
from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.storage.erasure.erasing import erase
from pytest_llmobs.storage.erasure.finding import find_runs
from pytest_llmobs.storage.erasure.needles import Needles
from pytest_llmobs.storage.erasure.plans import Plan
from pytest_llmobs.storage.erasure.search import search_store
from pytest_llmobs.storage.feedback.rows import create_row
from pytest_llmobs.storage.remote.filesystem import RemoteFiles
from pytest_llmobs.storage.remote.store import RemoteStore
from pytest_llmobs.storage.remote.uploads import upload
from pytest_llmobs.storage.store import Store
from tests.unit.storage.erasure.conftest import ADA, GRACE, KEYS, Line

Id = Callable[[int], str]


@pytest.fixture
def place(keep: Callable[..., Store], of: Line, run_id: Id, store: Store, tmp_path: Path) -> Path:
    """Upload runs of two users and what was said of them; return where they lie."""
    keep(of(1, ADA), of(2, GRACE), of(3, None, parent=1, root=1))
    keep(of(4, ADA))
    for number in (1, 2):
        said = Feedback(
            id=f"f{number}",
            key="rating",
            run_id=run_id(number),
            score=1,
            created_at=moment(0),
            modified_at=moment(0),
        )
        store.feedback.append(create_row(said, f"f{number}"))
    store.feedback.close()
    there = tmp_path / "there"
    upload(store.layout, RemoteFiles(str(there)))
    return there


def test_a_user_goes_from_a_store_beyond_this_machine(place: Path, run_id: Id) -> None:
    store = RemoteStore(str(place))
    found = find_runs(store, KEYS, ADA)
    needles = Needles.of(ADA, found)
    assert found.run_ids == {run_id(1), run_id(3), run_id(4)}
    assert {each.what for each in search_store(store, needles)} == {"id", "payload"}
    erased = erase(store, found)
    assert (erased.runs, erased.feedback, erased.is_complete) == (3, 1, True)
    fresh = RemoteStore(str(place))
    assert [run.id for run in fresh.runs()] == [run_id(2)]
    assert fresh.feedback.events()["run_id"].to_pylist() == [run_id(2)]
    assert search_store(fresh, needles) == []
    assert not list(place.glob("erasing/*"))
    assert find_runs(fresh, KEYS, ADA).is_empty


def test_what_was_erased_here_is_not_brought_back_there_by_an_upload(
    place: Path, run_id: Id, store: Store
) -> None:
    far = RemoteStore(str(place))
    for one in (store, far):
        erase(one, find_runs(one, KEYS, ADA))
    upload(store.layout, RemoteFiles(str(place)))
    assert [run.id for run in RemoteStore(str(place)).runs()] == [run_id(2)]
    assert search_store(far, Needles(frozenset([ADA]))) == []


def test_an_erasure_on_another_machine_is_waited_for(place: Path, run_id: Id) -> None:
    store = RemoteStore(str(place))
    found = find_runs(store, KEYS, ADA)
    plans = place / "erasing"
    plans.mkdir()
    plans.joinpath("x.json").write_bytes(Plan(frozenset([run_id(2)])).written(host="elsewhere", process=1))
    with pytest.raises(StoreError, match=r"Another erasure is at work in .*: 'erasing/x.json' is its plan"):
        erase(store, found)
    assert [path.name for path in plans.iterdir()] == ["x.json"]
    assert len(list(RemoteStore(str(place)).runs())) == 4


def test_an_erasure_that_was_killed_is_finished_by_the_next(place: Path, run_id: Id) -> None:
    plans = place / "erasing"
    plans.mkdir()
    import platform

    plans.joinpath("x.json").write_bytes(
        Plan(frozenset([run_id(2)])).written(host=platform.node(), process=1 << 30)
    )
    store = RemoteStore(str(place))
    found = find_runs(store, KEYS, "nobody")
    assert found.run_ids == {run_id(2)}
    assert erase(store, found).runs == 1
    assert not list(plans.iterdir())
    assert find_runs(store, KEYS, "nobody").is_empty


def test_a_plan_that_was_cut_short_had_taken_nothing() -> None:
    whole = Plan(frozenset(["r"]), frozenset(["m"]), frozenset(["t"]), frozenset([b"\1"])).written(host="h")
    assert Plan.read(whole) == Plan(frozenset(["r"]), frozenset(["m"]), frozenset(["t"]), frozenset([b"\1"]))
    assert [Plan.read(whole[:size]) for size in range(len(whole))] == [None] * len(whole)
    assert Plan.read(json.dumps({"run_ids": [1]}).encode()) is None
