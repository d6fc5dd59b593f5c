"""Sessions that are under way: a marker each, locked for as long as its process lives.

So two of one name don't overwrite each other, and whoever opens the store next learns of one that was killed, or ended
by ``os._exit``, before it came to a verdict.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import make_private, open_private, parse_json
from pytest_llmobs.storage import locks
from pytest_llmobs.storage.layout import Layout, escape

_PATIENCE = 1.0
"""Seconds after which a marker is held by a session, and not just by somebody who looks at it."""
_POLL = 0.02
"""Seconds between two attempts."""
_MOST = 1 << 16
"""Bytes of a marker."""


@dataclass(frozen=True)
class MarkedSession:
    """What a marker says."""

    name: str
    """The experiment's name; a shard's ends in ``.shard-I-of-N``."""
    session: str
    """A UUID's hex digits."""
    started: str
    """ISO 8601, UTC."""
    process: int
    """Its number on its machine."""


class SessionMarker:
    """The marker of this process's own session."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """Wrap a marker that is open, locked and written; use ``begin``."""
        self._path, self._descriptor = path, descriptor

    def end(self) -> None:
        """Remove it: the session has come to a verdict, or to none that anybody waits for."""
        self._path.unlink(missing_ok=True)
        locks.let_go(self._descriptor)


def begin(
    layout: Layout, marked: MarkedSession, *, sleep: Callable[[float], object] = time.sleep
) -> SessionMarker | None:
    """Mark a session as begun; return None where another one of that name is under way.

    Args:
        layout: The store's; it exists.
        marked: The session.
        sleep: Waits, in seconds.

    Raises:
        StoreError: The disk refuses.
    """
    path = _marker(layout, marked.name)
    try:
        return _begin(path, marked, sleep)
    except OSError as error:
        raise StoreError(
            f"Can't note in {str(path)!r} that {marked.name!r} has begun: {error.strerror or error}. Make room there, "
            "or make it writable, or choose another store (LLMOBS_STORE, --llm-store)."
        ) from error


def is_marked(layout: Layout, name: str) -> bool:
    """Return True where a session of that name is under way, once ``ended_early`` has looked."""
    return _marker(layout, name).exists()


def _begin(path: Path, marked: MarkedSession, sleep: Callable[[float], object]) -> SessionMarker | None:
    make_private(path.parent)
    waited = 0.0
    while waited < _PATIENCE:
        descriptor = open_private(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
        if _is_ours(descriptor):
            locks.hold(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(asdict(marked)).encode(), 0)
            return SessionMarker(path, descriptor)
        os.close(descriptor)
        sleep(_POLL)
        waited += _POLL
    return None


def ended_early(layout: Layout) -> list[MarkedSession]:
    """Return the sessions whose process is gone and that came to no verdict, each once: their markers are removed."""
    markers = sorted(_folder(layout).glob("[!.]*.json"))
    return list(filter(None, map(_take_abandoned, markers)))


def living_sessions(layout: Layout) -> set[str]:
    """Return the ids of the sessions that are under way, once ``ended_early`` has looked."""
    ids = set()
    for path in _folder(layout).glob("[!.]*.json"):
        try:
            ids.add(str(parse_json(path.read_bytes())["session"]))
        except (OSError, ValueError, LookupError, TypeError):  # it has ended, or is being made
            continue
    return ids


def _take_abandoned(path: Path) -> MarkedSession | None:
    """Remove the marker of a process that is gone, and return what it says; None for any other."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:  # it has ended meanwhile, or is not ours to look at
        return None
    try:
        if not locks.claim(descriptor):
            return None
        marked = _read(descriptor)
        if marked is not None:
            path.unlink(missing_ok=True)
        return marked
    except OSError:  # without locks nobody knows whether its process lives
        return None
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> MarkedSession | None:
    """Return what a marker says; None for one that is being made, or damaged."""
    try:
        return MarkedSession(**parse_json(os.pread(descriptor, _MOST, 0)))
    except (ValueError, TypeError):
        return None


def _is_ours(descriptor: int) -> bool:
    """Lock a marker; return False where somebody else has it, or has removed it since it was opened."""
    try:
        owned = locks.claim(descriptor)
    except OSError as error:
        if not locks.missing(error):
            raise
        owned = True
    return owned and os.fstat(descriptor).st_nlink > 0


def _marker(layout: Layout, name: str) -> Path:
    return _folder(layout) / f"{escape(name)}.json"


def _folder(layout: Layout) -> Path:
    return layout.root / "unfinished"
