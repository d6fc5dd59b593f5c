"""The first traced calls of a process, from wherever they come: each is logged once.

Every case is a process of its own, in which nothing was traced yet.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pytest_llmobs.storage.store import Store
from tests.anthropic_server import serve

BEGINNING = """
import asyncio, multiprocessing, os, sys, threading
from pytest_llmobs import flush, trace, traceable, tracing_context

@traceable
def leaf(x):
    return x

def together(go, count=8):
    gate = threading.Barrier(count)
    def enter(number):
        gate.wait()
        go(number)
    threads = [threading.Thread(target=enter, args=(number,)) for number in range(count)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

def children(go, count=2):
    pids = []
    for number in range(count):
        pid = os.fork()
        if pid == 0:
            go(number)
            flush()
            os._exit(0)
        pids.append(pid)
    for pid in pids: assert os.waitpid(pid, 0)[1] == 0

def five(number):
    for call in range(5): leaf(f"{number}-{call}")
"""
CASES = {
    "threads": ("together(five)", {"leaf": 40}),
    "blocks in threads": (
        """
def go(number):
    with trace("block"):
        leaf(number)
together(go)
""",
        {"block": 8, "leaf": 8},
    ),
    "tasks": (
        """
@traceable
async def task(number):
    await asyncio.sleep(0)
    leaf(number)
    await asyncio.to_thread(leaf, number)
async def main():
    await asyncio.gather(*map(task, range(20)))
asyncio.run(main())
""",
        {"task": 20, "leaf": 40},
    ),
    "an event loop in each thread": (
        """
async def task(number):
    await asyncio.to_thread(leaf, number)
together(lambda number: asyncio.run(task(number)))
""",
        {"leaf": 8},
    ),
    "forks that never traced": ("children(five)", {"leaf": 10}),
    "forks of a parent that traced": ("leaf(0); children(five); leaf(1)", {"leaf": 12}),
    "forks amid the first calls of threads": (
        """
def go(number):
    if number % 2:
        leaf(number)
    else:
        children(five, 1)
together(go)
""",
        {"leaf": 4 + 20},
    ),
    "threads of forks": ("children(lambda number: together(five))", {"leaf": 80}),
    "threads of forks of a parent that traced": (
        "leaf(0); children(lambda number: together(five))",
        {"leaf": 81},
    ),
    "pools of processes": (
        """
if __name__ == "__main__":
    from concurrent.futures import ProcessPoolExecutor
    for method in ("fork", "spawn"):
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
            list(pool.map(leaf, range(4)))
        leaf("between")
""",
        {"leaf": 10},
    ),
    "processes": (
        """
if __name__ == "__main__":
    for method in ("fork", "spawn"):
        process = multiprocessing.get_context(method)
        started = [process.Process(target=five, args=(number,)) for number in range(2)]
        for one in started: one.start()
        for one in started: one.join()
""",
        {"leaf": 20},
    ),
    "while another thread imports the redactor's module": (
        """
import types
gate = threading.Event()
def masked_module():
    # As an app's module that calls a traced function while it is imported, and that the redactor's module needs.
    with open("app_module.py", "w") as file:
        file.write("import __main__\\n__main__.gate.set()\\n__main__.leaf('while importing')\\n")
    with open("masks.py", "w") as file:
        file.write("import __main__\\n__main__.gate.wait(30)\\nimport app_module\\ndef clean(text): return text\\n")
masked_module()
sys.path.insert(0, os.getcwd())
os.environ["LLMOBS_REDACT"] = "masks:clean"
importer = threading.Thread(target=lambda: __import__("app_module"))
starter = threading.Thread(target=five, args=(0,))
starter.start(); importer.start(); starter.join(30); importer.join(30)
assert not starter.is_alive() and not importer.is_alive()
""",
        {"leaf": 5},
    ),
}


def _run(script: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    path = folder / "app.py"
    path.write_text(BEGINNING + script, encoding="utf-8")
    environment = {**os.environ, "LLMOBS_TRACING": "true", **environ}
    return subprocess.run(
        [sys.executable, "-W", "ignore", str(path)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_lost_and_nothing_is_doubled(tmp_path: Path, case: str) -> None:
    script, expected = CASES[case]
    done = _run(script, tmp_path)
    assert done.returncode == 0, done.stderr
    runs = list(Store(tmp_path / ".llmobs").runs())
    assert Counter(run.name for run in runs) == expected
    assert len({run.id for run in runs}) == len(runs)


ENDED_AT_ONCE = """
import pathlib
import pyarrow.parquet

def sealed():
    flush()
    files = pathlib.Path(".llmobs/runs").rglob("*.parquet")
    return sum(pyarrow.parquet.read_metadata(file).num_rows for file in files)

if __name__ == "__main__":
    if os.fork() == 0:
        five(0)
        os._exit(0)
    os.wait()
    print(sealed())
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            pool.map(leaf, range(4))
            pool.close()
            pool.join()
    print(sealed())
"""


def test_a_flush_seals_what_children_left_that_were_ended_without_atexit(tmp_path: Path) -> None:
    done = _run(ENDED_AT_ONCE, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["5", "13"]


MODEL_CALLS = """
import anthropic
def ask(number):
    client = anthropic.Anthropic(api_key="k-test", base_url=os.environ["SERVER"])
    client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=[{"role": "user", "content": "hi"}])
traced = traceable(name="asked")(ask)
"""
LATE_IMPORT = MODEL_CALLS.replace("import anthropic\n", "").replace(
    "    client =", "    import anthropic\n    client ="
)


@pytest.mark.parametrize(
    "script", [MODEL_CALLS, LATE_IMPORT], ids=["imported before", "imported amid the calls"]
)
def test_model_calls_of_the_first_threads(tmp_path: Path, script: str) -> None:
    with serve("hello") as server:
        done = _run(f"{script}\ntogether(traced)\n", tmp_path, SERVER=server.url)
    assert done.returncode == 0, done.stderr
    runs = list(Store(tmp_path / ".llmobs").runs())
    assert Counter(run.name for run in runs) == {"asked": 8, "anthropic.messages": 8}
    calls = [run for run in runs if run.run_type == "llm"]
    assert {run.parent_id for run in calls} == {run.id for run in runs if run.name == "asked"}
    assert all(run.usage is not None and run.usage.total_cost for run in calls)
