"""Looking a store over: what is damaged, left behind or can't be sealed, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage import experiment_files
from pytest_llmobs.storage.layout import spool_files
from pytest_llmobs.storage.spool.recovery import recover_file
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.storage.spool.segment import Segment
    from pytest_llmobs.storage.store import Store

FindingKind = Literal["unsealed", "corrupt", "damaged", "ended_early", "temporary", "orphans"]
STALE = 3600.0
"""Seconds after which nobody writes a temporary file any more."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was found in a store."""

    kind: FindingKind
    what: str
    """A sentence."""
    remedy: str
    """What to do, a sentence."""
    needs_person: bool = True
    """False where nothing is lost or wrong if nobody does anything."""
    path: str | None = None
    """The file, where it is one."""
    ids: Sequence[str] = ()
    """What it is about, where that has ids."""


def look_over(store: Store, now: float) -> list[Finding]:
    """Seal what can be sealed, read every file, and return what was found, the worst first.

    Args:
        store: A local one.
        now: Seconds since the epoch.
    """
    store.seal()
    return [
        *_unsealed(store),
        *_damaged_runs(store),
        *_damaged_feedback(store),
        *_damaged_experiments(store),
        *_corrupt(store),
        *_ended_early(store),
        *_temporary(store, now),
    ]


def _unsealed(store: Store) -> Iterator[Finding]:
    """Find spool files whose writer is gone, and that were not sealed a moment ago all the same."""
    for folder, seal in (
        (store.layout.spool, store.seal_file),
        (store.layout.feedback_spool, store.feedback.seal),
    ):
        for path in spool_files(folder):
            reason = _why_unsealed(path, seal)
            if reason is not None:
                yield Finding(
                    kind="unsealed",
                    what=f"The spool file {str(path)!r} can't be sealed: {reason}. What it holds is read all the same.",
                    remedy="Make room on the disk and the store's folders writable, then run llmobs doctor again.",
                    path=str(path),
                )


def _why_unsealed(path: Path, seal: Callable[[Segment], int]) -> str | None:
    """Return why a file can't be sealed; None where a living process writes it, or where it has been sealed now."""
    try:
        recover_file(path, seal)
    except Exception as error:  # whatever keeps it from being sealed is what was asked for
        return str(error).partition("\n")[0].rstrip(".")
    return None


def _damaged_runs(store: Store) -> Iterator[Finding]:
    from pytest_llmobs.storage.parquet.damage import VanishedError
    from pytest_llmobs.storage.parquet.runs_file import RunsFile
    from pytest_llmobs.storage.parquet.schema import NAMES

    for path in sorted(store.layout.runs.glob("project=*/[!.]*.parquet")):
        problems: list[StoreError] = []
        try:
            file = RunsFile.open(path, leave_out=lambda place, error: problems.append(error))  # noqa: B023
            file.read(NAMES)
        except VanishedError:
            continue
        except StoreError as error:
            problems.append(error)
        for problem in problems:
            yield _damaged(path, problem)


def _damaged_feedback(store: Store) -> Iterator[Finding]:
    from pytest_llmobs.storage.feedback.parts import Part
    from pytest_llmobs.storage.feedback.schema import FEEDBACK_NAMES
    from pytest_llmobs.storage.parquet.damage import VanishedError

    for path in sorted(store.layout.feedback.glob("[!.]*.parquet")):
        try:
            Part.open(path).read(FEEDBACK_NAMES)
        except VanishedError:
            continue
        except StoreError as error:
            yield _damaged(path, error)


def _damaged_experiments(store: Store) -> Iterator[Finding]:
    for path in sorted(store.layout.experiments.glob("[!.]*.json")):
        try:
            experiment_files.read(path)
        except FileNotFoundError:
            continue
        except StoreError as error:
            yield _damaged(path, error)


def _damaged(path: Path, error: StoreError) -> Finding:
    return Finding(
        kind="damaged",
        what=str(error),
        remedy="A copy of the store may have it whole.",
        path=str(path),
    )


def _corrupt(store: Store) -> Iterator[Finding]:
    for folder in (store.layout.spool, store.layout.feedback_spool):
        for path in sorted(folder.glob("*.corrupt")):
            lines = path.read_bytes().count(b"\n")
            yield Finding(
                kind="corrupt",
                what=f"{str(path)!r} holds {count(lines, 'line')} of a spool that could not be read, or not whole.",
                remedy="Look at them, then delete that file.",
                path=str(path),
            )


def _ended_early(store: Store) -> Iterator[Finding]:
    for marked in store.ended_early:
        yield Finding(
            kind="ended_early",
            what=f"The session of {marked.name!r}, started {marked.started}, ended without a verdict: its process "
            f"{marked.process} was killed, or left by os._exit. Its finished runs are stored.",
            remedy=store.session_remedy(marked.name),
            ids=(marked.session,),
        )


def _temporary(store: Store, now: float) -> Iterator[Finding]:
    for path in sorted(store.root.rglob("*.tmp")):
        try:
            age = now - path.stat().st_mtime
        except FileNotFoundError:
            continue
        if age > STALE:
            yield Finding(
                kind="temporary",
                what=f"The temporary file {str(path)!r} was left behind {count(int(age // 3600), 'hour')} ago.",
                remedy="Delete it: whoever wrote it was killed, and nobody reads it.",
                needs_person=False,
                path=str(path),
            )
