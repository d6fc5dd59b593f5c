"""The process of a further session: started, waited for, and ended with the one that waits."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_BY_ITSELF = 1.0
"""Seconds in which a child ends that has had Ctrl-C as well, as all have that are in the terminal's foreground."""
_TEARDOWN = 15.0
"""Seconds that it has for the end of its fixtures."""


class Ended(NamedTuple):
    """A process that ended."""

    status: int
    output: str


def run(command: Sequence[str], *, folder: Path, environment: Mapping[str, str], output: Path) -> Ended:
    """Run a command to its end.

    Args:
        command: Its words.
        folder: Where it is run.
        environment: Its environment variables.
        output: A new file, which gets what it prints: a pipe that nobody reads would fill up and stop it.

    Raises:
        KeyboardInterrupt: Ctrl-C; the process has had it, and is gone.
        OSError: It can't be started.
    """
    with output.open("w+", errors="replace") as file:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        try:
            status = child.wait()
        except BaseException:
            _end(child)
            raise
        file.seek(0)
        return Ended(status, file.read())


def _end(child: subprocess.Popen[bytes]) -> None:
    """Let a process end as by Ctrl-C; where it doesn't, or the user has no patience, kill it."""
    try:
        if not _is_over(child, _BY_ITSELF):
            child.send_signal(signal.SIGINT)
            _is_over(child, _TEARDOWN)
    except KeyboardInterrupt:
        pass
    finally:
        child.kill()
        child.wait()


def _is_over(child: subprocess.Popen[bytes], seconds: float) -> bool:
    with suppress(subprocess.TimeoutExpired):
        child.wait(timeout=seconds)
    return child.returncode is not None
