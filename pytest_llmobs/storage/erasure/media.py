"""Images and documents that no remaining run names.

Each lies there once, under the hash of its content, whoever sent it.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePath

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.erasure.ids import Ids
from pytest_llmobs.storage.erasure.opened import OpenParquet, texts
from pytest_llmobs.storage.erasure.places import Place
from pytest_llmobs.storage.erasure.searching.columns import contents
from pytest_llmobs.storage.parquet.damage import VanishedError, unreadable
from pytest_llmobs.storage.parquet.runs_file import RUNS

_NAME = re.compile(rb"media\\?/([0-9a-f]{64}\.\w+)")
_COLUMNS = ("inputs", "outputs", "reference_outputs", "metadata", "params")


def names_in(content: bytes) -> set[str]:
    """Return the names of the images and documents that some text names."""
    if b"media" not in content:
        return set()
    return {name.decode() for name in _NAME.findall(content)}


def unnamed(place: Place, names: frozenset[str], run_ids: frozenset[str]) -> frozenset[str]:
    """Return which images and documents are there and named by no run but those that go.

    Where a file can't be read, nobody knows what it names: then all that it may name stay.

    Args:
        place: Where the store's files lie.
        names: Those to look at.
        run_ids: The runs that go.

    Raises:
        VanishedError: A file is gone since the listing; look again.
    """
    there = {PurePath(key).name for key in place.keys("media/*")}
    left = set(names & there)
    going = Ids(run_ids)
    try:
        for key in place.keys("runs/*/*.parquet"):
            if left:
                left -= _names_that_stay(place, key, going)
    except VanishedError:
        raise
    except StoreError:
        return frozenset()
    # Last, for what is logged at this moment may name one that lies there already.
    for path in place.spools(feedback=False):
        if left:
            left -= _names_in_spool(path)
    return frozenset(left)


def _names_that_stay(place: Place, key: str, going: Ids) -> set[str]:
    named: set[str] = set()
    opened = OpenParquet.open(place.path(key), place.files, RUNS)
    for group in opened.groups:
        table = opened.read(group, ("id", *_COLUMNS))
        # Most row groups name none: that shows in their bytes, whoever they are about.
        naming = [column for column in _COLUMNS if _any_named(texts(table, column))]
        if not naming:
            continue
        staying = table.filter(pc.invert(going.among(texts(table, "id"))))
        for column in naming:
            for content in contents(texts(staying, column)):
                named |= names_in(content)
    return named


def _any_named(column: pa.ChunkedArray) -> bool:
    return any(b"media" in content for content in contents(column))


def _names_in_spool(path: Path) -> set[str]:
    try:
        return names_in(path.read_bytes())
    except FileNotFoundError as error:  # sealed since the listing
        raise unreadable(path, error) from error
