"""Files of training data: whole, and readable by their owner alone, as they hold what users wrote."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.exchange.writing import check_free
from pytest_llmobs.errors import ArgumentError, DatasetError, StoreError
from pytest_llmobs.files import PRIVATE, display_path, write_whole
from pytest_llmobs.wording import known, nearest

FORMS = ("jsonl", "json", "parquet")
"""What training data is written as; the first unless the suffix or the user says another."""


def form_of(path: Path, named: str | None) -> str:
    """Return the form in which a path is written.

    Raises:
        ArgumentError: There is no such form, or it is none for training data.
    """
    form = named or path.suffix.lower().removeprefix(".") or FORMS[0]
    if form not in FORMS:
        raise ArgumentError(
            f"{form!r} is no form of training data.{nearest(form, FORMS)} {known(FORMS)} --as says which one is meant."
        )
    return form


def write_rows(rows: Iterable[Mapping[str, Any]], path: Path, form: str, *, overwrite: bool) -> None:
    """Write the lines of a file.

    Args:
        rows: Of JSON types alone, all of the same keys.
        path: The file; missing folders above it are made.
        form: One of ``FORMS``.
        overwrite: Replace what is there.

    Raises:
        ConflictError: Something is there already.
        DatasetError: The form can't hold the rows.
        StoreError: The disk refuses.
    """
    check_free(path, overwrite)
    content = _content(list(rows), form)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content, mode=PRIVATE)
    except OSError as error:
        raise StoreError(f"{display_path(path)!r} can't be written: {error.strerror or error}.") from error


def _content(rows: Sequence[Mapping[str, Any]], form: str) -> bytes:
    if form == "parquet":
        return _parquet(rows)
    if form == "json":
        return f"{json.dumps(rows, ensure_ascii=False, indent=2)}\n".encode()
    lines = []
    for row in rows:
        lines.append(f"{json.dumps(row, ensure_ascii=False)}\n")
    return "".join(lines).encode()


def _parquet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = io.BytesIO()
    try:
        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), content, compression="zstd")
    except pa.ArrowException as error:
        raise DatasetError(
            f"The form 'parquet' can't hold these messages, whose parts differ in type: {error}. Use jsonl."
        ) from None
    return content.getvalue()
