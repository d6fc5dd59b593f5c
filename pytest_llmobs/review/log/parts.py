"""Append-only logs: a folder of JSON lines, one file a process, so that any number write without a lock."""

from __future__ import annotations

import errno
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import encodable, open_private


def make_below(folder: Path, name: str) -> Path:
    """Return a folder below a queue's, made where it isn't there yet, for its owner alone.

    Nothing is made of a queue that is gone: it was renamed or deleted, and must not come back as an empty folder.

    Raises:
        FileNotFoundError: The queue's folder is gone.
        StoreError: The disk refuses.
    """
    path = folder / name
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        pass
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(f"Can't write to {str(folder)!r}: {error.strerror or error}.") from error
    return path


class LogPart:
    """The file to which one process appends."""

    def __init__(self) -> None:
        """Choose no name yet: a forked child gets one of its own."""
        self._process = 0
        self._name = ""
        self._torn = False
        """True where the disk has taken a part of a line."""

    def append(self, folder: Path, lines: Iterable[Mapping[str, Any]]) -> None:
        """Append lines in one write, to the end of this process's file in a folder.

        Raises:
            FileNotFoundError: The queue was renamed or deleted meanwhile.
            StoreError: The disk refuses.
        """
        if self._process != os.getpid():
            self._process = os.getpid()
            self._name = f"{self._process}-{secrets.token_hex(6)}.jsonl"
            self._torn = False
        content = encodable("".join(map(_line, lines))).encode()
        try:
            with open(folder / self._name, "ab", buffering=0, opener=open_private) as file:
                if self._torn:  # what stands there must not swallow the next line
                    content = b"\n" + content
                written = file.write(content)
                self._torn = written < len(content)
                if self._torn:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreError(f"Can't write to {str(folder)!r}: {error.strerror or error}.") from error


def _line(event: Mapping[str, Any]) -> str:
    return f"{json.dumps(event, ensure_ascii=False)}\n"
