"""A Parquet file, searched column by column: text as bytes, each text of a dictionary once."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pytest_llmobs.storage.erasure.ids import Ids
from pytest_llmobs.storage.erasure.needles import ESCAPE, Needles, stands_alone
from pytest_llmobs.storage.erasure.payloads import hashes_of, payload_hash
from pytest_llmobs.storage.erasure.searching.columns import Content, content_of, text_arrays
from pytest_llmobs.storage.erasure.searching.hits import Hits
from pytest_llmobs.storage.parquet.damage import UNREADABLE
from pytest_llmobs.storage.parquet.runs_file import parquet_file

_PAYLOADS = ("inputs", "outputs", "reference_outputs", "value", "comment", "correction")
"""Columns whose values are compared with what was removed: of runs, and of feedback."""
_TRAILER = 8
"""Bytes behind the footer."""
_RUN_PAYLOADS = frozenset(_PAYLOADS[:3])


def search_parquet(path: Path, needles: Needles, hits: Hits) -> None:
    """Search the texts of a Parquet file, whoever has written it.

    Args:
        path: The file.
        needles: What to search for.
        hits: Takes what is found, and why something can't be read.
    """
    try:
        with pa.memory_map(str(path)) as source:
            footer = pq.read_metadata(source)
            # As it is: statistics and descriptions. The rest is compressed, where a short id may stand by chance.
            source.seek(source.size() - min(footer.serialized_size + _TRAILER, source.size()))
            hits.add("id", needles.telling.count(source.read()), "footer")
            names = _text_columns(footer.schema.to_arrow_schema())
            file = parquet_file(source, footer, is_far=False, dictionaries=_with_dictionaries(footer))
            traces = Ids(needles.trace_ids)
            for group in range(footer.num_row_groups):
                _search_group(file, group, names, needles, traces, hits)
    except UNREADABLE as error:
        hits.problem = str(error).partition("\n")[0]
    finally:
        # of hundreds of files, what each leaves behind adds up
        pa.default_memory_pool().release_unused()


def _search_group(
    file: pq.ParquetFile, group: int, names: list[str], needles: Needles, traces: Ids, hits: Hits
) -> None:
    for name in names:
        try:
            column = file.read_row_group(group, [name], use_threads=False).column(0)
        except UNREADABLE as error:
            hits.problem = f"{name} in row group {group}: {error}".partition("\n")[0]
            continue
        for chunk in column.chunks:
            hits.add("id", _ids_in(chunk, needles), name)
            if name in _PAYLOADS and needles.payload_hashes:
                hits.add("payload", _payloads_in(chunk, needles), name)
    if traces and needles.payload_hashes and _RUN_PAYLOADS.issubset(names):
        _search_families(file, group, needles, traces, hits)


def _ids_in(chunk: pa.Array, needles: Needles) -> int:
    """Return how many values of an array hold an id."""
    if pa.types.is_dictionary(chunk.type):
        holding = _holding(chunk.dictionary, needles)
        return _uses(chunk, holding)
    return sum(len(_holding(array, needles)) for array in text_arrays(chunk))


def _uses(chunk: Any, holding: set[int]) -> int:
    """Return how many rows have one of some entries of their dictionary."""
    if not holding:
        return 0
    entries = pa.array(sorted(holding), chunk.indices.type)
    return int(pc.sum(pc.is_in(chunk.indices, value_set=entries)).as_py() or 0)


def _holding(array: pa.Array, needles: Needles) -> set[int]:
    """Return the positions of the texts that hold an id."""
    content = content_of(array)
    holding: set[int] = set()
    for start, end in needles.places(content.data):
        position = bisect_right(content.offsets, content.start + start) - 1
        text = _text_at(content, position)
        own = start - (content.offsets[position] - content.start)
        # What reaches into the next text only looks like one.
        if own + end - start <= len(text) and stands_alone(text, own, own + end - start):
            holding.add(position)
    if ESCAPE in content.data:
        for position in range(len(content.offsets) - 1):
            text = _text_at(content, position)
            if ESCAPE in text and needles.count(text):
                holding.add(position)
    return holding


def _text_at(content: Content, position: int) -> bytes:
    start, end = content.offsets[position], content.offsets[position + 1]
    return content.data[start - content.start : end - content.start]


def _payloads_in(chunk: pa.Array, needles: Needles) -> int:
    """Return how many values of an array are payloads that were removed."""
    if pa.types.is_dictionary(chunk.type):
        return _uses(chunk, _removed(chunk.dictionary, needles))
    return sum(len(_removed(array, needles)) for array in text_arrays(chunk))


def _removed(array: pa.Array, needles: Needles) -> set[int]:
    content = content_of(array)
    removed: set[int] = set()
    for position in range(len(content.offsets) - 1):
        size = content.offsets[position + 1] - content.offsets[position]
        if size in needles.sizes and payload_hash(_text_at(content, position)) in needles.payload_hashes:
            removed.add(position)
    return removed


def _search_families(file: pq.ParquetFile, group: int, needles: Needles, traces: Ids, hits: Hits) -> None:
    """Look into the payloads of runs that were above, or beside, the removed ones: these may quote them."""
    trace_ids = file.read_row_group(group, ["trace_id"], use_threads=False).column(0).cast(pa.string())
    related = traces.among(trace_ids)
    if not pc.any(related).as_py():
        return
    for name in _RUN_PAYLOADS:
        column = file.read_row_group(group, [name], use_threads=False).column(0).cast(pa.string())
        for text in column.filter(related).drop_null().to_pylist():
            payload = text.encode()
            inner = set(hashes_of(payload)) - {payload_hash(payload)}  # that one was compared already
            hits.add("payload", bool(inner & needles.payload_hashes), name)


def _text_columns(schema: pa.Schema) -> list[str]:
    names: list[str] = []
    for field in schema:
        if any(True for _ in text_arrays(pa.array([], field.type))):
            names.append(field.name)
    return names


def _with_dictionaries(footer: pq.FileMetaData) -> list[str]:
    """Return the columns that may be read with each text once: plain ones of texts."""
    schema = footer.schema.to_arrow_schema()
    return [
        field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_binary(field.type)
    ]
