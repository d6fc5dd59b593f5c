"""Finding one run by its id, or by how its id begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from operator import attrgetter
from pathlib import Path

import pyarrow.compute as pc

from pytest_llmobs.errors import NotFoundError, StoreError
from pytest_llmobs.records.runs import Run
from pytest_llmobs.storage.parquet import query
from pytest_llmobs.storage.parquet.file import LeaveOut, VanishedError
from pytest_llmobs.storage.parquet.rows import to_runs
from pytest_llmobs.storage.parquet.schema import NAMES
from pytest_llmobs.wording import listed

WHOLE = 36
"""Letters of an id."""
SHORTEST = 6
"""Letters that may stand for a whole id."""
_SHOWN = 5
"""Matches that a message names at most; so many of each file are read."""
WHERE_IDS_STAND = (
    "`llmobs show EXPERIMENT` names those of examples that broke, with --json those of all trials "
    "(run_id); `llmobs experiments` lists the experiments."
)
"""How a user gets at ids."""


class UnknownRunError(NotFoundError):
    """No run has the id that was asked for, nor one that begins so."""


def find_run(folders: Sequence[Path], id: str, leave_out: LeaveOut | None = None) -> Run:
    """Return the run whose id is, or begins with, ``id``, without children.

    Args:
        folders: The projects to look in.
        id: A whole id, or its first letters.
        leave_out: Takes what can't be read; by default that is an error.

    Raises:
        UnknownRunError: No run has that id.
        StoreError: Several begin so, or it is too short.
    """
    where = begins_with(id)
    runs = _search(folders, where, is_whole(id), leave_out)
    return only_run(runs, id, f"No run has the id {id!r}. {WHERE_IDS_STAND}")


def is_whole(id: str) -> bool:
    """Return True where one run at most can have the id."""
    return len(id) >= WHOLE


def begins_with(id: str) -> pc.Expression:
    """Return the condition that a run's id is, or begins with, ``id``.

    Raises:
        StoreError: It is too short.
    """
    if len(id) < SHORTEST:
        raise StoreError(f"{id!r} is too short for a run's id. Give its first {SHORTEST} letters at least.")
    if is_whole(id):
        # Equality is what the footers' statistics can skip row groups by.
        return pc.field("id") == id
    return pc.starts_with(pc.field("id"), id)


def only_run(runs: Sequence[Run], id: str, missing: str) -> Run:
    """Return the one run that was found.

    Args:
        runs: Those whose id is, or begins with, ``id``.
        id: What was looked for.
        missing: The message where there is none.

    Raises:
        UnknownRunError: There is none.
        StoreError: There are several.
    """
    if not runs:
        raise UnknownRunError(missing)
    ids = sorted(set(map(attrgetter("id"), runs)))
    if len(ids) > 1:
        raise StoreError(
            f"Several runs' ids begin with {id!r}: {listed(ids, _SHOWN)}. Give more of the one you mean."
        )
    return runs[0]


def _search(
    folders: Sequence[Path], where: pc.Expression, first_is_enough: bool, leave_out: LeaveOut | None
) -> list[Run]:
    search = partial(_matches, folders, where, first_is_enough, leave_out)
    for _ in range(query.PATIENCE):
        # A file that is merged meanwhile vanishes: look again, its runs lie elsewhere now.
        with suppress(VanishedError):
            return list(search())
    return list(search())


def _matches(
    folders: Sequence[Path], where: pc.Expression, first_is_enough: bool, leave_out: LeaveOut | None
) -> Iterator[Run]:
    # Newest first and one by one: what people look for is mostly young, and a store may have thousands of files.
    for path in reversed(query.find_files(folders, leave_out)):
        tables = list(query.scan(partial(query.open_each, [path], leave_out), NAMES, where, limit=_SHOWN))
        for table in tables:
            yield from to_runs(table, leave_out)
        if first_is_enough and tables:
            return


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
