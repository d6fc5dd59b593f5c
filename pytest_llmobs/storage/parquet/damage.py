"""What may be wrong with a Parquet file: told in a sentence, and the rest of the file read all the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from pytest_llmobs.errors import StoreError

LeaveOut = Callable[[Path, StoreError], Any]
"""Takes what can't be read and why: it is left out, and the rest is read."""
UNREADABLE = (OSError, pa.ArrowException, ValueError, TypeError, KeyError, OverflowError, MemoryError)
"""What reading a damaged file raises: Arrow's own errors, and Python's where what it gives back makes no sense."""


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
        f"{subject} can't be read: {reason}. If it is damaged, move it out of the store; no other file needs it."
    )


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
