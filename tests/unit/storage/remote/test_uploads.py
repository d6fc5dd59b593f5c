"""Each sealed file goes up once, whatever crashes in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.feedback.merging import merge_parts
from pytest_llmobs.storage.parquet import compaction
from pytest_llmobs.storage.remote.filesystem import RemoteFiles
from pytest_llmobs.storage.remote.store import RemoteStore
from pytest_llmobs.storage.remote.uploads import upload
from pytest_llmobs.storage.store import Store

Line = Callable[..., bytes]


class Failing(RemoteFiles):
    """Counts what is written, and fails after so many files."""

    def __init__(self, uri: str, allowed: int = 1000) -> None:
        super().__init__(uri)
        self.allowed = allowed
        self.written: list[str] = []

    def _write(self, key: str, content: bytes | pa.Buffer) -> None:
        if len(self.written) >= self.allowed:
            raise OSError("AWS Error NETWORK_CONNECTION: the cable was pulled")
        self.written.append(key)
        super()._write(key, content)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "there"


@pytest.fixture
def full(keep: Callable[..., Store], line: Line) -> Store:
    """Two projects, two experiments."""
    store = keep(line(1, inputs={"q": "x"}), line(2, project="other"))
    store.write_experiment("first", {"name": "first", "started": "1"})
    store.write_experiment("second", {"name": "second", "started": "2"})
    return store


def test_images_go_up_with_the_runs_and_come_back(full: Store, place: Path, tmp_path: Path) -> None:
    assert full.keep_media("abc.png", b"picture") == "media/abc.png"
    assert upload(full.layout, RemoteFiles(str(place))).files == 5
    RemoteStore(f"file://{place}").copy_media(tmp_path / "back")
    full.copy_media(tmp_path / "beside")
    for folder in (place / "media", tmp_path / "back", tmp_path / "beside"):
        assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("abc.png", b"picture")]


def test_everything_sealed_goes_up_and_can_be_read_there(full: Store, place: Path) -> None:
    done = upload(full.layout, RemoteFiles(str(place)))
    assert done.files == 4
    assert done.size == sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    there = RemoteStore(f"file://{place}")
    assert there.projects() == ["demo", "other"]
    assert [run.inputs for run in there.runs("demo")] == [{"q": "x"}]
    assert there.experiment_names() == ["first", "second"]
    assert [each["name"] for each in there.experiments()] == ["first", "second"]


def test_runs_go_first_so_that_an_experiment_never_lacks_them(full: Store, place: Path) -> None:
    remote = Failing(str(place))
    upload(full.layout, remote)
    assert [key.split("/")[0] for key in remote.written] == ["runs", "runs", "experiments", "experiments"]


def test_nothing_goes_up_twice(full: Store, place: Path) -> None:
    upload(full.layout, RemoteFiles(str(place)))
    again = Failing(str(place))
    assert upload(full.layout, again).files == 0
    assert again.written == []


def test_a_replaced_experiment_goes_up_again(full: Store, place: Path) -> None:
    upload(full.layout, RemoteFiles(str(place)))
    full.write_experiment("first", {"name": "first", "started": "3", "more": True})
    assert upload(full.layout, RemoteFiles(str(place))).files == 1
    assert RemoteStore(f"file://{place}").read_experiment("first")["more"] is True


def test_another_place_gets_everything_too(full: Store, place: Path, tmp_path: Path) -> None:
    upload(full.layout, RemoteFiles(str(place)))
    assert upload(full.layout, RemoteFiles(str(tmp_path / "elsewhere"))).files == 4


@pytest.mark.parametrize("allowed", [0, 1, 3])
def test_an_upload_that_breaks_off_is_finished_later(full: Store, place: Path, allowed: int) -> None:
    with pytest.raises(StoreError, match=r"Can't upload to the store .* the cable was pulled"):
        upload(full.layout, Failing(str(place), allowed))
    later = Failing(str(place))
    assert upload(full.layout, later).files == 4 - allowed
    assert len(RemoteStore(f"file://{place}").experiments()) == 2


def test_a_crash_before_the_note_uploads_the_same_file_again_and_doubles_nothing(
    full: Store, place: Path
) -> None:
    upload(full.layout, RemoteFiles(str(place)))
    (journal,) = full.root.joinpath("uploads").glob("*.jsonl")
    journal.write_bytes(journal.read_bytes()[:-20])
    assert upload(full.layout, RemoteFiles(str(place))).files == 1
    assert upload(full.layout, RemoteFiles(str(place))).files == 0
    assert len(list(RemoteStore(f"file://{place}").runs())) == 2


def test_what_a_kill_leaves_half_written_is_never_read(
    full: Store, place: Path, python: Callable[..., object]
) -> None:
    script = f"""
import os
from pytest_llmobs.storage.remote.filesystem import RemoteFiles
from pytest_llmobs.storage.store import Store
from pytest_llmobs.storage.remote.uploads import upload

class Dying(RemoteFiles):
    def _stream(self, path, content):
        super()._stream(path, bytes(content)[:10])
        os.kill(os.getpid(), 9)

upload(Store({str(full.root)!r}).layout, Dying({str(place)!r}))
"""
    python(script)
    assert [path.name for path in place.rglob("*.parquet")] == []
    assert RemoteStore(f"file://{place}").projects() == []
    assert upload(full.layout, RemoteFiles(str(place))).files == 4
    assert len(list(RemoteStore(f"file://{place}").runs())) == 2


def test_small_files_merged_after_their_upload_stay_as_they_are(
    keep: Callable[..., Store], line: Line, place: Path
) -> None:
    for number in (1, 2):
        store = keep(line(number))
    upload(store.layout, RemoteFiles(str(place)))
    compaction.compact(store.layout, many=2)
    assert upload(store.layout, RemoteFiles(str(place))).files == 0
    assert len(list(RemoteStore(f"file://{place}").runs())) == 2


def test_files_merged_halfway_through_are_replaced(
    keep: Callable[..., Store], line: Line, place: Path
) -> None:
    upload(keep(line(1)).layout, RemoteFiles(str(place)))
    store = keep(line(2))
    compaction.compact(store.layout, many=2)
    assert upload(store.layout, RemoteFiles(str(place))).files == 1
    assert len(list(place.rglob("*.parquet"))) == 1
    assert len(list(RemoteStore(f"file://{place}").runs())) == 2


def test_a_store_that_is_not_there_has_nothing_to_upload(store: Store, place: Path) -> None:
    assert upload(store.layout, RemoteFiles(str(place))).files == 0


def test_a_store_that_can_not_note_says_so(full: Store, place: Path) -> None:
    full.root.joinpath("uploads").write_text("in the way")
    with pytest.raises(StoreError, match=r"Can't note in .*uploads.* what was uploaded"):
        upload(full.layout, RemoteFiles(str(place)))
    assert not place.exists()


def say(store: Store, number: int) -> None:
    """Seal feedback of that number into a file of its own."""
    store.feedback.append({"event": "create", "time": number, "id": f"{number:036}", "key": "k"})
    store.feedback.close()


def test_feedback_goes_up_and_can_be_read_there(full: Store, place: Path) -> None:
    say(full, 1)
    say(full, 2)
    assert upload(full.layout, RemoteFiles(str(place))).files == 6
    there = RemoteStore(f"file://{place}")
    assert len(there.feedback.current()) == 2
    with pytest.raises(StoreError, match="is only read from here"):
        there.feedback.append({"event": "create", "time": 3, "id": "x", "key": "k"})


def test_feedback_that_was_merged_here_shows_once_there(full: Store, place: Path) -> None:
    say(full, 1)
    say(full, 2)
    upload(full.layout, RemoteFiles(str(place)))
    say(full, 3)
    assert merge_parts(full.layout, many=3) == 3
    upload(full.layout, RemoteFiles(str(place)))
    assert len(list((place / "feedback").iterdir())) == 1
    assert len(RemoteStore(f"file://{place}").feedback.current()) == 3
