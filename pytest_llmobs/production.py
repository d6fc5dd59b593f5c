"""Tracing outside pytest: ``LLMOBS_TRACING=true LLMOBS_PROJECT=production`` turns the same decorators on in an app.

Runs go to the store that ``LLMOBS_STORE`` names (default: ``.llmobs`` in the current folder): spooled at once, sealed
by size and age in the background, and at exit.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.tracing import tracer as tracing

if TYPE_CHECKING:
    from pytest_llmobs.storage.spool import Spool

_spools: list[Spool] = []


def connect() -> None:
    """Say where runs go once the environment, or the code, asks for tracing. Costs nothing until then."""
    tracing.set_sink_factory(_open_spool, _instrument)


def flush() -> None:
    """Seal what was traced so far outside pytest, so that a reader sees it now.

    Not needed for safety: a finished run is on disk before the traced call returns.
    """
    for spool in _spools:
        spool.rotate()
        spool.seal_retired()


def store_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder that ``LLMOBS_STORE`` names; absolute, since a daemon may change its own folder later.

    Raises:
        SettingsError: It is a URI.
    """
    named = environ.get("LLMOBS_STORE", "").strip() or ".llmobs"
    if "://" in named:
        raise SettingsError(
            f"LLMOBS_STORE is {named!r}; it must be a folder of this machine, where a run is kept before its call "
            "returns. `llmobs upload` copies what is there to an object store."
        )
    return Path(named).expanduser().absolute()


def _open_spool() -> Spool:
    from pytest_llmobs.storage.rotation import Rotation
    from pytest_llmobs.storage.store import Store

    spool = Store(store_folder(os.environ)).spool(rotation=Rotation())
    _spools.append(spool)
    return spool


def _instrument(_tracer: tracing.Tracer) -> None:
    from pytest_llmobs.extensions import Extensions, standalone_manager
    from pytest_llmobs.providers.imports import instrument_on_import
    from pytest_llmobs.providers.pools import POOLS

    instrument_on_import([*Extensions(standalone_manager()).providers, *POOLS])
