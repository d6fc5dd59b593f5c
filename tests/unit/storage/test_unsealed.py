"""Runs that living processes have not sealed yet are read with the others, each once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_llmobs.errors import NotFoundError, StoreError
from pytest_llmobs.storage.parquet.compaction import compact
from pytest_llmobs.storage.spool import parsed
from pytest_llmobs.storage.spool.segment import Segment
from pytest_llmobs.storage.spool.writer import Spool
from pytest_llmobs.storage.store import Store

Line = Callable[..., bytes]
Id = Callable[[int], str]


@pytest.fixture
def spool(store: Store) -> Spool:
    return store.spool()


def ids(store: Store, **arguments: object) -> list[str]:
    return [run.id for run in store.runs(**arguments)]  # type: ignore[arg-type]


def test_a_run_can_be_read_before_it_is_sealed(store: Store, spool: Spool, line: Line, run_id: Id) -> None:
    spool.append(line(1, inputs={"q": "ü"}, outputs={"a": 1}, model="m", scores={"tone": 0.5}))
    for reading in (store, Store(store.root)):
        run = reading.read_run(run_id(1))
        assert (run.inputs, run.outputs, run.model) == ({"q": "ü"}, {"a": 1}, "m")
        assert (run.project, run.columns["scores"], run.latency) == ("demo", {"tone": 0.5}, 0.25)
        assert list(reading.runs()) == [run]
        assert reading.read_run(run_id(1)[:35]) == run


def test_a_run_reads_the_same_before_and_after_it_is_sealed(
    store: Store, spool: Spool, line: Line, patch: Line, run_id: Id
) -> None:
    for number in range(5):
        spool.append(line(number, inputs=[number], outputs="x", metadata={"n": number}, tags=["a"]))
    spool.append(patch(2, suite="t.py::t", outputs=b'"other"'))
    before = list(store.runs())
    spool.close()
    assert list(store.runs()) == before
    assert before[2].outputs == {"output": "other"}


def test_a_trace_is_read_whole_though_half_of_it_is_sealed(
    store: Store, keep: Callable[..., Store], line: Line, run_id: Id
) -> None:
    keep(line(2, trace_id=run_id(1), parent_id=run_id(1), name="sealed"))
    spool = store.spool()
    spool.append(line(3, trace_id=run_id(1), parent_id=run_id(1), name="unsealed"))
    spool.append(line(1, name="root"))
    root = store.read_run(run_id(1))
    assert [child.name for child in root.child_runs] == ["sealed", "unsealed"]


def test_what_overrides_a_run_counts_at_once(
    store: Store, spool: Spool, line: Line, patch: Line, run_id: Id
) -> None:
    spool.append(line(1, inputs={"n": 1}))
    spool.append(line(2))
    assert store.read_run(run_id(1)).columns == {}
    spool.append(patch(1, suite="t.py::t"))
    spool.append(patch(1, outputs=b'{"late":1}', trial_status="passed"))
    run = store.read_run(run_id(1))
    assert run.columns == {"suite": "t.py::t", "trial_status": "passed"}
    assert (run.inputs, run.outputs) == ({"n": 1}, {"late": 1})
    assert ids(store) == [run_id(1), run_id(2)]
    assert ids(store, suite="t.py::t") == [run_id(1)]


def test_filters_order_and_limits_hold_over_sealed_and_unsealed(
    store: Store, keep: Callable[..., Store], line: Line, run_id: Id
) -> None:
    keep(line(1), line(4, status="error"), line(6))
    spool = store.spool()
    for number in (5, 2, 3):
        spool.append(line(number, status="error" if number == 2 else "success", inputs={"n": number}))
    assert ids(store) == [run_id(number) for number in range(1, 7)]
    assert ids(store, newest_first=True, limit=3) == [run_id(number) for number in (6, 5, 4)]
    assert ids(store, status="error") == [run_id(2), run_id(4)]
    assert sum(map(len, store.tables(["status"], ordered=False))) == 6
    assert store.run_stats().run_count == 6


def test_projects_of_unsealed_runs_are_known(store: Store, spool: Spool, line: Line) -> None:
    spool.append(line(1, project="proj/é=1 %"))
    long_name = "x" * 300
    spool.append(line(2, project=long_name))
    store.check_project("proj/é=1 %")
    store.check_project(long_name)
    known = store.projects()
    assert [run.project for run in store.runs("proj/é=1 %")] == ["proj/é=1 %"]
    assert len(list(store.runs(long_name))) == 1
    spool.close()
    assert store.projects() == known
    with pytest.raises(
        NotFoundError, match=r"Unknown project 'proj/é' in .*\. Did you mean 'proj/é=1 %'\? Known: proj"
    ):
        store.check_project("proj/é")


def test_damaged_and_torn_lines_cost_themselves_alone(
    store: Store, spool: Spool, line: Line, run_id: Id
) -> None:
    assert spool.path is not None
    spool.append(line(1))
    spool.append(b"rubbish\n")
    spool.append(b'{"patch":7}\t\t\n')
    spool.append(line(2, input_tokens="many", outputs={"a": 1}))
    spool.append(line(3, start_time="soon"))
    spool.append(line(4, inputs=b'"\xff"'))
    spool.append(line(5)[:30])
    found = list(store.runs())
    assert [run.id for run in found] == [run_id(1), run_id(2), run_id(4)]
    assert found[1].outputs == {"a": 1}


def test_a_line_that_was_cut_is_read_once_it_is_whole(
    store: Store, spool: Spool, line: Line, run_id: Id
) -> None:
    written = line(1)
    spool.append(written[:40])
    assert ids(store) == []
    spool.append(written[40:])
    assert ids(store) == [run_id(1)]


def test_what_was_read_once_is_not_parsed_again(
    store: Store, spool: Spool, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    read_records = parsed.read_records

    def counting(lines, patches, reject):
        seen.extend(lines)
        return read_records(lines, patches, reject)

    monkeypatch.setattr(parsed, "read_records", counting)
    for number in range(50):
        spool.append(line(number))
    assert len(ids(store)) == len(seen) == 50
    spool.append(line(50))
    assert len(ids(store)) == len(seen) == 51


def test_a_search_for_an_id_parses_no_line_that_lacks_it(
    store: Store, spool: Spool, line: Line, patch: Line, run_id: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2000):
        spool.append(line(number, inputs={"text": "x" * 200}))
    spool.append(line(9000, trace_id=run_id(7), parent_id=run_id(7), name="child"))
    spool.append(patch(9000, model="m"))
    seen: list[bytes] = []
    read_records = parsed.read_records

    def counting(lines, patches, reject):
        seen.extend(lines)
        return read_records(lines, patches, reject)

    monkeypatch.setattr(parsed, "read_records", counting)
    run = store.read_run(run_id(7))
    assert [(child.name, child.model) for child in run.child_runs] == [("child", "m")]
    assert len(seen) < 10


def test_a_spool_that_is_sealed_and_still_there_counts_once(
    store: Store, spool: Spool, line: Line, run_id: Id
) -> None:
    """A sealing that was killed before it deleted the spool file, or one that is at it."""
    spool.append(line(1, project="a"))
    spool.append(line(2, project="b"))
    assert spool.path is not None
    content = spool.path.read_bytes()
    path = spool.path
    spool.close()
    path.write_bytes(content + line(3, project="a"))
    living = Segment.claim(path)
    assert ids(store) == [run_id(1), run_id(2), run_id(3)]
    assert store.run_stats().run_count == 3
    assert living is not None
    living.close()


def test_a_spool_that_was_sealed_and_merged_counts_once(
    store: Store, keep: Callable[..., Store], line: Line, run_id: Id
) -> None:
    keep(line(1))
    spool = store.spool()
    spool.append(line(2))
    spool.append(line(3, project="other"))
    assert spool.path is not None
    path, content = spool.path, spool.path.read_bytes()
    spool.close()
    compact(store.layout, many=2)
    path.write_bytes(content)
    living = Segment.claim(path)
    assert ids(store) == [run_id(1), run_id(2), run_id(3)]
    assert living is not None
    living.close()


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_reading_goes_on_while_the_spool_is_sealed(
    store: Store, spool: Spool, line: Line, run_id: Id, newest_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsed, "_BATCH", 3)
    monkeypatch.setattr("pytest_llmobs.storage.parquet.parts.WINDOW_BYTES", 1)
    for number in range(20):
        spool.append(line(number, inputs={"n": number}))
    reading = store.runs(newest_first=newest_first)
    found = [next(reading) for _ in range(4)]
    spool.close()
    found += reading
    expected = sorted((run_id(number) for number in range(20)), reverse=newest_first)
    assert [run.id for run in found] == expected
    assert all(run.inputs == {"n": int(run.id[-12:], 16)} for run in found)


def test_an_empty_store_has_no_project(tmp_path: Path) -> None:
    store = Store(tmp_path / ".llmobs")
    with pytest.raises(NotFoundError, match=r"Unknown project 'app' in .*\. None is known\."):
        store.check_project("app")
    assert not store.root.exists()


def test_a_project_of_an_experiment_document_alone_is_known(store: Store) -> None:
    store.write_experiment("nightly", {"name": "nightly", "started": "1"})
    store.check_project("nightly")
    assert list(store.runs("nightly")) == []


def test_an_id_that_no_line_has_is_named(store: Store, spool: Spool, line: Line) -> None:
    spool.append(line(1))
    with pytest.raises(NotFoundError, match="No run has the id 'ffffffff'"):
        store.read_run("ffffffff")
    with pytest.raises(StoreError, match="is too short"):
        store.read_run("ff")
