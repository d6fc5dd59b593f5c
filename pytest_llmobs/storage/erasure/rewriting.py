"""One Parquet file without some of its rows: in the order, the row groups, the types and the metadata that it had."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.fs import FileSystem

from pytest_llmobs.storage.erasure.doomed import Doomed
from pytest_llmobs.storage.erasure.opened import OpenParquet
from pytest_llmobs.storage.parquet.files.writer import FileWriter

_PADDING_KEY = b"llmobs.padding"
_PIECE = 1 << 20


@dataclass(frozen=True)
class Shortened:
    """A finished file that is to take the place of another one."""

    writer: FileWriter
    """Its ``path`` is the file; ``clean`` deletes it unless it was moved."""
    removed: int
    """Rows that it lacks."""


def shorten(opened: OpenParquet, doomed: Doomed, path: Path) -> Shortened:
    """Write a file anew without the rows that go.

    Its size differs from the old one's: by that, whoever has read the old one's footer knows that it is another file.

    Args:
        opened: The file as it is.
        doomed: The rows that go.
        path: Where to write.

    Raises:
        OSError: The disk refuses.
        StoreError: The file is damaged; nothing is left of the new one.
    """
    schema, padding = opened.schema, b""
    while True:
        writer = doomed.writer(path, schema)
        try:
            removed = _copy(opened, doomed, writer)
            writer.finish()
        except BaseException:
            writer.clean()
            raise
        if path.stat().st_size != opened.size:
            return Shortened(writer, removed)
        padding += b" "
        schema = opened.schema.with_metadata({**(opened.schema.metadata or {}), _PADDING_KEY: padding})


def _copy(opened: OpenParquet, doomed: Doomed, writer: FileWriter) -> int:
    removed = 0
    for group in opened.groups:
        table = opened.read(group)
        # A row group stays one, in its place: what statistics tell of it holds as before.
        staying = table
        if doomed.may_be_in(opened, group):
            staying = _without(table, doomed)
        removed += len(table) - len(staying)
        writer.add_group(staying)
    return removed


def _without(table: pa.Table, doomed: Doomed) -> pa.Table:
    if not pc.any(doomed.among(table)).as_py():
        return table
    return doomed.left(table)


def digest(files: FileSystem, path: Path) -> str:
    """Return the SHA-256 of a file's content, 64 hex digits.

    Raises:
        OSError: It can't be read.
    """
    hash = hashlib.sha256()
    with files.open_input_stream(str(path), compression=None) as source:
        while piece := source.read(_PIECE):
            hash.update(piece)
    return hash.hexdigest()
