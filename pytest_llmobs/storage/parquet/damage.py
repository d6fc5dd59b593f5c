"""What may be wrong with a Parquet file: told in a sentence, and the rest of the file read all the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import parse_json
from pytest_llmobs.storage.parquet.schema import NEEDED

LeaveOut = Callable[[Path, StoreError], Any]
"""Takes what can't be read and why: it is left out, and the rest is read."""
UNREADABLE = (OSError, pa.ArrowException, ValueError, TypeError, KeyError, OverflowError, MemoryError)
"""What reading a damaged file raises: Arrow's own errors, and Python's where what it gives back makes no sense."""
_MOST_BYTES = 1 << 30
"""Of a row group, not compressed; those that are written have a few million."""


class VanishedError(StoreError):
    """A file was listed, and gone when it was to be read: another process has merged or removed it."""


def unreadable(path: Path, error: Exception, what: str = "") -> StoreError:
    """Return the error for a file that can't be read, or for a part of it."""
    if isinstance(error, FileNotFoundError):
        return VanishedError(f"{str(path)!r} was merged or removed while it was to be read. Try again.")
    # The first line says it; what may follow is Arrow's own stack.
    reason = (str(error).strip() or type(error).__name__).partition("\n")[0].rstrip(".")
    subject = f"{what} of {str(path)!r}" if what else f"{str(path)!r}"
    return StoreError(
        f"{subject} can't be read: {reason}. If it is damaged, move it out of the store; other runs don't need it."
    )


def check_claims(metadata: pq.FileMetaData, size: int) -> None:
    """Make sure that a file holds no more than its size allows: a few hundred bytes may claim gigabytes.

    Every run has an id of its own, which takes more than a byte, compressed as it may be.

    Raises:
        ValueError: It claims more, or it lacks what every run has.
    """
    if metadata.num_rows > size:
        raise ValueError(f"it claims {metadata.num_rows:,} runs in {size:,} bytes")
    for group in range(metadata.num_row_groups):
        claimed = metadata.row_group(group).total_byte_size
        if not 0 <= claimed <= _MOST_BYTES:
            raise ValueError(f"its row group {group} claims {claimed:,} bytes")
    names = set(metadata.schema.names)
    lacking = [name for name in NEEDED if name not in names]
    if lacking:
        raise ValueError(f"it lacks the columns {', '.join(lacking)}")


def rows_of_text(table: pa.Table) -> pa.Table:
    """Return the rows of a table whose text is UTF-8 throughout; the disk may have changed a letter."""
    try:
        table.validate(full=True)
        return table
    except pa.ArrowException:
        whole = []
        for number in range(len(table)):
            row = table.slice(number, 1).combine_chunks()
            with suppress(*UNREADABLE):
                row.validate(full=True)
                row.to_pylist()
                whole.append(row)
        return pa.concat_tables([table.slice(0, 0), *whole])


def replaced_names(text: bytes) -> Sequence[str]:
    """Return the names of the files that a merged one replaces.

    Raises:
        ValueError: The text holds none.
    """
    names = parse_json(text)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("the names of the files that it replaces are no list")
    return names
