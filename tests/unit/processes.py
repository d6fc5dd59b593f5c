"""Processes that do something at the same time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path


def run_at_once(code: str, arguments: Iterable[object], folder: Path | None = None) -> None:
    """Run code in a process for each argument, and wait until all have ended well.

    Args:
        code: Prints ``ready`` once it is, waits for a line, and then does what it is about, beside the others.
        arguments: The ``sys.argv[1]`` of each.
        folder: Where they run; by default the current one.
    """
    processes = []
    for argument in arguments:
        command = [sys.executable, "-c", code, str(argument)]
        processes.append(
            subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    # All are told before any is waited for.
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
        assert process.returncode == 0
