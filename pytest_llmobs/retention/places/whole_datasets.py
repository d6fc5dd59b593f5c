"""Datasets that the client doesn't edit, written anew without some examples: JSON lists and Parquet."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable, Mapping, Set
from io import BytesIO
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import locked, parse_json, read_text, write_whole

_INDENTED = re.compile(r"\n( +)")
Without = Callable[[Path, Set[int]], "str | bytes"]


def rewrite(file: Path, positions: Set[int]) -> None:
    """Write a dataset without some of its examples; a JSON file's layout becomes a regular one.

    Args:
        file: One whose suffix is in ``REWRITTEN``.
        positions: The examples', counted from 0.

    Raises:
        StoreError: The disk refuses.
    """
    try:
        with locked(file):
            content = REWRITTEN[file.suffix.lower()](file, positions)
            write_whole(file, content, mode=stat.S_IMODE(file.stat().st_mode))
    except OSError as error:
        raise StoreError(f"Can't write {str(file)!r}: {error.strerror or error}.") from error


def _json(file: Path, positions: Set[int]) -> str:
    text = read_text(file)
    try:
        rows = parse_json(text)
    except ValueError:  # objects without a list around them
        rows = None
    if not isinstance(rows, list):
        return "".join(map(_line, _staying(_loose(text), positions)))
    indented = _INDENTED.search(text)
    indent = len(indented.group(1)) if indented else None
    return json.dumps(_staying(rows, positions), ensure_ascii=False, indent=indent) + "\n"


def _loose(text: str) -> list[Any]:
    decoder, rows = json.JSONDecoder(), []
    text = text.lstrip("\ufeff").strip()
    while text:
        row, end = decoder.raw_decode(text)
        rows.append(row)
        text = text[end:].lstrip()
    return rows


def _line(row: Any) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _staying(rows: list[Any], positions: Set[int]) -> list[Any]:
    staying = list(rows)
    for position in sorted(positions, reverse=True):
        del staying[position]
    return staying


def _parquet(file: Path, positions: Set[int]) -> bytes:
    # late: most datasets are text
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as opened:
        table = opened.read()
        compression = opened.metadata.row_group(0).column(0).compression
    content = BytesIO()
    staying = table.take(pa.array(sorted(set(range(len(table))) - positions), pa.int64()))
    pq.write_table(staying, content, compression=compression)
    return content.getvalue()


REWRITTEN: Mapping[str, Without] = {".json": _json, ".parquet": _parquet}
"""What returns the content of a file without some examples, by the file's suffix."""
