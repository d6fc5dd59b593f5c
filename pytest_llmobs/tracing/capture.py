"""Capture: turn any value into JSON at once, on the caller's thread, so that later mutation can't rewrite
history.

Two ways lead there. Plain values (str, numbers, lists, dicts: nearly all of them) are written by
``pydantic_core`` in Rust. Everything else goes through ``snapshot/``, which reads only what can be read
without running anybody's code. A capture never raises, never consumes an iterator, never calls a
``__repr__``.
"""

from __future__ import annotations

import gc
import json
import marshal
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from pytest_llmobs.settings import MAX_PAYLOAD
from pytest_llmobs.tracing import first_use
from pytest_llmobs.tracing.snapshot import walk
from pytest_llmobs.tracing.snapshot.records import is_record

MAX_METADATA = 64 << 10
"""Bytes of JSON that metadata may take: every run below gets a copy."""

SLOW = 5_000_000
"""Nanoseconds of capturing from which a run says so (``capture_ms`` in its metadata)."""

_UNREADABLE = b'"<a value that could not be captured>"'
_BRACE = ord("{")
_check = marshal.dumps
_held_by = gc.get_referents
_DIGITS = b"0123456789"
_MAX_DIGITS = 4_300
"""``sys.get_int_max_str_digits()`` of a Python that nobody has told otherwise."""
_SCALARS = frozenset({int, float, bool, type(None)})
_ROWS = frozenset({list, tuple})
_NESTED = _ROWS | {dict}
_SIZED = _NESTED | {str, bytes}
_PLAIN = _SIZED | _SCALARS


def encode(value: Any, limit: int = MAX_PAYLOAD) -> bytes:
    """Return ``value`` as compact UTF-8 JSON of about ``limit`` bytes at most; what was cut says how much.

    Args:
        value: Anything at all.
        limit: Bytes.
    """
    try:
        # What is known to need the other way takes it at once: marshal would copy an array, or a giant, whole.
        nested: list[Any] = []
        for item in value.values() if type(value) is dict else (value,):
            kind = type(item)
            if kind in _SCALARS:
                continue
            if kind not in _SIZED or len(item) > limit:
                return _encode_slowly(value, limit)
            if kind in _NESTED and item:
                nested.append(item)
                if kind in _ROWS and type(item[0]) not in _PLAIN:
                    return _encode_slowly(value, limit)
        # marshal refuses whatever is not a plain built-in value: without it, to_json would eat iterators. It writes
        # once what is shared, where to_json writes it out each time: that is counted first.
        if (nested and not _is_plain_and_small(nested, limit)) or len(_check(value, 4)) > 2 * limit:
            return _encode_slowly(value, limit)
        written = _write_json(value, inf_nan_mode="strings")
    except Exception:
        return _encode_slowly(value, limit)
    if len(written) <= limit and (len(written) <= _MAX_DIGITS or not _holds_giant_number(written)):
        return written
    return _encode_slowly(value, limit)


def _is_plain_and_small(nested: list[Any], limit: int) -> bool:
    """Return True where ``nested`` holds plain values alone and, written out, no more than fit into ``limit`` bytes.

    Counted level by level in C, without running anybody's code: a dozen lists that hold each other twice are cheap to
    make and endless to write out. An object refers to its class, and that to half of the process: there it ends.
    """
    level: list[Any] = []
    values = 0
    for item in nested:
        if type(item) in _ROWS and _SCALARS.issuperset(map(type, item)):  # an embedding holds nothing further
            values += len(item)
        else:
            level.append(item)
    step = limit >> 8  # what holds itself has no end: no more than 256 levels
    while level and values <= limit:
        if not _PLAIN.issuperset(map(type, level)):
            return False
        values += step + len(level)
        level = _held_by(*level)
    return not level and values <= limit


def _holds_giant_number(written: bytes) -> bool:
    """Return True where more digits stand in a row than Python's own parser reads as a number."""
    for position in range(_MAX_DIGITS, len(written), _MAX_DIGITS):
        if 48 <= written[position] <= 57:
            before, after = (
                written[position - _MAX_DIGITS : position],
                written[position : position + _MAX_DIGITS],
            )
            digits = len(before) - len(before.rstrip(_DIGITS)) + len(after) - len(after.lstrip(_DIGITS))
            if digits > _MAX_DIGITS:
                return True
    return False


def encode_mapping(values: Mapping[str, Any], limit: int = MAX_PAYLOAD) -> bytes:
    """Return ``values`` as a JSON object, whatever it is. Of a dict, ``encode`` makes one too."""
    written = encode(values, limit)
    if written[0] == _BRACE:
        return written
    return b'{"value":%b}' % written


def encode_outputs(value: Any, limit: int = MAX_PAYLOAD) -> bytes:
    """Return a function's result as a JSON object: a dict or a model as it is, else ``{"output": value}``."""
    written = encode(value, limit)
    if written[0] == _BRACE and (type(value) is dict or is_record(value)):
        return written
    return b'{"output":%b}' % written


def as_text(value: Any) -> str:
    """Return a text as it is, and all else as what it is logged as."""
    if type(value) is str:
        return value
    written = encode(value)
    plain = decode(written)
    if type(plain) is str:
        return plain
    return written.decode()


def as_tags(tags: Any) -> tuple[str, ...]:
    """Return tags as texts: none, one or several, whatever they are."""
    if tags is None:
        return ()
    if isinstance(tags, str) or not isinstance(tags, Sequence | Set):
        tags = (tags,)
    return tuple(map(as_text, tags))


def as_metadata(metadata: Any) -> Mapping[str, Any]:
    """Return metadata as a dict, whatever it is."""
    if isinstance(metadata, dict):
        return metadata
    if metadata is None:
        return {}
    return decode(encode_mapping(metadata, MAX_METADATA))  # type: ignore[no-any-return]


def merge(before: bytes | None, added: bytes, limit: int) -> bytes:
    """Return one JSON object of two; of a key in both the later counts."""
    if before is None or before == b"{}":
        return added
    return encode({**decode(before), **decode(added)}, limit)


def _encode_slowly(value: Any, limit: int) -> bytes:
    try:
        return _write_json(walk.take(value, limit), inf_nan_mode="strings")
    except Exception:
        if type(value) is dict:
            return b'{"<cut>":%b}' % _UNREADABLE
        return _UNREADABLE


def preload() -> None:
    """Import ``pydantic_core`` (50 ms), which else happens at the first capture."""
    global _write_json, _read_json
    with first_use.alone():
        from pydantic_core import from_json, to_json

    _write_json, _read_json = to_json, from_json


def _load_writer(value: Any, **options: Any) -> bytes:
    preload()
    return _write_json(value, **options)


def _load_reader(written: bytes) -> Any:
    preload()
    return _read_json(written)


_write_json: Callable[..., bytes] = _load_writer
_read_json: Callable[[bytes], Any] = _load_reader


def decode(written: bytes) -> Any:
    """Return the plain value that ``encode`` wrote.

    Raises:
        ValueError: It is no JSON, or torn.
    """
    try:
        return _read_json(written)
    except ValueError:  # Rust's parser gives up where a value is nested as deep as is still captured
        return json.loads(written)
