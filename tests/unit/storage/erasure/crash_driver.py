"""Erases a user once and keeps what lies on the disk before each step; then another process finishes each of them.

``python crash_driver.py TEMPLATE FOLDER EXPECTED``: prints as JSON how many steps and unlike states of the disk there
were, and what went wrong. A step is whatever opens a file to write, locks, renames or deletes one, as Python's audit
hooks tell of it: what only reads leaves the disk as it was. What a process has written survives its end, so that a copy
of the disk is what the process would leave that ended there. Processes are forked, so that Arrow is loaded once; this
one does nothing with it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from pytest_llmobs.storage.erasure import distant, search, searching  # noqa: F401 - loaded before anything is forked
from pytest_llmobs.storage.erasure.erasing import erase
from pytest_llmobs.storage.erasure.finding import find_runs
from pytest_llmobs.storage.erasure.needles import Needles
from pytest_llmobs.storage.erasure.search import search_store
from pytest_llmobs.storage.erasure.searching import files  # noqa: F401
from pytest_llmobs.storage.store import Store

STEPS = ("open", "os.rename", "os.remove", "os.rmdir", "fcntl.flock")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
DONE = "done"


def main() -> int:
    template, folder, expected = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    # Every state is looked at where it came about: files may say where they lie.
    root = folder / "store"
    shutil.copytree(template, root)
    problems: list[str] = []
    if status := forked(purge, root, folder):
        problems.append(f"the erasure: status {status}")
    root.rename(folder / DONE)
    steps = sorted((path for path in folder.iterdir() if path.name != DONE), key=lambda path: int(path.name))
    seen: set[str] = set()
    for left in [*steps, folder / DONE]:
        state = contents(left)
        # Locks change nothing: what is the same on the disk is the same to whoever comes next.
        if left.name != DONE and state in seen:
            continue
        seen.add(state)
        left.rename(root)
        if forked(check, root, expected, f"step {left.name}", left.name == DONE):
            problems.append(f"step {left.name}")
        shutil.rmtree(root)
    print(json.dumps({"steps": len(steps), "states": len(seen), "problems": problems}))
    return 0


def contents(root: Path) -> str:
    """Return a digest of all names and bytes below a folder."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{path.relative_to(root)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def forked(work: Callable[..., None], *arguments: object) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work(*arguments)
            status = 0
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        finally:
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def purge(root: Path, folder: Path) -> None:
    """Erase the user; before each step, keep what a process that ended there would leave on the disk."""
    steps = 0
    is_copying = False

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal steps, is_copying
        if is_copying or (event == "open" and not int(str(arguments[2])) & WRITING):
            return
        if (event in STEPS and str(root) in str(arguments[0])) or event == "fcntl.flock":
            steps += 1
            is_copying = True
            shutil.copytree(root, folder / str(steps))
            is_copying = False

    store = Store(root)
    found = find_runs(store, ["user_id"], "ada@example.com")
    sys.addaudithook(hook)
    erase(store, found)


def check(root: Path, expected: dict[str, list[str]], when: str, is_done: bool) -> None:
    """Read the store as it was left, erase what is left to be erased, and look for it."""
    store = Store(root)
    seen = [run.id for run in store.runs()]
    assert len(seen) == len(set(seen)), f"{when}: runs show twice"
    assert set(expected["runs"]) <= set(seen), f"{when}: runs are lost"
    found = find_runs(store, ["user_id"], "ada@example.com")
    assert not (is_done and found.run_ids), f"{when}: something was left"
    erased = erase(store, found)
    assert erased.is_complete, f"{when}: {erased}"
    assert sorted(run.id for run in Store(root).runs()) == expected["runs"], f"{when}: other runs"
    events = Store(root).feedback.events()
    assert sorted(events["run_id"].to_pylist()) == expected["rated"], f"{when}: other feedback"
    assert [path.name for path in root.joinpath("media").iterdir()] == expected["media"], f"{when}: images"
    assert search_store(store, Needles.of("ada@example.com", found)) == [], f"{when}: bytes"
    left = [path.name for path in root.rglob("*") if path.name.startswith("eras") or path.suffix == ".tmp"]
    assert not left, f"{when}: {left}"


if __name__ == "__main__":
    sys.exit(main())
