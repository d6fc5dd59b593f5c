r"""What one line of a spool means: ``HEADER \t INPUTS \t OUTPUTS \n``, or a patch of an earlier line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json, to_json

from pytest_llmobs.storage.spool import TORN

PATCH = b'{"patch":'
"""How the line of a patch begins."""
_NEEDED = ("id", "trace_id", "start_time")


@dataclass(frozen=True, slots=True)
class Record:
    """One run as it was written, patches applied."""

    header: dict[str, Any]
    inputs: bytes
    """JSON text, or empty."""
    outputs: bytes
    """JSON text, or empty."""
    line: bytes
    """The line itself."""


@dataclass
class Patches:
    """What overrides which run of the same file; the last one wins."""

    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Run id -> header keys."""
    payloads: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    """Run id -> inputs and outputs that replace the run's, empty where they don't."""

    def add(self, line: bytes) -> None:
        """Take in the line of a patch.

        Raises:
            ValueError: It can't be read.
        """
        head, inputs, outputs = _parts(line)
        columns = from_json(head)
        run_id = columns.pop("patch")
        if not isinstance(run_id, str):
            raise ValueError("a patch names no run")
        self.columns.setdefault(run_id, {}).update(columns)
        if inputs or outputs:
            before = self.payloads.get(run_id, (b"", b""))
            self.payloads[run_id] = (inputs or before[0], outputs or before[1])

    def apply(self, record: Record) -> Record:
        """Return ``record`` with what overrides it."""
        run_id = record.header["id"]
        columns = self.columns.pop(run_id, None)
        if columns is None:
            return record
        inputs, outputs = self.payloads.pop(run_id, (b"", b""))
        return Record(
            record.header | columns, inputs or record.inputs, outputs or record.outputs, record.line
        )

    def unused(self) -> Iterator[bytes]:
        """Yield the patches whose run never came, as lines."""
        for run_id, columns in self.columns.items():
            payloads = self.payloads.get(run_id, (b"", b""))
            yield b"\t".join((to_json({"patch": run_id, **columns}), *payloads)) + b"\n"


def read_patches(lines: Iterable[bytes]) -> Patches:
    """Collect the patches of a file; unreadable ones are left to ``read_records``."""
    patches = Patches()
    for line in lines:
        if line.startswith(PATCH) and line.endswith(b"\n"):
            try:
                patches.add(line)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
    return patches


def read_records(lines: Iterable[bytes], patches: Patches) -> Iterator[Record | bytes]:
    """Yield each run with its patches applied, and each line that can't be read as it is.

    The last line of a process that was killed may be torn: its run had not finished, so it is dropped, as are
    beginnings that the writer itself marked as torn.
    """
    for line in lines:
        if not line.endswith(b"\n") or line.endswith(TORN):
            continue
        try:
            if line.startswith(PATCH):
                Patches().add(line)
                continue
            head, inputs, outputs = _parts(line)
            header = from_json(head)
            if not all(header.get(key) is not None for key in _NEEDED):
                raise ValueError("a run without an id or a start")
            yield patches.apply(Record(header, inputs, outputs, line))
        except (ValueError, KeyError, TypeError, AttributeError):
            yield line


def _parts(line: bytes) -> list[bytes]:
    parts = line[:-1].split(b"\t")
    if len(parts) != 3:
        raise ValueError(f"{len(parts)} parts in place of 3")
    return parts
