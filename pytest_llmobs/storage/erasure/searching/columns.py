"""The texts of a column as bytes, one after the other: searched as a whole, and never made objects of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa


@dataclass(frozen=True)
class Content:
    """The texts of an array, joined without anything between them."""

    data: bytes
    offsets: Sequence[int]
    """Where each begins, and where the last one ends; counted from ``start``."""
    start: int
    """The offset of the first byte."""


def contents(column: pa.ChunkedArray) -> Iterator[bytes]:
    """Yield the bytes of a column of texts, chunk by chunk."""
    for chunk in column.chunks:
        yield content_of(chunk).data


def content_of(array: pa.Array) -> Content:
    """Return the texts of an array of strings or binaries; empty for one of nulls."""
    large = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    buffers = array.buffers()
    if len(buffers) < 3 or buffers[1] is None or buffers[2] is None or not len(array):
        return Content(b"", [0], 0)
    offsets = memoryview(buffers[1]).cast("q" if large else "i")
    offsets = offsets[array.offset : array.offset + len(array) + 1]
    start, end = offsets[0], offsets[-1]
    return Content(buffers[2].slice(start, end - start).to_pybytes(), offsets, start)


def text_arrays(array: pa.Array) -> Iterator[pa.Array]:
    """Yield the arrays of texts that an array of any type is made of: of a list its items, of a map keys and values."""
    kind: Any = array.type
    if pa.types.is_dictionary(kind):
        yield from text_arrays(array.dictionary)
    elif pa.types.is_map(kind):
        yield from text_arrays(array.keys)
        yield from text_arrays(array.items)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        yield from text_arrays(array.flatten())
    elif pa.types.is_struct(kind):
        for child in array.flatten():
            yield from text_arrays(child)
    elif _is_text(kind):
        yield array


def _is_text(kind: pa.DataType) -> bool:
    checks = (pa.types.is_string, pa.types.is_binary, pa.types.is_large_string, pa.types.is_large_binary)
    return any(is_kind(kind) for is_kind in checks)
