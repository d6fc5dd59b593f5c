"""The lines of one spool file as rows: parsed once each, patches applied, payloads left where they lie."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.storage.layout import NAMELESS, escape, unescape
from pytest_llmobs.storage.parquet.arrays import arrow_array
from pytest_llmobs.storage.parquet.sought import PROJECT
from pytest_llmobs.storage.spool.batches import to_table
from pytest_llmobs.storage.spool.lines import UNREADABLE, Patches, PatchFound, Record, read_records

AT, SIZE = "line_at", "line_size"
"""The columns that say where a row's line lies in its file, bytes."""
_BATCH = 2000
"""Rows of a table."""

Placed = tuple[int, bytes]
"""Where a line begins in its file, and the line."""


@dataclass
class ParsedLines:
    """Rows of a spool file, so far as its lines were handed over."""

    tables: list[pa.Table] = field(default_factory=list)
    """The rows, without payloads; with their project and their place in the file."""
    patches: Patches = field(default_factory=Patches)
    """What overrides which run; it stays, for a run may come after it."""

    def add(self, lines: Iterable[Placed], descriptor: int) -> None:
        """Take in whole lines.

        Args:
            lines: In the order of the file; each once.
            descriptor: The open file, to read runs again that a later line overrides.
        """
        # Rows that are converted already and are overridden now; the others get their patches as they are converted.
        overridden: set[str] = set()
        batch: list[tuple[Record, Placed]] = []
        for place in lines:
            try:
                records = read_records([place[1]], None, _ignore)
            except PatchFound:
                with suppress(*UNREADABLE):
                    overridden.add(self.patches.add(place[1]))
                continue
            batch += [(record, place) for record in records]
            if len(batch) >= _BATCH:
                self._convert(batch)
                batch = []
        self._convert(batch)
        if overridden:
            self._convert_again(overridden, descriptor)

    def payloads_of(self, table: pa.Table, descriptor: int) -> tuple[list[bytes], list[bytes]]:
        """Return the inputs and the outputs of some rows, read from their lines."""
        inputs: list[bytes] = []
        outputs: list[bytes] = []
        ids = table["id"].to_pylist()
        for run_id, line in zip(ids, _lines_of(table, descriptor), strict=True):
            _, own_inputs, own_outputs = line[:-1].split(b"\t")
            new_inputs, new_outputs = self.patches.payloads.get(run_id, (b"", b""))
            inputs.append(_as_text(new_inputs or own_inputs))
            outputs.append(_as_text(new_outputs or own_outputs))
        return inputs, outputs

    def _convert(self, batch: Sequence[tuple[Record, Placed]]) -> None:
        if not batch:
            return
        table = _rows(batch, self.patches)
        if len(table) < len(batch):  # some can't be rows: which of them only shows one by one
            table = pa.concat_tables([_rows([each], self.patches) for each in batch])
        self.tables.append(table)

    def _convert_again(self, overridden: set[str], descriptor: int) -> None:
        ids = arrow_array(sorted(overridden), pa.string())
        outdated: list[pa.Table] = []
        for number, table in enumerate(self.tables):
            is_outdated = pc.is_in(table["id"], ids)
            if pc.any(is_outdated).as_py():
                outdated.append(table.filter(is_outdated))
                self.tables[number] = table.filter(pc.invert(is_outdated))
        for table in outdated:
            places = zip(table[AT].to_pylist(), _lines_of(table, descriptor), strict=True)
            self._convert([(read_records([line], None, _ignore)[0], (at, line)) for at, line in places])


def _rows(batch: Sequence[tuple[Record, Placed]], patches: Patches) -> pa.Table:
    """Return records as rows without payloads; one that can't be a row is left out if it is alone."""
    headers: list[Record] = []
    for record, _ in batch:
        header, _, _ = patches.patched(record)
        headers.append((header, b"", b""))
    table = to_table(headers, _ignore)
    if len(table) < len(batch):
        return _with_places(table, [], [])
    return _with_places(table, batch, headers)


def _with_places(
    table: pa.Table, batch: Sequence[tuple[Record, Placed]], headers: Sequence[Record]
) -> pa.Table:
    if not batch:
        table = table.slice(0, 0)
    projects = [_project(header.get(PROJECT)) for header, _, _ in headers]
    table = table.append_column(PROJECT, arrow_array(projects, pa.string()))
    table = table.append_column(AT, arrow_array([at for _, (at, _) in batch], pa.int64()))
    return table.append_column(SIZE, arrow_array([len(line) for _, (_, line) in batch], pa.int64()))


def _project(name: object) -> str:
    """Return the project as it reads once the run is sealed: long names are cut."""
    if isinstance(name, str) and name:
        return unescape(escape(name))
    return NAMELESS


def _lines_of(table: pa.Table, descriptor: int) -> list[bytes]:
    places = zip(table[AT].to_pylist(), table[SIZE].to_pylist(), strict=True)
    return [os.pread(descriptor, size, at) for at, size in places]


def _as_text(payload: bytes) -> bytes:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return payload.decode(errors="replace").encode()
    return payload


def _ignore(line: bytes) -> None:
    """Leave a damaged line to its sealing, which tells of it."""
