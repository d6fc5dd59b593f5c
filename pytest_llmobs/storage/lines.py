r"""What one line of a spool means: ``HEADER \t INPUTS \t OUTPUTS \n``, or a patch of an earlier line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from pytest_llmobs.storage.spool import TORN

PATCH = b'{"patch":'
"""How the line of a patch begins."""


class Record(NamedTuple):
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
        head, inputs, outputs = line[:-1].split(b"\t")
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
        columns = self.columns.pop(record.header["id"], None)
        if columns is None:
            return record
        inputs, outputs = self.payloads.pop(record.header["id"], (b"", b""))
        return record._replace(
            header=record.header | columns, inputs=inputs or record.inputs, outputs=outputs or record.outputs
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


class PatchFound(Exception):
    """A file that was read as one without patches holds one."""


def read_records(lines: Iterable[bytes], patches: Patches | None) -> Iterator[Record | bytes]:
    """Yield each run with its patches applied, and each line that can't be read as it is.

    The last line of a process that was killed may be torn: its run had not finished, so it is dropped, as are
    beginnings that the writer itself marked as torn.

    Args:
        lines: Of one file, in order.
        patches: From ``read_patches``, or None for a file that is believed to hold none.

    Raises:
        PatchFound: ``patches`` is None and there is one.
    """
    for line in lines:
        if not line.endswith(b"\n") or line.endswith(TORN):
            continue
        try:
            if line.startswith(PATCH):
                if patches is None:
                    raise PatchFound
                Patches().add(line)
                continue
            record = _read(line)
        except (ValueError, KeyError, TypeError, AttributeError):
            yield line
        else:
            yield record if patches is None else patches.apply(record)


def _read(line: bytes) -> Record:
    head, inputs, outputs = line.split(b"\t")
    header = from_json(head)
    # Indexing rather than a loop over names: this line runs once for each run.
    if type(header["id"]) is not str or header["trace_id"] is None or header["start_time"] is None:
        raise ValueError("a run without an id, a trace or a start")
    return Record(header, inputs, outputs[:-1], line)
