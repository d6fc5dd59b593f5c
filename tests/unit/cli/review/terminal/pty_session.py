"""A program on a terminal of its own, and what it shows there: read until it is what is expected, with a deadline."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyte

SECONDS = 60.0
"""For a busy machine; what is expected usually comes within one."""


class PtySession:
    """A process whose terminal is ours; a context manager."""

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        size: tuple[int, int] = (80, 24),
    ) -> None:
        """Start it.

        Args:
            command: What is run.
            folder: Where.
            environment: Its variables.
            size: Cells a line, and lines.
        """
        self.master, self.slave = os.openpty()
        self.sent = b""
        """Everything that the process has written."""
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._set_size(size)
        self.settings = self.terminal_settings()
        """Those of the terminal before the process ran."""
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={"TERM": "xterm-256color", **environment},
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 (one call, in a process without threads)
        )

    def __enter__(self) -> PtySession:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(SECONDS)
        os.close(self.slave)
        os.close(self.master)

    @property
    def lines(self) -> list[str]:
        """What stands on the screen."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """The same in one piece."""
        return "\n".join(self.lines)

    def terminal_settings(self) -> list[Any]:
        """Return the settings of the terminal: echo, signals, how lines end."""
        return termios.tcgetattr(self.slave)

    def type(self, keys: str | bytes) -> None:
        """Type, without waiting for anything."""
        data = keys.encode() if isinstance(keys, str) else keys
        while data:
            data = data[os.write(self.master, data) :]

    def resize(self, width: int, height: int) -> None:
        """Make the window another size, as a person does with a mouse."""
        self._screen.resize(height, width)
        self._set_size((width, height))

    def expect(self, *texts: str) -> None:
        """Read until all texts stand on the screen."""
        self.wait_for(lambda: all(text in self.text for text in texts), f"{texts} on the screen")

    def expect_sent(self, text: str) -> None:
        """Read until the process has written a text."""
        self.wait_for(lambda: text.encode() in self.sent, f"{text!r} among what was written")

    def wait_for(self, is_there: Callable[[], bool], what: str) -> None:
        """Read until something holds."""
        deadline = time.monotonic() + SECONDS
        while not is_there():
            left = deadline - time.monotonic()
            # it may have ended between the two looks
            if (left <= 0 or not self._read(left)) and not is_there():
                raise AssertionError(f"There is no {what}. The screen:\n{self.text}\n{self.sent[-2000:]!r}")

    def end(self) -> int:
        """Read until the process has ended, and return its exit status."""
        self.wait_for(lambda: self.process.poll() is not None, "end")
        while self._read(0):
            pass
        return self.process.wait()

    def kill(self) -> None:
        """End it as nothing can be prepared for."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(SECONDS)

    def _read(self, seconds: float) -> bool:
        """Read what comes within some time; return False where nothing came, and nothing can come any more."""
        # looked at often: the end of a process makes nothing readable while we hold its terminal as well
        readable, _, _ = select.select([self.master], [], [], min(seconds, 0.05))
        if not readable:
            return self.process.poll() is None
        data = os.read(self.master, 65536)
        self.sent += data
        self._stream.feed(data)
        return True

    def _set_size(self, size: tuple[int, int]) -> None:
        width, height = size
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
