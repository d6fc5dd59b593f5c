"""Many processes claim items of one queue at the same moment, and some of them are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from pytest_llmobs.clocks import real
from pytest_llmobs.review.log.parts import LogPart
from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.working.open_queue import OpenQueue

ITEMS, PROCESSES, EACH = 4000, 8, 500
KILLED = {2: 120, 5: 301}
"""Which process dies after how many claims."""

CLAIMER = """
import os, signal, sys
from pathlib import Path
from pytest_llmobs.clocks import real
from pytest_llmobs.review.log.parts import LogPart
from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.working.open_queue import OpenQueue

root, reviewer, most, dies = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4] == "True"
queues = Queues(root)
queue = queues.find("crowd")
parts = OpenQueue(queue, queues.folder(queue), reviewer, (), LogPart(), reviewer, real.now)
parts.assignment.refresh()
print("ready", flush=True)
sys.stdin.readline()
for _ in range(most):
    print(parts.assignment.next().run_id, flush=True)
if dies:
    os.kill(os.getpid(), signal.SIGKILL)
"""


def crowd(root: Path, killed: dict[int, int]) -> list[str]:
    """Have the processes claim at once; return all that they claimed."""
    processes = []
    for number in range(PROCESSES):
        most, dies = killed.get(number, EACH), number in killed
        command = [sys.executable, "-c", CLAIMER, str(root), f"reviewer {number}", str(most), str(dies)]
        processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    claimed: list[str] = []
    for number, process in enumerate(processes):
        claimed += process.communicate()[0].split()
        assert process.returncode == (-signal.SIGKILL if number in killed else 0)
    return claimed


def late_comer(queues: Queues, minutes: float) -> list[str]:
    """Return all that one more reviewer can claim after so many minutes."""
    queue = queues.find("crowd")

    def now() -> datetime:
        return real.now() + timedelta(minutes=minutes)

    parts = OpenQueue(queue, queues.folder(queue), "late", (), LogPart(), "late", now)
    claimed: list[str] = []
    while (assigned := parts.assignment.next()) is not None:
        # at last come those that this reviewer has already, and has said nothing of
        if assigned.run_id in claimed:
            break
        claimed.append(assigned.run_id)
    return claimed


def filled(root: Path) -> tuple[Queues, set[str]]:
    queues = Queues(root)
    ids = [f"019a0000-0000-7000-8000-{number:012x}" for number in range(ITEMS)]
    queues.items(queues.create("crowd")).add([{"run_id": id} for id in ids])
    return queues, set(ids)


def test_eight_processes_claim_every_item_once(tmp_path: Path) -> None:
    queues, ids = filled(tmp_path)
    claimed = crowd(tmp_path, {})
    assert len(claimed) == ITEMS
    assert set(claimed) == ids
    assert late_comer(queues, minutes=0) == []


def test_what_killed_processes_had_is_nobodys_until_their_leases_end(tmp_path: Path) -> None:
    queues, ids = filled(tmp_path)
    claimed = crowd(tmp_path, KILLED)
    assert len(claimed) == len(set(claimed)) == 6 * EACH + sum(KILLED.values())
    rest = late_comer(queues, minutes=0)
    assert sorted([*claimed, *rest]) == sorted(ids)
    assert set(late_comer(queues, minutes=30)) == ids
