"""Files: the one way in which a file is written whole, and the lock around what is rewritten.

A spool, which is appended to, and Parquet, which Arrow writes, have their own ways in ``storage``.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE = 0o600
"""Mode of a file that only its owner may read."""
SHARED = 0o644
"""Mode of a file that is committed: readable by all."""


def write_whole(
    path: Path, content: str | bytes | Iterable[str | bytes], *, mode: int = SHARED, durable: bool = True
) -> None:
    """Write a file in one step: a crash, or a reader at any moment, sees the old one or the new one.

    The temporary file beside it has a name of its own, so that several processes and threads may write one path; the
    last of them wins.

    Args:
        path: The file; its folder must exist.
        content: All of it. Text is written as UTF-8, its line breaks as they are, pieces one after the other.
        mode: The file's permissions.
        durable: Wait until the content is on the disk (about 0.3 ms), so that it survives a power cut and not only
            a crash of the process.

    Raises:
        OSError: The folder can't be written.
    """
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


def _encoded(content: str | bytes | Iterable[str | bytes]) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
    elif isinstance(content, str):
        yield content.encode()
    else:
        for piece in content:
            yield from _encoded(piece)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file that is about to be rewritten, waiting for whoever holds it.

    The lock file lies in the temporary folder: the file's own folder may be committed.
    """
    from filelock import FileLock  # 61 ms that only a rewrite needs

    owner = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    key = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:24]
    with FileLock(Path(tempfile.gettempdir()) / f"pytest-llmobs-{owner}-{key}.lock"):
        yield
