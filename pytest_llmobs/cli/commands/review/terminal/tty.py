"""A terminal that shows one screen: raw keys, the alternate screen, its size, and all of it put back at the end."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import termios
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from pytest_llmobs.cli.commands.review.terminal.key_reader import Key, KeyReader
from pytest_llmobs.cli.commands.review.terminal.screen import Drawing

_ENTER = "\x1b[?1049h\x1b[?7l\x1b[?2004h\x1b[?25l\x1b[2J"
"""The alternate screen, no wrapping at the edge, pasted text in brackets, no cursor."""
_LEAVE = "\x1b[?25h\x1b[?2004l\x1b[?7h\x1b[?1049l"
_PIECES = 0.2
"""Seconds in which a sequence that has begun goes on: over a slow line it comes in pieces."""
_USUAL = (80, 24)
"""Of a terminal that doesn't know its own size."""


class Terminal:
    """A terminal, from entering its alternate screen to leaving it; a context manager."""

    def __init__(self, source: int, target: int, encoding: str) -> None:
        """Name the terminal; nothing is changed yet.

        Args:
            source: The descriptor that keys are read from.
            target: The one that is drawn to.
            encoding: The terminal's.
        """
        self._source, self._target, self._encoding = source, target, encoding
        self._usual: list[Any] = []
        self._keys: deque[Key] = deque()
        self._reader = KeyReader(encoding)
        self._lines: list[str] = []
        """What stands on the screen."""
        self._is_on = False
        self._signals: dict[int, Any] = {}
        self._noted: set[int] = set()
        """Signals that came and weren't looked after."""
        self._wakeup: tuple[int, int] = (-1, -1)

    def __enter__(self) -> Terminal:
        """Enter the screen."""
        self._usual = termios.tcgetattr(self._source)
        self._take_signals()
        try:
            self._on()
        except BaseException:
            # what is half done is put back as well: nobody calls __exit__ where __enter__ fails
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it as it was found, whatever happened."""
        try:
            self._off()
        finally:
            self._give_signals_back()

    @property
    def size(self) -> tuple[int, int]:
        """Cells a line, and lines."""
        try:
            width, height = os.get_terminal_size(self._target)
        except OSError:
            return _USUAL
        return width or _USUAL[0], height or _USUAL[1]

    @property
    def has_keys(self) -> bool:
        """True where keys wait that were typed ahead."""
        return bool(self._keys) or self._is_readable(0)

    def draw(self, drawing: Drawing) -> None:
        """Show a screen; only what has changed is sent."""
        _, height = self.size
        pieces = ["\x1b[?25l"]
        for row in range(height):
            line = drawing.lines[row] if row < len(drawing.lines) else ""
            if row < len(self._lines) and self._lines[row] == line:
                continue
            # erased before it is written: a full line would lose its last letter otherwise
            pieces.append(f"\x1b[{row + 1};1H\x1b[2K{line}")
        self._lines = [*drawing.lines, *[""] * (height - len(drawing.lines))]
        if drawing.cursor is not None:
            row, column = drawing.cursor
            pieces.append(f"\x1b[{row + 1};{column + 1}H\x1b[?25h")
        self._send("".join(pieces))

    def read_key(self) -> Key | None:
        """Return the next key; None where the screen is to be drawn anew.

        Raises:
            EOFError: The terminal is gone.
        """
        while not self._keys:
            if self._noted:
                self._look_after_signals()
                return None
            # without an end: a signal wakes it up as well as a key
            seconds = _PIECES if self._reader.is_within else None
            if self._is_readable(seconds):
                self._read()
            elif not self._noted and self._reader.is_within:
                self._keys.extend(self._reader.end())
        return self._keys.popleft()

    def forget(self) -> None:
        """Send the whole screen next time, whatever stands on it."""
        self._lines = []

    @contextmanager
    def left(self) -> Iterator[None]:
        """Leave the screen to another program, and come back."""
        self._off()
        # whoever has the terminal now is stopped as usual
        before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        try:
            yield
        finally:
            signal.signal(signal.SIGTSTP, before)
            self._on()

    def suspend(self) -> None:
        """Stop the process, as Ctrl-Z does; come back when it goes on."""
        with self.left():
            # all of the job, as the terminal itself would: a wrapper must stop as well
            os.killpg(0, signal.SIGTSTP)

    def _read(self) -> None:
        # a byte at a time: what follows an `e` is the editor's
        try:
            data = os.read(self._source, 1)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        if not data:
            raise EOFError
        self._keys.extend(self._reader.feed(data))

    def _is_readable(self, seconds: float | None) -> bool:
        readable, _, _ = select.select([self._source, self._wakeup[0]], [], [], seconds)
        return self._source in readable

    def _on(self) -> None:
        raw = termios.tcgetattr(self._source)
        raw[0] &= ~(termios.IXON | termios.ICRNL | termios.INLCR | termios.IGNCR | termios.ISTRIP)
        # Ctrl-C and Ctrl-Z are keys like others: as signals they would drop the keys before them
        raw[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN)
        # read returns with the first byte, and waits for it
        raw[6] = [*raw[6]]
        raw[6][termios.VMIN], raw[6][termios.VTIME] = 1, 0
        # TCSADRAIN keeps what was typed ahead, TCSAFLUSH would lose it
        termios.tcsetattr(self._source, termios.TCSADRAIN, raw)
        self._lines = []
        self._is_on = True
        self._send(_ENTER)

    def _off(self) -> None:
        if not self._is_on:
            return
        self._is_on = False
        # a terminal that is gone needs nothing put back
        with suppress(OSError):
            self._send(_LEAVE)
        with suppress(OSError, termios.error):
            termios.tcsetattr(self._source, termios.TCSADRAIN, self._usual)

    def _send(self, text: str) -> None:
        data = text.encode(self._encoding, "backslashreplace")
        # a slow line takes a screen in pieces
        while data:
            data = data[os.write(self._target, data) :]

    def _take_signals(self) -> None:
        self._wakeup = os.pipe()
        for end in self._wakeup:
            flags = fcntl.fcntl(end, fcntl.F_GETFL)
            fcntl.fcntl(end, fcntl.F_SETFL, flags | os.O_NONBLOCK)
        self._signals[-1] = signal.set_wakeup_fd(self._wakeup[1], warn_on_full_buffer=False)
        handlers: Sequence[tuple[int, Callable[[int, FrameType | None], None]]] = (
            (signal.SIGWINCH, self._note),
            (signal.SIGCONT, self._note),
            (signal.SIGTSTP, self._note),
            (signal.SIGTERM, self._end),
            (signal.SIGHUP, self._end),
        )
        for number, handler in handlers:
            self._signals[number] = signal.signal(number, handler)

    def _give_signals_back(self) -> None:
        for number, handler in self._signals.items():
            if number < 0:
                signal.set_wakeup_fd(handler)
            else:
                # None: of a handler that isn't Python's
                signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._signals.clear()
        for end in self._wakeup:
            os.close(end)

    def _note(self, number: int, _: FrameType | None) -> None:
        # looked after between two keys: here a screen may be half drawn
        self._noted.add(number)

    def _look_after_signals(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._wakeup[0], 4096)
        noted, self._noted = self._noted, set()
        self.forget()
        if signal.SIGTSTP in noted:
            self.suspend()
        elif signal.SIGCONT in noted:
            # after SIGSTOP, which nobody can prepare for, the shell has put its own settings in place
            self._on()

    def _end(self, number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)
