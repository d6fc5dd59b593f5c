"""Erasing what was found: file by file, each replaced in one step."""

from __future__ import annotations

from pytest_llmobs.storage.erasure.found import Erased, Found, Progress
from pytest_llmobs.storage.store import Store


def erase(store: Store, found: Found, *, progress: Progress | None = None) -> Erased:
    """Take runs, the feedback about them, and the images that only they name, out of a store.

    Only files that hold something of them are rewritten, in the order of their rows; readers see the old or the new
    one. Whatever was killed in the middle, a second call finishes. Sealing, merging, and other erasures may go on.

    Args:
        store: On this machine, or a ``RemoteStore``.
        found: From ``finding``; files that were merged since are found by themselves.
        progress: Told after each file.

    Raises:
        OSError: The disk refuses; no run is lost but those that were to go.
        StoreError: The store can't be reached or written, or another erasure is at work in a remote one.
    """
    raise NotImplementedError
