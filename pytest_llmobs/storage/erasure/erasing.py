"""Erasing what was found: file by file, each replaced in one step."""

from __future__ import annotations

import gc
from collections.abc import Hashable
from pathlib import PurePath

import pyarrow as pa
from pyarrow.fs import LocalFileSystem

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.erasure import media
from pytest_llmobs.storage.erasure.doomed import Doomed, DoomedEvents, DoomedRuns
from pytest_llmobs.storage.erasure.feedback import unsealed_about
from pytest_llmobs.storage.erasure.found import Erased, Found, Progress, Rewritten
from pytest_llmobs.storage.erasure.ids import Ids
from pytest_llmobs.storage.erasure.opened import OpenParquet
from pytest_llmobs.storage.erasure.places import Place
from pytest_llmobs.storage.erasure.plans import Plan
from pytest_llmobs.storage.erasure.rewriting import Shortened, digest, shorten
from pytest_llmobs.storage.erasure.sources import NamedEvents, named_in
from pytest_llmobs.storage.erasure.stores import place_of
from pytest_llmobs.storage.parquet.damage import VanishedError
from pytest_llmobs.storage.parquet.listing import PATIENCE
from pytest_llmobs.storage.parquet.sought import Sought
from pytest_llmobs.storage.store import Store

_State = tuple[Hashable, bool]
"""What changes where a file has to be looked at again: its signature, and whether it is settled."""


def erase(store: Store, found: Found, *, progress: Progress | None = None) -> Erased:
    """Take runs, the feedback about them, and the images that only they name, out of a store.

    Only files that hold something of them are rewritten, in the order of their rows; readers see the old or the new
    one. Whatever was killed in the middle, the next ``find_runs`` or ``find_old`` finds again, and a second call
    finishes. Sealing, merging, and other erasures may go on.

    Args:
        store: On this machine, or a ``RemoteStore``.
        found: From ``finding``; files that were merged since are found by themselves.
        progress: Told after each file.

    Raises:
        OSError: The disk refuses; no run is lost but those that were to go.
        StoreError: The store can't be reached or written, or another erasure is at work in a remote one.
    """
    if found.is_empty:
        return Erased()
    place = place_of(store)
    place.begin()
    erasing = _Erasing(place, found, progress)
    with place.announced(Plan.of(found)):
        erasing.run()
    return erasing.erased()


def find_names(store: Store, events: NamedEvents) -> dict[str, int]:
    """Return the files of feedback whose sources name a person, by their paths below the root, and how many events do.

    Args:
        store: On this machine, or a ``RemoteStore``.
        events: Which name the person.

    Raises:
        StoreError: The store can't be reached.
    """
    place = place_of(store)
    for _ in range(PATIENCE - 1):
        try:
            return named_in(place, events)
        except VanishedError:
            continue
    return named_in(place, events)


def take_names(store: Store, events: NamedEvents) -> None:
    """Take a person's name out of feedback, of which every event stays. Others may seal and merge meanwhile.

    Args:
        store: On this machine, or a ``RemoteStore``.
        events: Which name the person.

    Raises:
        OSError: The disk refuses; nothing is lost.
        StoreError: The store can't be reached or written, or another erasure is at work in a remote one.
    """
    place = place_of(store)
    place.begin()
    with place.announced(Plan()):
        _Erasing(place, Found(), None).erase_rows("feedback/*.parquet", events)


def _give_memory_back() -> None:
    """Let go of files that were closed and of what they took: of hundreds of them, what each leaves behind adds up."""
    # Arrow's files refer to themselves, and a command has the collector run rarely; young objects alone take no time.
    gc.collect(1)
    pa.default_memory_pool().release_unused()


class _Erasing:
    """One erasure."""

    def __init__(self, place: Place, found: Found, progress: Progress | None) -> None:
        self._place, self._found, self._progress = place, found, progress
        self._run_ids = Ids(found.run_ids)
        self._looked: dict[str, _State] = {}
        self._rewritten: list[Rewritten] = []
        self._unsealed: dict[str, int] = {}
        self._unreadable: dict[str, str] = {}

    def run(self) -> None:
        # what looking has left behind, before rewriting takes as much again
        _give_memory_back()
        # Living processes may seal at any moment: what a spool no longer holds then is among the sealed files after.
        self._unsealed = {**self._unsealed_runs(), **unsealed_about(self._place, self._found.run_ids)}
        # Runs after what hangs on them: whoever looks meanwhile sees no rating of a run that isn't there.
        self.erase_rows("feedback/*.parquet", DoomedEvents(self._run_ids))
        self.erase_rows("runs/*/*.parquet", DoomedRuns(self._run_ids))
        self._erase_media()

    def erased(self) -> Erased:
        counts = {"runs": 0, "feedback": 0, "media": 0}
        for file in self._rewritten:
            folder = PurePath(file.file).parts[0]
            counts[folder] += file.removed or folder == "media"
        return Erased(
            files=tuple(sorted(self._rewritten, key=lambda file: file.file)),
            unsealed=dict(sorted(self._unsealed.items())),
            unreadable=dict(sorted(self._unreadable.items())),
            **counts,
        )

    def _unsealed_runs(self) -> dict[str, int]:
        unsealed: dict[str, int] = {}
        for source in self._place.unsealed():
            parts = source.parts(Sought.of(None))
            ids = source.matching(parts, ["id"], Sought.of(None))["id"]
            runs = sum(self._run_ids.among(ids).to_pylist())
            if runs:
                unsealed[self._place.key(source.path)] = runs
        return unsealed

    def erase_rows(self, pattern: str, doomed: Doomed) -> None:
        """Look at each file until none has changed since it was looked at: others seal and merge meanwhile."""
        while True:
            keys = self._listed(pattern)
            pending = [key for key in keys if self._looked.get(key) != self._state(key)]
            if not pending:
                return
            for key in pending:
                self._looked[key] = self._erase_from(key, doomed)
                _give_memory_back()
                if self._progress is not None:
                    self._progress(len(self._looked), len(self._looked.keys() | set(keys)))

    def _listed(self, pattern: str) -> list[str]:
        # While files are merged, a listing may miss both what is deleted and what replaces it.
        with self._place.alone(pattern):
            return self._place.keys(pattern)

    def _state(self, key: str) -> _State:
        settled = self._place.is_settled(key)
        return self._place.signature(key), settled

    def _erase_from(self, key: str, doomed: Doomed) -> _State:
        """Rewrite a file if it holds rows that go; return its state afterwards."""
        with self._place.alone(key):
            try:
                # Sealing may be about to write an unsettled one again: what it holds is in its spool file.
                while self._place.is_settled(key) and not self._is_clean(key, doomed):
                    continue
            except VanishedError:
                pass
            except StoreError as error:
                self._unreadable[key] = str(error)
            return self._state(key)

    def _is_clean(self, key: str, doomed: Doomed) -> bool:
        """Rewrite a file if it holds rows that go; return False where somebody else has replaced it meanwhile."""
        before = self._place.signature(key)
        opened = OpenParquet.open(self._place.path(key), self._place.files, doomed.kind)
        if not doomed.count(opened):
            return True
        shortened = shorten(opened, doomed, self._place.temporary(key))
        try:
            # Where there are no locks, another erasure may have come first.
            if self._place.signature(key) != before:
                return False
            self._put(key, shortened)
            return True
        finally:
            shortened.writer.clean()

    def _put(self, key: str, shortened: Shortened) -> None:
        before = digest(self._place.files, self._place.path(key))
        after = None
        if shortened.writer.rows:
            after = digest(LocalFileSystem(), shortened.writer.path)
            self._place.replace(key, shortened.writer.path)
        else:
            self._place.delete(key)
        self._rewritten.append(Rewritten(key, shortened.removed, before, after))

    def _erase_media(self) -> None:
        for name in sorted(self._unnamed()):
            # Deleted and never written anew: two who keep one image share the file.
            key = f"media/{name}"
            before = digest(self._place.files, self._place.path(key))
            self._place.delete(key)
            self._rewritten.append(Rewritten(key, 0, before, None))

    def _unnamed(self) -> frozenset[str]:
        """Look once more which images nothing else names: something may have been logged since they were found."""
        for _ in range(PATIENCE - 1):
            try:
                return media.unnamed(self._place, self._found.media, self._found.run_ids)
            except VanishedError:
                continue
        return media.unnamed(self._place, self._found.media, self._found.run_ids)
