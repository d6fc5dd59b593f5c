"""Which place a store has its files in."""

from __future__ import annotations

from pytest_llmobs.storage.erasure.places import LocalPlace, Place
from pytest_llmobs.storage.store import Store


def place_of(store: Store) -> Place:
    """Return where a store's files lie, and how they are replaced there."""
    if store.is_local:
        return LocalPlace(store)
    from pytest_llmobs.storage.erasure.distant import RemotePlace
    from pytest_llmobs.storage.remote.store import RemoteStore

    assert isinstance(store, RemoteStore)
    return RemotePlace(store)
