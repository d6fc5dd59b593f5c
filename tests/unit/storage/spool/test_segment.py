from __future__ import annotations

import gc
import os
import shutil
import warnings
from pathlib import Path

import pytest

from pytest_llmobs.storage.spool.segment import Segment


def test_a_new_file_is_named_after_its_label_and_locked(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path, "gw0/x")
    assert segment.path.parent == tmp_path
    assert "-gw0%2Fx-" in segment.path.name
    assert segment.path.name == segment.stem + ".jsonl"
    assert Segment.claim(segment.path) is None
    segment.close()


def test_two_files_never_share_a_name(tmp_path: Path) -> None:
    segments = [Segment.create(tmp_path, "") for _ in range(20)]
    assert len({segment.path for segment in segments}) == 20
    for segment in segments:
        segment.close()


def test_an_orphan_is_claimed_once(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path, "")
    segment.file.write(b"one\n")
    segment.close()
    claimed = Segment.claim(segment.path)
    assert claimed is not None
    assert Segment.claim(segment.path) is None
    assert claimed.reader().read() == b"one\n"
    claimed.discard()
    assert Segment.claim(segment.path) is None
    assert list(tmp_path.iterdir()) == []


def test_reading_and_appending_keep_out_of_each_others_way(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path, "")
    segment.file.write(b"one\ntwo\n")
    reader = segment.reader()
    assert reader.readline() == b"one\n"
    segment.file.write(b"three\n")
    assert reader.read() == b"two\nthree\n"
    segment.file.write(b"four\n")
    assert segment.reader().read() == b"one\ntwo\nthree\nfour\n"
    assert segment.size == 19
    segment.close()


def test_a_deleted_file_can_still_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    segment = Segment.create(folder, "")
    segment.file.write(b"one\n")
    assert not segment.deleted
    shutil.rmtree(folder)
    assert segment.deleted
    assert segment.reader().read() == b"one\n"
    segment.discard()


def test_a_folder_that_can_not_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        Segment.create(tmp_path / "missing", "")


def test_a_forked_child_does_not_keep_its_parents_file_locked(python) -> None:
    done = python(
        "import os, signal\n"
        "from pathlib import Path\n"
        "from pytest_llmobs.storage.spool.segment import Segment\n"
        "segment = Segment.create(Path('.'), '')\n"
        "ready, say = os.pipe()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os.write(say, b'.')\n"
        "    signal.pause()\n"
        "os.read(ready, 1)\n"
        "print(Segment.claim(segment.path))\n"
        "segment.close()\n"
        "print(Segment.claim(segment.path) is not None)\n"
        "os.kill(child, 9)\n"
    )
    assert (done.stdout, done.stderr) == ("None\nTrue\n", "")


def test_a_file_that_nobody_closes_is_closed_without_a_warning(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path, "late")
    descriptor = segment.file.fileno()
    segment.cycle = [segment.file, segment]  # type: ignore[attr-defined]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del segment
        gc.collect()

    assert [str(warning.message) for warning in caught] == []
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
