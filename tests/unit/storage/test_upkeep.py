"""What dead processes left is recovered by whoever opens the store next."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pytest_llmobs.storage.store import Store

Line = Callable[..., bytes]
Id = Callable[[int], str]


def test_orphans_are_recovered_by_whoever_opens(
    store: Store, orphan, line: Line, run_id: Id, told: list[str]
) -> None:
    path = orphan(line(1), line(2), line(3)[:40])
    assert [run.id for run in store.runs()] == [run_id(1), run_id(2)]
    assert not path.exists()
    assert told == []


def test_opening_a_spool_recovers_too(store: Store, orphan, line: Line) -> None:
    path, empty = orphan(line(1)), orphan()
    spool = store.spool()
    assert not path.exists()
    assert not empty.exists()
    assert spool.path is not None
    assert spool.path.exists()
    spool.close()


def test_a_living_spool_is_left_alone(store: Store, line: Line, told: list[str]) -> None:
    spool = store.spool()
    spool.append(line(1))
    assert Store(store.root).seal() == 0
    spool.append(line(2))
    spool.close()
    assert sum(1 for _ in store.runs()) == 2


def test_an_orphan_that_can_not_be_sealed_stays_and_is_told_once(
    store: Store, orphan, line: Line, told: list[str]
) -> None:
    path = orphan(line(1))
    blocked = store.layout.partition("demo")
    blocked.write_text("in the way")
    assert store.seal() == 0
    assert store.seal() == 0
    assert len(told) == 1
    assert told[0].startswith(f"Can't recover the runs in {str(path)!r}: ")
    assert told[0].endswith("They stay there for the next attempt.")
    blocked.unlink()
    assert store.seal() == 1


def test_children_that_were_forked_are_sealed_with_their_parent(python) -> None:
    done = python(
        "import os\n"
        "from pytest_llmobs.storage.store import Store\n"
        "store = Store('.llmobs')\n"
        "spool = store.spool()\n"
        'def write(name): spool.append((\'{"id":"%s","trace_id":"a","start_time":1}\\t\\t\\n\' % name).encode())\n'
        "write('parent')\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    write('child')\n"
        "    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
        "spool.close()\n"
        "print(list(store.layout.spool.glob('*.jsonl')), sorted(run.id for run in store.runs()))\n"
    )
    assert (done.stdout, done.stderr) == ("[] ['child', 'parent']\n", "")


OPENER = """
import sys
from pytest_llmobs.storage.store import Store
sys.stdin.readline()
print(sum(1 for run in Store(".llmobs").runs()), flush=True)
"""


def test_two_processes_that_open_at_once_both_see_every_run_once(
    tmp_path: Path, store: Store, orphan, line: Line, told: list[str]
) -> None:
    for part in range(4):
        orphan(*(line(part * 1000 + n) for n in range(1000)))
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER],
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write("go\n")
        opener.stdin.flush()
    assert [opener.communicate(timeout=120)[0] for opener in openers] == ["4000\n", "4000\n"]
    assert sum(1 for _ in store.runs(payloads=False)) == 4000
