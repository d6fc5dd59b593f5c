"""The reviewer's own editor: ``$VISUAL`` or ``$EDITOR`` over a private file that is gone afterwards."""

from __future__ import annotations

import shlex
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.files import PRIVATE, read_text, write_whole

_VARIABLES = ("VISUAL", "EDITOR")
_LOOK_UP = 30.0
"""Seconds between two signs of life while somebody edits: a lease ends after minutes."""


@dataclass(frozen=True)
class Editor:
    """A command that edits a file."""

    words: Sequence[str]
    variable: str
    """The environment variable that names it."""

    def edit(self, text: str, suffix: str, keep_alive: Callable[[], None] = lambda: None) -> str:
        """Let a person edit a text, and return what came of it.

        Args:
            text: What they begin with.
            suffix: The end of the file's name: ``.md``.
            keep_alive: Called now and then until they are done.

        Raises:
            SettingsError: The editor can't be started, fails, or leaves no text in UTF-8.
        """
        # a folder of our own: what editors leave beside a file goes with it
        with tempfile.TemporaryDirectory(prefix="llmobs-") as folder:
            file = Path(folder) / f"answer{suffix}"
            write_whole(file, text, mode=PRIVATE, durable=False)
            self._run(file, keep_alive)
            try:
                edited = read_text(file)
            except (OSError, ValueError) as error:
                raise SettingsError(f"{self._named} left no text that can be read: {error}.") from None
        # most editors end the last line, though it wasn't ended
        if edited.endswith("\n") and not text.endswith("\n"):
            edited = edited.removesuffix("\n").removesuffix("\r")
        return edited

    @property
    def _named(self) -> str:
        return f"{shlex.join(self.words)!r} (${self.variable})"

    def _run(self, file: Path, keep_alive: Callable[[], None]) -> None:
        with _signals_of_the_editor():
            try:
                process = subprocess.Popen([*self.words, str(file)])
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or error
                raise SettingsError(f"{self._named} can't be started: {reason}.") from None
            status = _waited(process, keep_alive)
        if status < 0:
            raise SettingsError(f"{self._named} was ended by signal {-status}: the answer stays as it was.")
        if status:
            raise SettingsError(f"{self._named} ended with exit status {status}: the answer stays as it was.")


def find_editor(environ: Mapping[str, str]) -> Editor | None:
    """Return the editor that the environment names, None where it names none.

    Raises:
        SettingsError: It is no command line.
    """
    for name in _VARIABLES:
        line = environ.get(name, "").strip()
        if not line:
            continue
        try:
            return Editor(shlex.split(line), name)
        except ValueError as error:
            raise SettingsError(f"${name} is {line!r}, which is no command line: {error}.") from None
    return None


def _waited(process: subprocess.Popen[bytes], keep_alive: Callable[[], None]) -> int:
    while True:
        try:
            return process.wait(_LOOK_UP)
        except subprocess.TimeoutExpired:
            keep_alive()


@contextmanager
def _signals_of_the_editor() -> Iterator[None]:
    """Leave Ctrl-C to the editor, which shares the terminal; a handler isn't inherited, what is ignored would be."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
