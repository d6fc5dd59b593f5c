"""Finding one run by its id, or by how its id begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import pyarrow.compute as pc

from pytest_llmobs.errors import StoreError
from pytest_llmobs.records.runs import Run
from pytest_llmobs.storage.parquet import query
from pytest_llmobs.storage.parquet.file import RunsFile, VanishedError
from pytest_llmobs.storage.parquet.rows import to_runs
from pytest_llmobs.storage.parquet.schema import NAMES

WHOLE = 36
"""Letters of an id."""
SHORTEST = 6
"""Letters that may stand for a whole id."""


def find_run(folders: Sequence[Path], id: str) -> Run:
    """Return the run whose id is, or begins with, ``id``, without children.

    Args:
        folders: The projects to look in.
        id: A whole id, or its first letters.

    Raises:
        StoreError: No run has that id, or several begin so.
    """
    if len(id) < SHORTEST:
        raise StoreError(f"{id!r} is too short for a run's id. Give its first {SHORTEST} letters at least.")
    whole = len(id) >= WHOLE
    where = pc.field("id") == id if whole else pc.starts_with(pc.field("id"), id)
    found = _search(folders, where, whole)
    if len(found) == 1:
        return found[0]
    if not found:
        raise StoreError(f"No run has the id {id!r}. `llmobs runs` lists what the store holds.")
    raise StoreError(f"Several runs' ids begin with {id!r}: {', '.join(sorted(run.id for run in found))}.")


def _search(folders: Sequence[Path], where: pc.Expression, whole: bool) -> list[Run]:
    for _ in range(query.PATIENCE):
        # A file that is merged meanwhile vanishes: look again, its runs lie elsewhere now.
        with suppress(VanishedError):
            return list(_matches(folders, where, whole))
    return list(_matches(folders, where, whole))


def _matches(folders: Sequence[Path], where: pc.Expression, whole: bool) -> Iterator[Run]:
    # Newest first and one by one: what people look for is mostly young, and a store may have thousands of files.
    for path in reversed(query.find_files(folders)):
        found = list(query.scan(partial(_alone, path), NAMES, where, limit=5))
        for table in found:
            yield from to_runs(table)
        if whole and found:
            return


def _alone(path: Path) -> list[RunsFile]:
    return [RunsFile.open(path)]


def descendants(run: Run, family: Sequence[Run]) -> list[Run]:
    """Return the runs of the trace ``family`` that lie below ``run``, in the order of ``family``."""
    below = {run.id}
    # A parent starts before its children, but their clocks may differ: repeat until nothing is added.
    while True:
        found = {member.id for member in family if member.parent_id in below} | {run.id}
        if found <= below:
            return [member for member in family if member.id in below and member.id != run.id]
        below |= found
