"""Which runs are to go: those of a user with what lies below them, and those of traces that are too old."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pytest_llmobs.storage.erasure.found import Found, Held
from pytest_llmobs.storage.store import Store


def find_runs(
    store: Store, keys: Sequence[str], user: str, *, held: Held | None = None, whole_traces: bool = False
) -> Found:
    """Return the runs of a user, and everything below them in their traces: in whatever file, sealed or not.

    Args:
        store: On this machine, or a ``RemoteStore``.
        keys: Keys of metadata, such as ``user_id``: a run is the user's where one of them has the value ``user``.
        user: The user's id. A whole number in the metadata counts as its digits.
        held: Tells which traces a rule keeps; they are counted in ``Found.kept``.
        whole_traces: Take the whole of each trace; otherwise what lies above the user's runs, or beside them, stays.

    Raises:
        StoreError: The store can't be reached.
    """
    raise NotImplementedError


def find_old(
    store: Store, before: datetime, projects: Sequence[str] | None = None, *, held: Held | None = None
) -> Found:
    """Return the runs of all traces whose root started before a time; of one without a root, whose first run did.

    Args:
        store: On this machine, or a ``RemoteStore``.
        before: Aware.
        projects: Only the runs of these; None for all.
        held: Tells which traces a rule keeps; they are counted in ``Found.kept``.

    Raises:
        StoreError: The store can't be reached.
    """
    raise NotImplementedError
