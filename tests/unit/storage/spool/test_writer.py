from __future__ import annotations

import gc
import json
import os
import shutil
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_llmobs.storage.spool.segment import TORN, Segment
from pytest_llmobs.storage.spool.writer import Spool
from pytest_llmobs.storage.store import Store

Line = Callable[..., bytes]


class Sealer:
    """Stands in for sealing: takes the bytes and discards the file."""

    def __init__(self) -> None:
        self.sealed: list[bytes] = []
        self.gentle: list[bool] = []
        self.failure: Exception | None = None

    def __call__(self, segment: Segment, gently: bool) -> None:
        if self.failure is not None:
            raise self.failure
        self.sealed.append(segment.reader().read())
        self.gentle.append(gently)
        segment.discard()


@pytest.fixture
def sealer() -> Sealer:
    return Sealer()


@pytest.fixture
def spool(tmp_path: Path, sealer: Sealer, told: list[str]) -> Spool:
    return Spool(tmp_path, sealer, label="t", warn=told.append)


def test_a_line_is_on_disk_when_append_returns(spool: Spool) -> None:
    spool.append(b"one\n")
    assert spool.path is not None
    assert spool.path.read_bytes() == b"one\n"
    assert stat.S_IMODE(spool.path.stat().st_mode) == 0o600
    spool.close()


def test_closing_seals_and_may_be_repeated(spool: Spool, sealer: Sealer, tmp_path: Path) -> None:
    spool.append(b"one\n")
    spool.append(b"two\n")
    spool.close()
    spool.close()
    assert sealer.sealed == [b"one\ntwo\n"]
    assert spool.path is None
    assert list(tmp_path.iterdir()) == []


def test_an_unused_spool_leaves_nothing(spool: Spool, sealer: Sealer, tmp_path: Path) -> None:
    spool.close()
    assert sealer.sealed == []
    assert list(tmp_path.iterdir()) == []


def test_a_line_after_closing_gets_a_file_that_is_recovered_later(spool: Spool, sealer: Sealer) -> None:
    spool.close()
    spool.append(b"late\n")
    assert spool.path is not None
    assert spool.path.read_bytes() == b"late\n"
    spool.close()
    assert sealer.sealed == [b"late\n"]


def test_threads_never_mix_their_lines(spool: Spool, sealer: Sealer) -> None:
    def write(letter: bytes) -> None:
        for _ in range(300):
            spool.append(letter * 5000 + b"\n")

    threads = [threading.Thread(target=write, args=(bytes([97 + k]),)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spool.close()
    lines = sealer.sealed[0].splitlines()
    assert len(lines) == 2400
    assert all(line == line[:1] * 5000 for line in lines)


def test_an_abandoned_spool_is_an_orphan(tmp_path: Path, sealer: Sealer) -> None:
    spool = Spool(tmp_path, sealer)
    spool.append(b"one\n")
    path = spool.path
    del spool
    gc.collect()
    assert path is not None
    claimed = Segment.claim(path)
    assert claimed is not None
    claimed.close()


def test_a_folder_that_can_not_be_made_is_told_once_and_tried_again(
    tmp_path: Path, sealer: Sealer, told: list[str]
) -> None:
    folder = tmp_path / "spool"
    folder.write_text("in the way")
    spool = Spool(folder, sealer, warn=told.append)
    for number in range(5):
        spool.append(b"%d\n" % number)
    assert len(told) == 1
    assert told[0].startswith(
        f"Runs can't be stored in {str(folder)!r}: Not a directory. Calls and tests go on; up to 16"
    )
    assert spool.problem == told[0]
    assert spool.waiting == 5
    folder.unlink()
    folder.mkdir()
    spool.append(b"5\n")
    assert spool.waiting == 0
    spool.append(b"6\n")
    spool.close()
    assert sealer.sealed == [b"0\n1\n2\n3\n4\n5\n6\n"]
    assert (len(told), spool.lost) == (1, 0)


def test_what_waits_is_bounded_and_what_is_lost_is_counted(
    tmp_path: Path, sealer: Sealer, told: list[str]
) -> None:
    spool = Spool(tmp_path / "missing", sealer, backlog=10, warn=told.append)
    for _ in range(5):
        spool.append(b"123\n")
    assert (spool.waiting, spool.lost) == (2, 3)
    spool.close()
    assert (spool.waiting, spool.lost) == (0, 5)
    assert len(told) == 2
    assert told[1].startswith(
        f"5 runs of process {os.getpid()} were lost: '{tmp_path}/missing' took no more until the end"
    )


class Disk:
    """A file that takes a given number of bytes."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.content = b""

    def write(self, line: bytes) -> int:
        if self.room == 0:
            raise OSError(28, "No space left on device")
        taken = line[: self.room]
        self.content += taken
        self.room -= len(taken)
        return len(taken)


def test_a_line_that_the_disk_cuts_short_is_marked_and_written_anew(spool: Spool, told: list[str]) -> None:
    disk = Disk(room=6)
    assert spool._segment is not None
    real, spool._segment.file = spool._segment.file, disk  # type: ignore[assignment]
    spool._write = disk.write
    spool.append(b"one\n")
    spool.append(b"two\n")
    assert disk.content == b"one\ntw"
    assert "No space left on device" in told[0]
    disk.room = 100
    spool.append(b"three\n")
    assert disk.content == b"one\ntw" + TORN + b"two\nthree\n"
    assert (spool.waiting, len(told)) == (0, 1)
    spool._segment.file = real


def test_a_disk_that_only_ever_takes_parts_is_given_up(spool: Spool, told: list[str]) -> None:
    class Stubborn(Disk):
        def write(self, line: bytes) -> int:
            self.content += line[:1]
            return 1

    disk = Stubborn(0)
    assert spool._segment is not None
    real, spool._segment.file = spool._segment.file, disk  # type: ignore[assignment]
    spool._write = disk.write
    spool.append(b"one\n")
    assert "keeps taking parts of lines" in told[0]
    assert len(disk.content) < 20
    spool._segment.file = real


def test_a_failing_seal_is_told_and_leaves_the_file(spool: Spool, sealer: Sealer, told: list[str]) -> None:
    sealer.failure = OSError("no room for Parquet")
    spool.append(b"one\n")
    path = spool.path
    spool.close()
    assert path is not None
    assert path.read_bytes() == b"one\n"
    assert told == [
        f"Can't seal {str(path)!r}: no room for Parquet. Nothing is lost: whatever opens the store next "
        "(a session, or the llmobs command) seals it."
    ]
    claimed = Segment.claim(path)
    assert claimed is not None
    claimed.close()


def test_rotating_starts_a_new_file_and_seals_the_old_one(spool: Spool, sealer: Sealer) -> None:
    spool.append(b"one\n")
    first = spool.path
    spool.rotate()
    spool.append(b"two\n")
    assert spool.path != first
    assert spool.seal_retired(gently=True)
    assert not spool.seal_retired()
    spool.close()
    assert sealer.sealed == [b"one\n", b"two\n"]
    assert sealer.gentle == [True, False]


def test_a_write_that_was_under_way_while_rotating_is_kept(spool: Spool, sealer: Sealer) -> None:
    write = spool._write
    spool.rotate()
    write(b"under way\n")
    spool.seal_retired()
    assert sealer.sealed == [b"under way\n"]
    spool.close()


def test_a_store_that_was_deleted_meanwhile_loses_nothing(store: Store, line: Line, told: list[str]) -> None:
    spool = store.spool()
    spool.append(line(1))
    shutil.rmtree(store.root)
    spool.append(line(2))
    spool.close()
    assert [run.name for run in store.runs()] == ["answer", "answer"]
    assert (store.root / ".gitignore").read_text() == "*\n"
    assert told == []


def test_a_forked_child_writes_a_file_of_its_own(python) -> None:
    done = python(
        "import os\n"
        "from pathlib import Path\n"
        "from pytest_llmobs.storage.spool.writer import Spool\n"
        "sealed = []\n"
        "def seal(segment, gently): sealed.append(segment.reader().read()); segment.discard()\n"
        "spool = Spool(Path('.'), seal)\n"
        "spool.append(b'parent\\n')\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    spool.append(b'child\\n')\n"
        "    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
        "spool.append(b'parent again\\n')\n"
        "spool.close()\n"
        "print(sealed, [path.read_bytes() for path in Path('.').glob('*.jsonl')])\n"
    )
    assert (done.stdout, done.stderr) == ("[b'parent\\nparent again\\n'] [b'child\\n']\n", "")


def test_a_program_that_closes_every_descriptor_goes_on_in_a_new_file(spool: Spool, sealer: Sealer) -> None:
    spool.append(b"one\n")
    assert spool.segment is not None
    first = spool.segment.path
    os.close(spool.segment.file.fileno())
    spool.append(b"two\n")
    assert spool.path != first
    spool.close()
    assert (first.read_bytes(), sealer.sealed, spool.problem) == (b"one\n", [b"two\n"], None)


def test_a_file_closed_by_somebody_else_is_left_to_the_next_opening(spool: Spool, sealer: Sealer) -> None:
    spool.append(b"one\n")
    assert spool.segment is not None
    os.close(spool.segment.file.fileno())
    spool.close()
    assert "Can't seal" in (spool.problem or "")
    assert [path.read_bytes() for path in spool.folder.glob("*.jsonl")] == [b"one\n"]


FAILING = """
import json, sys
from pytest_llmobs.storage.store import Store
{setup}
store = Store('store/.llmobs')
spool = store.spool()
def line(n):
    head = {{"id": f"id-{{n:05}}", "trace_id": "t", "name": "x", "run_type": "chain", "start_time": n, "end_time": n}}
    return json.dumps(head).encode() + b"\\t" + json.dumps("x" * 1000).encode() + b"\\t\\n"
for n in range(300):
    spool.append(line(n))
{meanwhile}
spool.append(line(300))
spool.close()
print(json.dumps([spool.lost, sum(1 for run in store.runs())]))
"""
ROOT = os.geteuid() == 0
NAMESPACE = ("unshare", "-m") if ROOT else ()
"""Root may write anywhere, so for root a read-only disk is mounted, where nobody else sees it."""
MOUNT = "import subprocess; subprocess.run('mount -t tmpfs -o {} none store'.split(), check=True)"


@pytest.mark.parametrize("options", [(), ("-W", "error")])
def test_a_read_only_folder_is_told_once_and_the_program_goes_on(tmp_path: Path, python, options) -> None:
    (tmp_path / "store").mkdir(mode=0o555)
    setup = MOUNT.format("ro") if ROOT else ""
    done = python(FAILING.format(setup=setup, meanwhile=""), *options, prefix=NAMESPACE)
    assert done.stderr.count("Can't create the store 'store/.llmobs': ") == 1, done.stderr
    assert done.stderr.count("Warning: ") == (0 if options else 2)  # that it refuses, and what was lost
    assert json.loads(done.stdout) == [301, 0]


def test_a_file_size_limit_is_told_once_and_what_fits_is_kept(tmp_path: Path, python) -> None:
    (tmp_path / "store").mkdir()
    setup = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))"
    lifted = "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))"
    done = python(FAILING.format(setup=setup, meanwhile=lifted))
    assert json.loads(done.stdout) == [0, 301]
    assert done.stderr.count("Runs can't be stored in 'store/.llmobs/spool': File too large") == 1
    assert done.stderr.count("Warning: ") == 1


@pytest.mark.skipif(not ROOT, reason="only root may mount a small disk")
@pytest.mark.parametrize("freed", [True, False])
def test_a_full_disk_is_told_once_and_written_once_there_is_room(tmp_path: Path, python, freed: bool) -> None:
    (tmp_path / "store").mkdir()
    setup = MOUNT.format("size=512k") + "; import os; open('store/ballast', 'wb').write(b'.' * 400_000)"
    script = FAILING.format(setup=setup, meanwhile="os.unlink('store/ballast')" if freed else "")
    done = python(script, prefix=NAMESPACE)
    assert done.stderr.count("Runs can't be stored in 'store/.llmobs/spool': No space left on device") == 1, (
        done.stderr
    )
    lost, stored = json.loads(done.stdout)
    if freed:
        assert (lost, stored) == (0, 301)
    else:
        assert lost > 100
        assert stored in (0, 301 - lost)
