"""Rows taken out of files: what goes, what stays, and how the files look afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_llmobs.clocks import moment
from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.storage.erasure.erasing import erase
from pytest_llmobs.storage.erasure.finding import find_old, find_runs, find_traces
from pytest_llmobs.storage.erasure.found import Erased, Found, joined
from pytest_llmobs.storage.feedback.rows import create_row, delete_row, update_row
from pytest_llmobs.storage.parquet.compaction import compact
from pytest_llmobs.storage.parquet.files.footer import MERGED_KEY
from pytest_llmobs.storage.parquet.runs_file import RunsFile
from pytest_llmobs.storage.store import Store
from tests.unit.storage.conftest import START
from tests.unit.storage.erasure.conftest import ADA, GRACE, KEYS, Line

Id = Callable[[int], str]
Keep = Callable[..., Store]


def _gone(store: Store, user: str = ADA, **options: bool) -> tuple[Found, Erased]:
    found = find_runs(store, KEYS, user, **options)
    return found, erase(store, found)


def test_a_users_runs_go_and_all_others_stay(
    keep: Keep, of: Line, run_id: Id, rows: Callable[[], list[str]], store: Store
) -> None:
    keep(of(1, ADA), of(2, GRACE), of(3, ADA, project="other"), of(4, None))
    found, erased = _gone(store)
    assert found.run_ids == {run_id(1), run_id(3)}
    assert found.by_project == {"demo": 1, "other": 1}
    assert sum(found.files.values()) == 2
    assert (erased.runs, erased.is_complete) == (2, True)
    assert rows() == [run_id(2), run_id(4)]
    assert sorted(run.id for run in store.runs()) == [run_id(2), run_id(4)]
    assert find_runs(store, KEYS, ADA).is_empty
    assert not store.layout.partition("other").exists()
    assert store.projects() == ["demo"]


def test_a_user_nobody_knows_is_not_found_and_nothing_is_written(
    keep: Keep, of: Line, digests: Callable[[], dict[str, str]], store: Store
) -> None:
    keep(of(1, GRACE))
    before = digests()
    found, erased = _gone(store)
    assert found.is_empty
    assert erased == Erased()
    assert digests() == before


def test_a_store_that_is_not_there_has_nobody(tmp_path: Path) -> None:
    found, erased = _gone(Store(tmp_path / "nowhere"))
    assert (found, erased) == (Found(), Erased())
    assert not tmp_path.joinpath("nowhere").exists()


def test_what_lies_below_a_users_run_goes_too_whatever_file_it_is_in(
    keep: Keep, of: Line, run_id: Id, rows: Callable[[], list[str]], store: Store
) -> None:
    keep(of(4, None, parent=3, root=1))  # sealed before its parents, as a worker's
    keep(of(3, None, parent=2, root=1), of(2, ADA, parent=1, root=1))
    keep(of(1, None), of(5, None, parent=1, root=1), of(9, None, parent=4, root=9))
    found, _ = _gone(store)
    assert found.run_ids == {run_id(2), run_id(3), run_id(4)}
    assert found.trace_ids == {run_id(1)}
    assert rows() == [run_id(1), run_id(5), run_id(9)]


def test_whole_traces_go_where_that_is_asked_for(
    keep: Keep, of: Line, run_id: Id, rows: Callable[[], list[str]], store: Store
) -> None:
    keep(of(1, None), of(2, ADA, parent=1, root=1), of(3, GRACE))
    found, erased = _gone(store, whole_traces=True)
    assert found.run_ids == {run_id(1), run_id(2)}
    assert erased.runs == 2
    assert rows() == [run_id(3)]


@pytest.mark.parametrize(
    ("metadata", "user", "is_theirs"),
    [
        ({"user_id": "u-1"}, "u-1", True),
        ({"user": "u-1"}, "u-1", True),
        ({"user_id": "u-10"}, "u-1", False),
        ({"nested": {"user_id": "u-1"}}, "u-1", False),
        ({"user_id": 42}, "42", True),
        ({"user_id": True}, "True", False),
        ({"user_id": ["u-1"]}, "u-1", False),
        ({"user_id": 'a"b\\c'}, 'a"b\\c', True),
        ({"user_id": "zoë 🙂"}, "zoë 🙂", True),
        ({"account": "u-1"}, "u-1", False),
    ],
)
def test_whose_run_it_is_follows_from_its_metadata(
    keep: Keep, of: Line, store: Store, metadata: dict[str, object], user: str, is_theirs: bool
) -> None:
    keep(of(1, None, metadata=metadata))
    assert (not find_runs(store, KEYS, user).is_empty) is is_theirs


@pytest.mark.parametrize(
    "metadata", [{"customer": {"id": "u-1"}}, {"customer.id": "u-1", "customer": {"id": "u-2"}}]
)
def test_a_key_with_dots_leads_into_the_metadata(
    keep: Keep, of: Line, run_id: Id, store: Store, metadata: dict[str, object]
) -> None:
    keep(of(1, None, metadata=metadata), of(2, None, metadata={"customer": {"id": "u-2"}}))
    keep(of(3, None, metadata={"customer": "u-1"}))
    assert find_runs(store, ["customer.id"], "u-1").run_ids == {run_id(1)}


def test_metadata_that_another_program_wrote_with_escapes_is_understood(
    keep: Keep, of: Line, store: Store
) -> None:
    keep(of(1, "somebody"))
    (path,) = store.layout.runs.rglob("*.parquet")
    table = pq.read_table(path, partitioning=None)
    place = table.column_names.index("metadata")
    table = table.set_column(place, "metadata", pa.array(['{"user_id": "\\u0061d\\u0061"}']))
    pq.write_table(table, path)
    assert len(find_runs(store, KEYS, "ada").run_ids) == 1


def test_only_files_that_hold_something_are_written_anew(
    keep: Keep, of: Line, digests: Callable[[], dict[str, str]], store: Store
) -> None:
    keep(of(1, ADA), of(2, GRACE))
    keep(of(3, GRACE))
    keep(of(4, ADA))
    before = digests()
    _, erased = _gone(store)
    after = digests()
    assert len(erased.files) == 2
    changed = {path: after.get(path) for path in before if after.get(path) != before[path]}
    assert {file.file: file.after for file in erased.files} == changed
    assert {file.file: file.before for file in erased.files} == {path: before[path] for path in changed}
    assert None in changed.values()  # nothing was left of the last one


def test_a_file_written_anew_keeps_order_schema_and_what_its_footer_may_not_tell(
    keep: Keep, of: Line, run_id: Id, store: Store
) -> None:
    keep(*(of(number, ADA if number % 3 else GRACE) for number in range(3000)))
    (path,) = store.layout.runs.rglob("*.parquet")
    before = pq.read_metadata(path)
    _gone(store)
    after = pq.read_metadata(path)
    assert after.schema.to_arrow_schema().equals(before.schema.to_arrow_schema(), check_metadata=True)
    assert after.metadata.keys() == before.metadata.keys()
    assert after.num_row_groups == before.num_row_groups
    ids = pq.read_table(path, columns=["id"], partitioning=None)["id"].to_pylist()
    assert ids == [run_id(number) for number in range(0, 3000, 3)]
    for number in range(after.num_columns):
        old, new = before.row_group(0).column(number), after.row_group(0).column(number)
        assert (new.statistics is None) is (old.statistics is None), new.path_in_schema
        assert new.compression == old.compression
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    assert path.read_bytes().count(b"answer 2") == 0


def test_columns_that_this_version_does_not_know_stay(keep: Keep, of: Line, store: Store) -> None:
    keep(of(1, ADA), of(2, GRACE))
    (path,) = store.layout.runs.rglob("*.parquet")
    table = pq.read_table(path, partitioning=None).append_column("extra", pa.array([[1], [2]]))
    pq.write_table(table, path)
    _gone(store)
    assert pq.read_table(path, partitioning=None)["extra"].to_pylist() == [[2]]


def test_nothing_of_a_user_is_left_in_merged_files_nor_in_those_they_replaced(
    keep: Keep, of: Line, run_id: Id, rows: Callable[[], list[str]], store: Store
) -> None:
    for number in range(6):
        keep(of(number, ADA if number % 2 else GRACE))
    (folder,) = store.layout.runs.iterdir()
    first = next(folder.iterdir())
    left_behind = first.read_bytes()
    compact(store.layout, many=2)
    first.write_bytes(left_behind)  # as a crash before its deletion leaves it
    _, erased = _gone(store)
    assert erased.runs == 3
    assert rows() == [run_id(0), run_id(2), run_id(4)]
    (merged,) = folder.iterdir()
    assert pq.read_metadata(merged).metadata[MERGED_KEY].count(b".parquet") == 6
    # A power failure brings one back: readers and mergers still know that it was replaced.
    first.write_bytes(left_behind)
    assert [run.id for run in Store(store.root).runs()] == [run_id(0), run_id(2), run_id(4)]
    compact(store.layout)
    assert not first.exists()


def test_feedback_about_erased_runs_goes_with_its_updates(
    keep: Keep, of: Line, run_id: Id, store: Store
) -> None:
    keep(of(1, ADA), of(2, GRACE))
    own = Feedback(
        id="f1", key="rating", run_id=run_id(1), score=1, created_at=moment(0), modified_at=moment(0)
    )
    other = Feedback(
        id="f2", key="rating", run_id=run_id(2), score=0, created_at=moment(0), modified_at=moment(0)
    )
    store.feedback.append(create_row(own, "f1"))
    store.feedback.append(create_row(other, "f2"))
    store.feedback.flush()
    store.feedback.append(update_row(own, ["score"], "e1"))
    store.feedback.append(delete_row(other, moment(9), "e2"))
    store.feedback.append(create_row(other, "f3"))
    store.feedback.close()
    found, erased = _gone(store)
    assert (found.feedback, erased.feedback) == (2, 2)
    events = Store(store.root).feedback.events()
    assert set(events["run_id"].to_pylist()) == {run_id(2)}
    assert len(events) == 3


def test_feedback_about_a_whole_trace_goes_with_its_root(
    keep: Keep, of: Line, run_id: Id, store: Store
) -> None:
    keep(of(1, ADA))
    said = Feedback(
        id="f1", key="rating", trace_id=run_id(1), score=1, created_at=moment(0), modified_at=moment(0)
    )
    store.feedback.append(create_row(said, "f1"))
    store.feedback.close()
    _, erased = _gone(store)
    assert erased.feedback == 1
    assert len(Store(store.root).feedback.events()) == 0


def test_images_go_that_no_other_run_names(keep: Keep, of: Line, store: Store) -> None:
    names = []
    for content in (b"hers", b"shared"):
        import hashlib

        name = f"{hashlib.sha256(content).hexdigest()}.png"
        store.keep_media(name, content)
        names.append(name)
    images = [{"file": f"media/{name}"} for name in names]
    keep(of(1, ADA, inputs={"images": images}), of(2, GRACE, inputs={"images": images[1:]}))
    found, erased = _gone(store)
    assert found.media == {names[0]}
    assert erased.media == 1
    assert [path.name for path in store.layout.media.iterdir()] == [names[1]]


def test_traces_that_began_too_early_go_as_a_whole(
    keep: Keep, of: Line, run_id: Id, rows: Callable[[], list[str]], store: Store
) -> None:
    keep(
        of(1, None),
        of(70, None, parent=1, root=1),  # a late child of an early trace
        of(50, None),
        of(2, None, parent=50, root=50),  # an early child of a late one: clocks differ
        of(3, None, parent=99, root=99),  # its root was never stored
        of(4, None, project="other"),
    )
    before = datetime.fromtimestamp(START / 1e6 + 10, UTC)
    assert find_old(store, before, ["demo"]).run_ids == {run_id(1), run_id(70), run_id(3)}
    found = find_old(store, before)
    assert found.by_project == {"demo": 3, "other": 1}
    assert found.payload_hashes == frozenset()
    erase(store, found)
    assert rows() == [run_id(2), run_id(50)]


def test_traces_found_besides_a_users_runs_are_counted_once(
    keep: Keep, of: Line, run_id: Id, rows: Callable[[], list[str]], store: Store
) -> None:
    keep(of(1, ADA), of(2, None), of(3, GRACE, parent=1, root=1), of(4, GRACE))
    first = find_runs(store, KEYS, ADA)
    both = joined(first, find_traces(store, [run_id(1), run_id(2)], besides=first))
    assert both.run_ids == {run_id(1), run_id(2), run_id(3)}
    assert both.by_project == {"demo": 3}
    assert erase(store, both).runs == 3
    assert rows() == [run_id(4)]


def test_what_a_rule_holds_is_counted_and_stays(
    keep: Keep, of: Line, run_id: Id, rows: Callable[[], list[str]], store: Store
) -> None:
    keep(of(1, ADA), of(2, ADA, project="legal"), of(3, ADA, parent=2, root=2, project="legal"))
    asked: list[tuple[str, str]] = []

    def held(project: str, trace_id: str) -> bool:
        asked.append((project, trace_id))
        return project == "legal"

    found = find_runs(store, KEYS, ADA, held=held)
    assert (found.run_ids, found.kept) == ({run_id(1)}, {"legal": 2})
    assert sorted(asked) == [("demo", run_id(1)), ("legal", run_id(2))]
    erase(store, found)
    assert rows() == [run_id(2), run_id(3)]


def test_what_a_living_process_still_holds_is_told_and_goes_once_it_is_sealed(
    keep: Keep, of: Line, run_id: Id, rows: Callable[[], list[str]], store: Store
) -> None:
    keep(of(1, ADA))
    writing = Store(store.root)
    spool = writing.spool()
    spool.append(of(2, ADA))
    spool.append(of(3, GRACE))
    said = Feedback(
        id="f1", key="rating", run_id=run_id(1), score=1, created_at=moment(0), modified_at=moment(0)
    )
    writing.feedback.append(create_row(said, "f1"))
    found, erased = _gone(store)
    assert spool.path is not None
    assert found.unsealed[f"spool/{spool.path.name}"] == 1
    assert len(found.unsealed) == 2
    assert erased.unsealed == found.unsealed
    assert (erased.runs, erased.is_complete) == (1, False)
    assert found.by_project == {"demo": 1}
    spool.close()
    writing.feedback.close()
    found, erased = _gone(store)
    assert (found.run_ids, erased.runs, erased.is_complete) == ({run_id(2)}, 1, True)
    assert rows() == [run_id(3)]


def test_a_damaged_file_is_named_and_left_as_it_is(keep: Keep, of: Line, run_id: Id, store: Store) -> None:
    keep(of(1, ADA))
    keep(of(2, ADA))
    broken, whole = sorted(store.layout.runs.rglob("*.parquet"))
    content = broken.read_bytes()[:-9]
    broken.write_bytes(content)
    found, erased = _gone(store)
    key = broken.relative_to(store.root).as_posix()
    assert list(found.unreadable) == list(erased.unreadable) == [key]
    assert "can't be read" in erased.unreadable[key]
    assert (erased.runs, erased.is_complete) == (1, False)
    assert broken.read_bytes() == content
    assert not whole.exists()


def test_a_row_group_that_can_not_be_read_keeps_its_file_as_it_is(keep: Keep, of: Line, store: Store) -> None:
    keep(*(of(number, ADA if number == 1 else GRACE) for number in range(4100)))
    (path,) = store.layout.runs.rglob("*.parquet")
    column = pq.read_metadata(path).row_group(2).column(9)
    content = bytearray(path.read_bytes())
    content[(column.dictionary_page_offset or column.data_page_offset) + 60] ^= 0xFF
    path.write_bytes(content)
    found, erased = _gone(store)
    assert len(found.run_ids) == 1
    assert (erased.runs, list(erased.unreadable)) == (0, [path.relative_to(store.root).as_posix()])
    assert path.read_bytes() == content


def test_whoever_has_read_the_footer_of_the_old_file_looks_again(
    keep: Keep, of: Line, run_id: Id, store: Store, told: list[str]
) -> None:
    keep(*(of(number, ADA if number % 2 else GRACE) for number in range(20)))
    (path,) = store.layout.runs.rglob("*.parquet")
    stale = RunsFile.open(path)
    reader = Store(store.root, warn=told.append)
    ordered = iter(reader.tables(["id", "inputs"], ordered=True))
    unordered = iter(reader.tables(["id", "inputs"], ordered=False))
    first = next(unordered)["id"].to_pylist()
    _gone(store)
    ids = first + [id for table in unordered for id in table["id"].to_pylist()]
    assert {run_id(number) for number in range(0, 20, 2)} <= set(ids)
    assert len(ids) == len(set(ids))
    ids = [id for table in ordered for id in table["id"].to_pylist()]
    assert ids == [run_id(number) for number in range(0, 20, 2)]
    assert told == []
    from pytest_llmobs.storage.parquet.damage import VanishedError

    with pytest.raises(VanishedError):
        stale.read(["id"])
