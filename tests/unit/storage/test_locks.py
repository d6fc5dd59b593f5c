from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llmobs.storage import locks

HOLDER = """
import os, sys
from pathlib import Path
from pytest_llmobs.storage import locks
with locks.exclusive(Path("lock")):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()
    process.stdin.close()


def open_file(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_RDWR)


def test_only_one_opening_gets_a_file(tmp_path: Path) -> None:
    first, second = open_file(tmp_path / "x"), open_file(tmp_path / "x")
    assert locks.claim(first)
    assert not locks.claim(second)
    os.close(first)
    assert locks.claim(second)
    os.close(second)


def test_a_killed_process_leaves_no_lock(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    descriptor = open_file(tmp_path / "lock")
    assert not locks.claim(descriptor)
    holder.kill()
    holder.wait()
    assert locks.claim(descriptor)
    os.close(descriptor)


def test_waiting_ends_when_the_holder_lets_go(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    assert holder.stdin is not None
    holder.stdin.close()
    with locks.exclusive(tmp_path / "lock"):
        assert holder.wait() == 0


def test_waiting_ends_after_the_timeout(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with locks.exclusive(tmp_path / "lock", timeout=0.0):
        assert holder.poll() is None


def test_a_forked_child_does_not_keep_the_lock(tmp_path: Path, python) -> None:
    done = python(
        "import os, signal\n"
        "from pathlib import Path\n"
        "from pytest_llmobs.storage import locks\n"
        "ready, say = os.pipe()\n"
        "with locks.exclusive(Path('lock')):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        os.write(say, b'.')\n"
        "        signal.pause()\n"
        "os.read(ready, 1)\n"
        "other = os.open('lock', os.O_RDWR)\n"
        "print(locks.claim(other))\n"
        "os.kill(child, 9)\n"
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_file_systems_without_locks_are_recognised() -> None:
    assert locks.missing(OSError(errno.ENOLCK, "No locks available"))
    assert not locks.missing(OSError(errno.EACCES, "Permission denied"))
