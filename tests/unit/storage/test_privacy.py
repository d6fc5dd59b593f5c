"""What lies in a store is its owner's alone, and may lie on several devices."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_llmobs.files import move_whole
from pytest_llmobs.storage.parquet import compaction
from pytest_llmobs.storage.store import Store

Line = Callable[..., bytes]


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(root: Path) -> list[str]:
    found = []
    for path in (root, *root.rglob("*")):
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            found.append(path.name)
    return found


def fill(store: Store, line: Line) -> None:
    for number in range(2):
        spool = store.spool("session")
        spool.append(line(number, inputs={"q": "secret"}))
        spool.append(b"rubbish\n")
        spool.close()
    store.write_experiment("a", {"name": "a"})
    store.keep_media("abc.png", b"image")
    compaction.compact(store.layout, many=2)
    marker = store.begin_session("b", "5e55", "")
    assert marker is not None


@pytest.mark.usefixtures("open_umask")
def test_a_store_is_private_whatever_the_umask(store: Store, line: Line) -> None:
    fill(store, line)
    assert {path.suffix for path in store.root.rglob("*")} >= {".parquet", ".json", ".png", ".corrupt"}
    assert open_to_others(store.root) == []


@pytest.mark.usefixtures("open_umask")
def test_a_store_of_before_is_closed_once(store: Store, line: Line, tmp_path: Path) -> None:
    fill(store, line)
    outside = tmp_path / "outside"
    outside.write_text("mine")
    (store.root / "link").symlink_to(outside)
    for path in (store.root, *store.root.rglob("*")):
        path.chmod(0o755)
    Store(store.root).layout.create()
    (store.root / "link").unlink()
    assert open_to_others(store.root) == []
    assert stat.S_IMODE(outside.stat().st_mode) == 0o755


def test_a_folder_with_other_things_keeps_its_mode(store: Store) -> None:
    store.root.mkdir(mode=0o755)
    (store.root / "mine.txt").write_text("x")
    store.layout.create()
    assert stat.S_IMODE(store.root.stat().st_mode) == 0o755
    assert stat.S_IMODE(store.layout.spool.stat().st_mode) == 0o700


@pytest.fixture
def other_device(tmp_path: Path) -> Iterator[Path]:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has one device alone")
    folder = Path(tempfile.mkdtemp(dir=memory))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("linked", ["runs", "spool", "experiments", "whole"])
def test_folders_on_another_device_seal_and_merge_all_the_same(
    store: Store, line: Line, other_device: Path, linked: str
) -> None:
    if linked == "whole":
        store.root.symlink_to(other_device)
    else:
        store.root.mkdir()
        (store.root / linked).symlink_to(other_device)
    fill(store, line)
    assert len(list(store.runs())) == 2
    assert len(list(store.layout.runs.rglob("*.parquet"))) == 1
    assert store.experiments() == [{"name": "a"}]
    assert list(store.layout.spool.glob("*.tmp")) == []


def test_a_moved_file_is_whole_and_as_private_as_it_was(tmp_path: Path, other_device: Path) -> None:
    source = tmp_path / "a"
    source.write_bytes(b"x" * 3_000_000)
    source.chmod(0o600)
    move_whole(source, other_device / "b")
    assert (other_device / "b").read_bytes() == b"x" * 3_000_000
    assert stat.S_IMODE((other_device / "b").stat().st_mode) == 0o600
    assert not source.exists()
