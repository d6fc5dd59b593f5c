"""Tracing outside pytest: ``LLMOBS_TRACING=true LLMOBS_PROJECT=production`` turns the same decorators on in an app.

Runs go to the store that ``LLMOBS_STORE`` names (default: ``.llmobs`` in the current folder): spooled at once, sealed
by size and age in the background, and at exit.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_llmobs.tracing import tracer as tracing

if TYPE_CHECKING:
    from pytest_llmobs.storage.spool import Spool
    from pytest_llmobs.storage.store import Store

_stores: list[Store] = []
_spools: list[Spool] = []


def connect() -> None:
    """Say where runs go once the environment, or the code, asks for tracing. Costs nothing until then."""
    tracing.set_sink_factory(_open_spool, _instrument, _keep_media)


def flush() -> None:
    """Seal what was traced so far outside pytest, so that a reader sees it now.

    Not needed for safety: a finished run is on disk before the traced call returns.
    """
    for spool in _spools:
        spool.rotate()
        spool.seal_retired()


def _open_spool() -> Spool:
    from pytest_llmobs.storage.rotation import Rotation
    from pytest_llmobs.storage.store import Store

    store = Store(os.environ.get("LLMOBS_STORE", ".llmobs"))
    spool = store.spool(rotation=Rotation())
    _stores.append(store)
    _spools.append(spool)
    return spool


def _keep_media(name: str, data: bytes) -> str | None:
    return _stores[-1].keep_media(name, data)


def _instrument(_tracer: tracing.Tracer) -> None:
    from pytest_llmobs.extensions import Extensions, standalone_manager
    from pytest_llmobs.providers.imports import instrument_on_import

    instrument_on_import(Extensions(standalone_manager()).providers)
