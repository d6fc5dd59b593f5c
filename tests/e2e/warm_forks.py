"""The process behind the programs of ``warm.py``: it imports what others have written, and forks for each command."""

from __future__ import annotations

import gc
import json
import os
import runpy
import select
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import anthropic.resources.messages  # noqa: F401
import anyio
import pyarrow.compute
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet  # noqa: F401
import pytest  # noqa: F401


class Command(NamedTuple):
    """What a program was started with."""

    name: str
    folder: str
    environment: dict[str, str]
    arguments: list[str]


def next_command(listening: socket.socket) -> Command | None:
    """Return, in a fork with the program's streams, its command; in this process None, once nobody wants any more."""
    while True:
        ready, _, _ = select.select([listening, 0], [], [])
        if 0 in ready:
            return None
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            return _of(connection)
        connection.close()
        _reap()


def _of(connection: socket.socket) -> Command:
    """Take a command, and stay behind to tell how it ended."""
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as file:
        command = Command(*json.loads(file.readline()))
    process = os.fork()
    if process:
        _, ended = os.waitpid(process, 0)
        status = os.waitstatus_to_exitcode(ended)
        # a signal, as shells tell it
        connection.sendall(str(status if status >= 0 else 128 - status).encode())
        os._exit(0)
    connection.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    return command


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def run(command: Command, scripts: str, path: Sequence[str]) -> None:
    """Do what Python does with a program's script."""
    os.chdir(command.folder)
    os.environ.clear()
    os.environ.update(command.environment)
    if command.name == "python":
        sys.argv = command.arguments
    else:
        sys.argv = [str(Path(scripts, command.name)), *command.arguments]
    above = command.environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [str(Path(sys.argv[0]).absolute().parent), *filter(None, above), *path]
    runpy.run_path(sys.argv[0], run_name="__main__")


def main() -> None:
    address, scripts = sys.argv[1:]
    path = [each for each in sys.path[1:] if each != os.environ["PYTHONPATH"]]
    # it is a plugin of pytest as well, which would warn that its assertions aren't rewritten
    anyio.__doc__ = "PYTEST_DONT_REWRITE"
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        os.write(1, b"listening\n")
        command = next_command(listening)
    if command is None:
        _wait_for_all()
        return
    run(command, scripts, path)


def _wait_for_all() -> None:
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass


if __name__ == "__main__":
    main()
