r"""What one line of a spool means: ``HEADER \t INPUTS \t OUTPUTS \n``, or a patch of an earlier line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json, to_json

from pytest_llmobs.storage.spool.segment import PATCH, TORN

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
"""What reading a damaged line raises."""


Record = tuple[dict[str, Any], bytes, bytes]
"""One run as it was written: header, inputs and outputs, the last two JSON text or empty."""


def write_line(header: dict[str, Any], inputs: bytes, outputs: bytes) -> bytes:
    """Return a record as a line."""
    return b"\t".join((to_json(header), inputs, outputs)) + b"\n"


@dataclass
class Patches:
    """What overrides which run of the same file; the last one wins."""

    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Run id -> header keys."""
    payloads: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    """Run id -> inputs and outputs that replace the run's, empty where they don't."""

    def add(self, line: bytes) -> str:
        """Take in the line of a patch; return the id of its run.

        Raises:
            ValueError: It can't be read.
        """
        head, inputs, outputs = line[:-1].split(b"\t")
        columns = from_json(head)
        run_id = columns.pop("patch")
        if not isinstance(run_id, str):
            raise ValueError("a patch names no run")
        self.columns.setdefault(run_id, {}).update(columns)
        if inputs or outputs:
            old_inputs, old_outputs = self.payloads.get(run_id, (b"", b""))
            self.payloads[run_id] = (inputs or old_inputs, outputs or old_outputs)
        return run_id

    def apply(self, record: Record) -> Record:
        """Return ``record`` with what overrides it; that counts as used."""
        patched = self.patched(record)
        if patched is not record:
            run_id = record[0]["id"]
            del self.columns[run_id]
            self.payloads.pop(run_id, None)
        return patched

    def patched(self, record: Record) -> Record:
        """Return ``record`` with what overrides it."""
        header, inputs, outputs = record
        columns = self.columns.get(header["id"])
        if columns is None:
            return record
        new_inputs, new_outputs = self.payloads.get(header["id"], (b"", b""))
        return header | columns, new_inputs or inputs, new_outputs or outputs

    def unused(self) -> Iterator[bytes]:
        """Yield the patches whose run never came, as lines."""
        for run_id, columns in self.columns.items():
            yield write_line({"patch": run_id, **columns}, *self.payloads.get(run_id, (b"", b"")))


def read_patches(lines: Iterable[bytes]) -> Patches:
    """Collect the patches of a file; unreadable ones are left to ``read_records``."""
    patches = Patches()
    for line in lines:
        if line.startswith(PATCH) and line.endswith(b"\n"):
            with suppress(*UNREADABLE):
                patches.add(line)
    return patches


class PatchFound(Exception):
    """A file that was read as one without patches holds one."""


def read_records(
    lines: Iterable[bytes], patches: Patches | None, reject: Callable[[bytes], Any]
) -> list[Record]:
    """Return the runs of some lines, patches applied.

    Args:
        lines: Whole lines of one file, in order.
        patches: From ``read_patches``, or None for a file that is believed to hold none.
        reject: Called with each line that can't be read.

    Raises:
        PatchFound: ``patches`` is None and there is one.
    """
    records: list[Record] = []
    for line in lines:
        try:
            head, inputs, outputs = line.split(b"\t")
            header = from_json(head)
            # Indexing rather than a loop over names: this runs once for each run.
            if type(header["id"]) is not str or header["trace_id"] is None or header["start_time"] is None:
                raise ValueError("a run without an id, a trace or a start")
        except UNREADABLE:
            _set_aside(line, patches, reject)
        else:
            records.append((header, inputs, outputs[:-1]))
    if patches is not None and patches.columns:
        return list(map(patches.apply, records))
    return records


def _set_aside(line: bytes, patches: Patches | None, reject: Callable[[bytes], Any]) -> None:
    """Deal with a line that is no run: the beginning of one that follows whole, a patch, or rubbish."""
    if line.endswith(TORN):
        return
    if line.startswith(PATCH):
        if patches is None:
            raise PatchFound
        with suppress(*UNREADABLE):
            Patches().add(line)
            return
    reject(line)
