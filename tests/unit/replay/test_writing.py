"""Cassettes that are written while others write them, processes die, disks are full, and folders are read-only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.recorder import CassetteWarning
from tests.unit.processes import run_at_once
from tests.unit.replay.recordings import answer, question, record, recorder

ROOTDIR = Path(__file__).parents[3]
ROOT = os.geteuid() == 0
NAMESPACE = ("unshare", "-m") if ROOT else ()
"""Root may write anywhere, so for root disks are mounted, where nobody else sees them."""
LONG = "You answer questions about lamps. " * 30


def run(
    code: str, folder: Path, *arguments: object, prefix: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own; the project's root is what it imports from."""
    command = [*prefix, sys.executable, "-c", code, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOTDIR)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_the_same_call_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        record(tmp_path / name, "Which?", "Where?", system=LONG)
        contents.append(
            {path.relative_to(tmp_path / name): path.read_bytes() for path in files(tmp_path / name)}
        )
    assert contents[0] == contents[1]
    assert len(contents[0]) == 3


ONE_KEY = """
import sys
from pathlib import Path
from tests.unit.replay.recordings import answer, question, recorder
print("ready", flush=True)
sys.stdin.readline()
for number in range(80):
    here = recorder(Path("cassettes"), "refresh")  # one keeps its first reply to a request alone
    assert here.take(question("Which?", system="lamp " * 200), None).keep(answer(sys.argv[1] * 3000))
"""


def test_processes_that_record_one_key_leave_one_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOTDIR))
    run_at_once(ONE_KEY, ["a", "b"], tmp_path)
    cassettes = tmp_path / "cassettes"
    assert len(files(cassettes)) == 2  # with the text of its prompt
    reply = recorder(cassettes, "only").take(question("Which?", system="lamp " * 200), None).reply
    assert reply is not None
    assert json.loads(b"".join(reply.chunks))["content"] in (["a" * 3000], ["b" * 3000])


def test_threads_that_record_one_key_leave_one_whole_file(tmp_path: Path) -> None:
    barrier = threading.Barrier(16)

    def keep(number: int) -> None:
        barrier.wait()
        for _ in range(20):
            here = recorder(tmp_path, "refresh")
            here.take(question("Which?", system=LONG), None).keep(answer(str(number) * 500))

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(files(tmp_path)) == 2
    assert recorder(tmp_path, "only").take(question("Which?", system=LONG), None).reply is not None


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.unit.replay.recordings import answer, question, recorder

def record_for_ever(progress):
    here = recorder(Path("cassettes"), "reuse")
    for number in range(10**9):
        turn = here.take(question(f"Question {number}", system=f"lamp {number % 7} " * 100), None)
        if turn.reply is None:
            os.write(progress, b"." if turn.keep(answer("word " * 2000)) else b"?")

recorder(Path("other")).take(question("Which?"), None).keep(answer("What all children would import"))
for kill in range(25):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        record_for_ever(writing)
    assert os.read(reading, 1 + kill % 5).startswith(b".")
    os.kill(child, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    os.close(reading)
    os.close(writing)
"""


def test_what_is_killed_while_it_records_leaves_whole_files(tmp_path: Path) -> None:
    run(KILLED, tmp_path)
    folder = CassetteFolder(tmp_path / "cassettes")
    cassettes = [path for path in files(folder.root) if folder.holds(path)]
    assert len(cassettes) >= 25
    for path in cassettes:
        folder.request_of(folder.read_file(path))
    here = recorder(folder.root)
    called = 0
    for number in range(len(cassettes) + 10):
        turn = here.take(question(f"Question {number}", system=f"lamp {number % 7} " * 100), None)
        if turn.reply is None:
            called += 1
            assert turn.keep(answer("Late"))
    assert called == 10


def test_what_killed_processes_leave_is_ignored_and_deleted_by_who_writes_next(tmp_path: Path) -> None:
    (cassette,) = record(tmp_path, "Which?", system=LONG)
    old, new = cassette.with_name(".1.abc.tmp"), cassette.with_name(".2.abc.tmp")
    for path in (old, new):
        path.write_text('{"half', encoding="utf-8")
    os.utime(old, (1e9, 1e9))
    assert recorder(tmp_path, "only").take(question("Which?", system=LONG), None).reply is not None
    assert old.exists()
    cassette.unlink()
    record(tmp_path, "Which?", system=LONG)
    assert not old.exists()
    assert new.exists()  # somebody may be writing it


UNWRITABLE = """
import subprocess, sys, warnings
from pathlib import Path
from tests.unit.replay.recordings import answer, question, recorder
{setup}
here = recorder(Path("cassettes"))
print(here.take(question("Which?"), None).reply is not None)
for number in range(3):
    turn = here.take(question(f"Question {{number}}", system="lamp " * 5000), None)
    print(turn.reply is None and turn.keep(answer("Bright " * 5000)) == "")
"""
READ_ONLY = """
bind = "mount --bind cassettes cassettes && mount -o remount,ro,bind cassettes"
subprocess.run(bind, shell=True, check=True)
"""
SMALL = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, resource.RLIM_INFINITY))"
FULL = """
kept = {path: path.read_bytes() for path in Path("cassettes").rglob("*.json")}
subprocess.run("mount -t tmpfs -o size=16k none cassettes", shell=True, check=True)
for path, content in kept.items():
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
"""


def unwritable(folder: Path, setup: str, reason: str, prefix: tuple[str, ...] = ()) -> None:
    """Check that a process replays, that its calls go on, and that it says once why nothing is recorded."""
    done = run(UNWRITABLE.format(setup=setup), folder, prefix=prefix)
    assert done.stdout.split() == ["True"] * 4
    assert (
        done.stderr.count("CassetteWarning: Model calls aren't recorded: 'cassettes' can't be written") == 1
    )
    assert done.stderr.count("Warning") == 1, done.stderr
    assert reason in done.stderr
    assert not list(folder.rglob("*.tmp"))


def test_a_read_only_folder_replays_and_warns_once(tmp_path: Path) -> None:
    record(tmp_path / "cassettes", "Which?")
    if not ROOT:
        for folder in (tmp_path / "cassettes").rglob("*"):
            folder.chmod(0o555)
        (tmp_path / "cassettes").chmod(0o555)
    reason = "Read-only file system" if ROOT else "Permission denied"
    unwritable(tmp_path, READ_ONLY if ROOT else "", reason, NAMESPACE)


def test_a_limit_of_a_files_size_warns_once(tmp_path: Path) -> None:
    record(tmp_path / "cassettes", "Which?")
    unwritable(tmp_path, SMALL, "File too large")


@pytest.mark.skipif(not ROOT, reason="only root may mount a small disk")
def test_a_full_disk_warns_once(tmp_path: Path) -> None:
    record(tmp_path / "cassettes", "Which?")
    unwritable(tmp_path, FULL, "No space left on device", NAMESPACE)


def test_a_file_in_the_folders_place(tmp_path: Path) -> None:
    root = tmp_path / "cassettes"
    root.write_text("no folder", encoding="utf-8")
    here = recorder(root)
    turns = [here.take(question(text), None) for text in ("Which?", "Where?")]
    with pytest.warns(CassetteWarning, match=r"aren't recorded: .*cassettes' can't be written") as warned:
        kept = [turn.keep(answer("Bright")) for turn in turns]
    assert kept == ["", ""]
    assert len(warned) == 1
    with pytest.raises(CassetteError, match="No recording of"):
        recorder(root, "only").take(question("Which?"), None)
