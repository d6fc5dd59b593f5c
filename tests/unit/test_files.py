"""The one way a file is written: whole or not at all, whoever else writes it at the same time."""

from __future__ import annotations

import multiprocessing
import os
import stat
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.files import (
    PRIVATE,
    SHARED,
    encodable,
    locked,
    open_file_of,
    parse_json,
    read_bytes,
    read_text,
    write_whole,
)

WRITERS = 4
ROUNDS = 40
SIZE = 200_000
"""Characters of a version: more than one ``write`` takes to a pipe or a page."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "golden.json"


def write_many(path: Path, letter: str) -> None:
    """Write versions that a reader can tell to be whole: one letter all through."""
    for _ in range(ROUNDS):
        write_whole(path, letter * SIZE, durable=False)


def run_beside_each_other(start: Callable[..., Any], path: Path) -> list[Any]:
    writers = [start(target=write_many, args=(path, letter)) for letter in "abcd"[:WRITERS]]
    for writer in writers:
        writer.start()
    return writers


def assert_is_whole(path: Path) -> None:
    content = path.read_text()
    assert (len(content), len(set(content))) == (SIZE, 1)


def start_process(**options: Any) -> multiprocessing.process.BaseProcess:
    return multiprocessing.get_context("spawn").Process(**options)


@pytest.mark.parametrize("start", [threading.Thread, start_process], ids=["threads", "processes"])
def test_those_who_write_one_file_at_once_leave_one_whole_version(
    path: Path, start: Callable[..., Any]
) -> None:
    write_whole(path, "e" * SIZE)
    writers = run_beside_each_other(start, path)
    while any(writer.is_alive() for writer in writers):
        assert_is_whole(path)
    for writer in writers:
        writer.join()
    assert_is_whole(path)
    assert [getattr(writer, "exitcode", 0) for writer in writers] == [0] * WRITERS
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Größe\n", "Größe\n".encode()),
        (b"\x00\xff", b"\x00\xff"),
        ("a\r\nb\rc\n", b"a\r\nb\rc\n"),
        (("a", "ö\n", ""), "aö\n".encode()),
        (iter(["a", b"\xff"]), b"a\xff"),
        ((), b""),
        ("", b""),
    ],
    ids=["text", "bytes", "line-breaks", "pieces", "mixed-pieces", "no-piece", "empty"],
)
def test_the_content_is_written_as_it_is(path: Path, content: Any, expected: bytes) -> None:
    write_whole(path, content)
    assert path.read_bytes() == expected


@pytest.mark.parametrize("mode", [PRIVATE, SHARED])
def test_the_mode_is_the_one_asked_for_whatever_it_was_and_whatever_the_umask(path: Path, mode: int) -> None:
    path.write_text("old")
    path.chmod(0o640)
    umask = os.umask(0o077)
    try:
        write_whole(path, "new", mode=mode)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_committed_file_is_readable_by_all(path: Path) -> None:
    write_whole(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_long_name_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250 + ".json")
    write_whole(path, "new")
    assert list(tmp_path.iterdir()) == [path]


def broken_pieces() -> Any:
    yield "half"
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("content", "error"),
    [(broken_pieces(), KeyboardInterrupt)],
    ids=["interrupt"],
)
def test_what_cannot_be_written_leaves_the_old_file_and_nothing_else(
    path: Path, content: Any, error: type[BaseException]
) -> None:
    path.write_text("old")
    with pytest.raises(error):
        write_whole(path, content)
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("refused", ["fsync", "replace"])
def test_a_disk_that_refuses_leaves_the_old_file_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    def refuse(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    path.write_text("old")
    monkeypatch.setattr(os, refused, refuse)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "missing" / "a.json", "new")
    assert list(tmp_path.iterdir()) == []


def test_only_a_durable_file_waits_for_the_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    write_whole(path, "new", durable=False)
    assert synced == []
    write_whole(path, "newer")
    assert len(synced) == 1


def count_up(path: Path) -> None:
    for _ in range(50):
        with locked(path):
            number = int(path.read_text())
            # Lets the others run between reading and writing: without the lock, they would overwrite each other.
            time.sleep(0)
            write_whole(path, str(number + 1), durable=False)


def test_who_holds_the_lock_loses_no_change_of_others(path: Path) -> None:
    path.write_text("0")
    counters = [start_process(target=count_up, args=(path,)) for _ in range(3)]
    for counter in counters:
        counter.start()
    for counter in counters:
        counter.join()
    assert path.read_text() == "150"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain é 😀", "plain é 😀"),
        ("cut \ud83d", "cut \ufffd"),
        ("\ude00 first", "\ufffd first"),
        ("a pair \ud83d\ude00 and half \ud83d.", "a pair 😀 and half \ufffd."),
    ],
)
def test_halves_of_characters_are_written_as_lost_and_pairs_as_the_character(
    path: Path, text: str, written: str
) -> None:
    write_whole(path, [text])
    assert path.read_text(encoding="utf-8") == written == encodable(text)


@pytest.mark.parametrize("kind", ["folder", "pipe", "too large", "link to itself", "nothing"])
def test_only_a_file_of_bounded_size_is_read(path: Path, kind: str) -> None:
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "too large":
        path.write_bytes(b"123456")
    elif kind == "link to itself":
        path.symlink_to(path)
    with pytest.raises(OSError, match=r"no file|6 bytes, and 5 at most|symbolic links|No such file"):
        read_bytes(path, most=5)


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5_000, '{"a"', "", "nul", "\ufeff{}"])
def test_json_that_makes_no_sense_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


def test_text_is_read_without_its_mark_and_with_its_line_breaks(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\xe2\x80\xa8c")
    assert read_text(path) == "a\r\nb\u2028c"


@pytest.mark.parametrize("name", ["/dev/fd/{}", "/proc/self/fd/{}", "/dev/../dev//fd/{}"])
def test_an_open_file_is_written_to_and_never_replaced(tmp_path, name):
    path = tmp_path / "log.txt"
    with path.open("w", encoding="utf-8") as log:
        print("before", file=log, flush=True)
        write_whole(Path(name.format(log.fileno())), "between\n")
        print("after", file=log)
    assert path.read_text(encoding="utf-8") == "before\nbetween\nafter\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("path", "number"),
    [("/dev/stdout", 1), ("/dev/stderr", 2), ("/dev/fd/7", 7), ("dev/stdout", None), ("/dev/fd/7/a", None)],
)
def test_the_paths_of_open_files_are_known(path, number):
    assert open_file_of(Path(path)) == number


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes")
def test_a_pipe_is_written_into_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        content = pool.submit(pipe.read_text)
        write_whole(pipe, ["one\n", b"two\n"])
        assert content.result(10) == "one\ntwo\n"
    assert pipe.is_fifo()
