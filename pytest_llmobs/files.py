"""Files: the one way in which a file is written whole and read whole, and the lock around what is rewritten.

What is read was written by somebody: it may be cut short, huge, a folder or a pipe. A spool, which is appended to, and
Parquet, which Arrow writes, have their own ways in ``storage``.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

PRIVATE = 0o600
"""Mode of a file that only its owner may read."""
SHARED = 0o644
"""Mode of a file that is committed: readable by all."""
_STREAMS = {"stdout": 1, "stderr": 2}
_OPEN_FILE = re.compile(r"/dev/(stdout|stderr)|/(?:dev|proc/self)/fd/([0-9]{1,9})")
_PIECE = 1 << 20
"""Bytes copied at once: a session of a million runs leaves one file of hundreds of megabytes."""
_SHA256 = hashlib.sha256()
"""Of nothing, and never updated."""
MOST_BYTES = 1 << 30
"""Bytes of a file that is read whole; a larger one was written by nobody here."""


def write_whole(
    path: Path, content: str | bytes | Iterable[str | bytes], *, mode: int = SHARED, durable: bool = True
) -> None:
    """Write a file in one step: a crash, or a reader at any moment, sees the old one or the new one.

    The temporary file beside it has a name of its own, so that several processes and threads may write one path; the
    last of them wins.

    A pipe, a device, or what stands for a file that is open already (``/dev/stdout``) is written to as it is.

    Args:
        path: The file; its folder must exist.
        content: All of it. Text is written as UTF-8 (see ``encodable``), its line breaks as they are, pieces one after
            the other.
        mode: The file's permissions.
        durable: Wait until the content is on the disk (about 0.3 ms), so that it survives a power cut and not only
            a crash of the process.

    Raises:
        OSError: The folder can't be written.
    """
    if is_special(path):
        _write_into(path, content)
        return
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for piece in _encoded(content):
                file.write(piece)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def is_special(path: Path) -> bool:
    """Tell whether a path is a pipe, a device, an open file or a folder: no file may take its place.

    One that can't be looked at is none, as writing will say.
    """
    if open_file_of(path) is not None:
        return True
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def open_file_of(path: Path) -> int | None:
    """Return the number of the open file that a path stands for: 1 for ``/dev/stdout``; None for any other path.

    Such a path is a link. Where the output goes to a file it leads to a regular one, and a file that takes its place
    would be in the way of every process of the machine.
    """
    match = _OPEN_FILE.fullmatch(os.path.normpath(path))
    if match is None:
        return None
    return _STREAMS[match[1]] if match[1] else int(match[2])


def _write_into(path: Path, content: str | bytes | Iterable[str | bytes]) -> None:
    opened = open_file_of(path)
    if opened is not None and sys.stdout is not None:
        sys.stdout.flush()  # what was printed before comes first
    with path.open("wb") if opened is None else os.fdopen(os.dup(opened), "wb") as file:
        for piece in _encoded(content):
            file.write(piece)


def _encoded(content: str | bytes | Iterable[str | bytes]) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
    elif isinstance(content, str):
        yield encodable(content).encode()
    else:
        for piece in content:
            yield from _encoded(piece)


def move_whole(source: Path, target: Path) -> None:
    """Rename a finished file, or copy it whole where the target's folder lies on another device; the source is gone.

    Raises:
        OSError: The disk refuses; the source is still there.
    """
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy_whole(source, target, mode=stat.S_IMODE(source.stat().st_mode))
        source.unlink()


def copy_whole(source: Path, target: Path, *, mode: int) -> None:
    """Copy a file that nobody writes to any more, in one step.

    Raises:
        OSError: The disk refuses.
    """
    with source.open("rb") as file:
        write_whole(target, iter(partial(file.read, _PIECE), b""), mode=mode)


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that don't exist, for its owner alone, whatever the umask.

    Raises:
        OSError: The disk refuses, or a file stands in the way.
    """
    if not folder.is_dir():
        if not folder.parent.exists():
            make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def open_private(path: str | os.PathLike[str], flags: int) -> int:
    """Open a file as ``open`` would, one that is made now for its owner alone: an ``opener`` for ``open``."""
    return os.open(path, flags, PRIVATE)


def encodable(text: str) -> str:
    """Return text that UTF-8 has a form for: halves of a character that stand alone become the mark for lost ones.

    Models and datasets bring such halves: an emoji that was cut in its middle. A pair of halves becomes
    the character that it stands for.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def text_hash(text: str) -> str:
    """Return the 64 hex digits of a text's SHA-256, also where halves of characters stand alone in it."""
    # a copy is made in half the time that finding the algorithm again takes
    digest = _SHA256.copy()
    digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """Return a file's content.

    Args:
        path: The file. A pipe or a device in its place is refused, rather than waited for.
        most: Bytes that it may have.

    Raises:
        FileNotFoundError: There is none.
        OSError: It can't be read, is no file, or has more bytes.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no file")
        if status.st_size > most:
            raise OSError(errno.EFBIG, f"it has {status.st_size:,} bytes, and {most:,} at most are read")
        with open(descriptor, "rb", closefd=False) as file:
            # not ``most`` at once: Python would first lay out that much memory
            content = file.read(status.st_size + 1)
            if len(content) > status.st_size:  # it has grown, or its size says nothing
                content += file.read(most - len(content))
            return content
    finally:
        os.close(descriptor)


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """Return a file's text, its line breaks as they are; what an editor put before it to mark UTF-8 is left out.

    Raises:
        OSError: See ``read_bytes``.
        ValueError: It is no UTF-8.
    """
    return read_bytes(path, most).decode("utf-8-sig")


def display_path(path: Path) -> str:
    """Return ``path`` as the user would type it: relative to the current folder where it lies below it."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except (OSError, ValueError):  # the current folder may be gone
        return path.as_posix()


def parse_json(text: str | bytes, **hooks: Any) -> Any:
    """Return what JSON text holds.

    Args:
        text: The JSON.
        **hooks: For ``json.loads``.

    Raises:
        ValueError: It is no JSON, has a number of thousands of digits, is nested too deep, or takes more memory than
            there is.
    """
    try:
        return json.loads(text, **hooks)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except MemoryError:
        raise ValueError("it takes more memory than there is") from None


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object, as ``object_pairs_hook``: of two values of one key nobody knows which one counts.

    Raises:
        ValueError: A key is there twice.
    """
    once = dict(pairs)
    if len(once) < len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = next(name for name in times if times[name] > 1)
        raise ValueError(f"{twice!r} is there twice")
    return once


def refuse_constant(name: str) -> Any:
    """Refuse ``NaN`` and ``Infinity``, as ``parse_constant``: Python reads them, and no other parser of JSON does.

    Raises:
        ValueError: Always.
    """
    raise ValueError(f"{name} is no number of JSON")


@contextmanager
def locked(path: Path, seconds: float = -1.0) -> Iterator[None]:
    """Hold the lock of a file that is about to be rewritten, waiting for whoever holds it.

    The lock file lies in the temporary folder: the file's own folder may be committed.

    Args:
        path: The file.
        seconds: How long to wait; negative: for ever.

    Raises:
        OSError: The lock can't be made, or somebody held it for longer (``TimeoutError``).
    """
    from filelock import FileLock  # 61 ms that only a rewrite needs

    owner = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    key = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:24]
    with FileLock(Path(tempfile.gettempdir()) / f"pytest-llmobs-{owner}-{key}.lock", timeout=seconds):
        yield
