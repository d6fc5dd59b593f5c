"""Finding one run by its id, or by how its id begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from pytest_llmobs.errors import NotFoundError, StoreError
from pytest_llmobs.records.runs import Run
from pytest_llmobs.storage.parquet.damage import VanishedError
from pytest_llmobs.storage.parquet.listing import PATIENCE
from pytest_llmobs.storage.parquet.parts import Source
from pytest_llmobs.storage.parquet.query import Listing
from pytest_llmobs.storage.parquet.sought import PROJECT, Sought
from pytest_llmobs.wording import listed

WHOLE = 36
"""Letters of an id."""
SHORTEST = 6
"""Letters that may stand for a whole id."""
_SHOWN = 5
"""Matches that a message names at most."""
WHERE_IDS_STAND = (
    "`llmobs runs` lists the runs. `llmobs show EXPERIMENT` names those of examples that broke, with --json those "
    "of all trials (run_id); `llmobs experiments` lists the experiments."
)
"""How a user gets at ids."""


class UnknownRunError(NotFoundError):
    """No run has the id that was asked for, nor one that begins so."""


@dataclass(frozen=True)
class FoundRun:
    """Where a run is."""

    id: str
    trace_id: str
    project: str


def find_run(listing: Listing, id: str, missing: str) -> FoundRun:
    """Return the run whose id is, or begins with, ``id``.

    Args:
        listing: Lists where to look.
        id: A whole id, or its first letters.
        missing: The message where there is none.

    Raises:
        UnknownRunError: No run has that id.
        StoreError: Several begin so, or it is too short.
    """
    if len(id) < SHORTEST:
        raise StoreError(f"{id!r} is too short for a run's id. Give its first {SHORTEST} letters at least.")
    sought = Sought.of_text("id", id, is_whole=is_whole(id))
    for _ in range(PATIENCE - 1):
        try:
            return _only(_search(listing(), sought, is_whole(id)), id, missing)
        except VanishedError:  # merged meanwhile: its runs lie elsewhere now
            continue
    return _only(_search(listing(), sought, is_whole(id)), id, missing)


def is_whole(id: str) -> bool:
    """Return True where one run at most can have the id."""
    return len(id) >= WHOLE


def _search(sources: Sequence[Source], sought: Sought, first_is_enough: bool) -> list[pa.Table]:
    tables: list[pa.Table] = []
    # The newest first: what people look for is mostly young.
    for source in reversed(sources):
        parts = source.parts(sought)
        if not parts:
            continue
        table = source.matching(parts, ["id", "trace_id", PROJECT], sought)
        if len(table):
            tables.append(table)
            if first_is_enough:
                break
    return tables


def _only(tables: Sequence[pa.Table], id: str, missing: str) -> FoundRun:
    found: dict[str, FoundRun] = {}
    for table in tables:
        for row in table.to_pylist():
            found.setdefault(row["id"], FoundRun(**row))
    if not found:
        raise UnknownRunError(missing)
    if len(found) > 1:
        raise StoreError(
            f"Several runs' ids begin with {id!r}: {listed(sorted(found), _SHOWN)}. Give more of the one you mean."
        )
    (run,) = found.values()
    return run


def descendants(run: Run, family: Sequence[Run]) -> list[Run]:
    """Return the runs of the trace ``family`` that lie below ``run``, in the order of ``family``."""
    ids = {run.id}
    # A parent starts before its children, but their clocks may differ: repeat until nothing is added.
    grown = True
    while grown:
        grown = False
        for member in family:
            if member.parent_id in ids and member.id not in ids:
                ids.add(member.id)
                grown = True
    return [member for member in family if member.id in ids and member.id != run.id]
