"""Capture: turn any value into JSON at once, on the caller's thread, so that later mutation can't rewrite
history.

Two ways lead there. Plain values (str, numbers, lists, dicts: nearly all of them) are written by
``pydantic_core`` in Rust. Everything else goes through ``snapshot``, which reads only what can be read
without running anybody's code. A capture never raises, never consumes an iterator, never calls a
``__repr__``.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Callable, Mapping
from typing import Any

from pytest_llmobs.tracing import snapshot

MAX_PAYLOAD = 4 << 20
"""Bytes of JSON an input or output may take before it is cut (4 MiB)."""

_UNREADABLE = b'"<a value that could not be captured>"'
_write_json: Callable[..., bytes] | None = None


def encode(value: Any, limit: int = MAX_PAYLOAD) -> bytes:
    """Return ``value`` as compact UTF-8 JSON of about ``limit`` bytes at most; what was cut says how much.

    Args:
        value: Anything at all.
        limit: Bytes.
    """
    try:
        # marshal refuses whatever is not a plain built-in value; without that check to_json would eat
        # iterators.
        marshal.dumps(value, 2)
        written = _to_json(value)
        if len(written) <= limit:
            return written
    except (ValueError, TypeError, MemoryError, RecursionError):
        pass
    return _encode_slowly(value, limit)


def encode_mapping(values: Mapping[str, Any], limit: int = MAX_PAYLOAD) -> bytes:
    """Return ``values`` as a JSON object, whatever it holds."""
    written = encode(values, limit)
    return written if written[:1] == b"{" else b'{"value":%b}' % written


def encode_outputs(value: Any, limit: int = MAX_PAYLOAD) -> bytes:
    """Return a function's result as a JSON object: a dict or a model as it is, else ``{"output": value}``."""
    written = encode(value, limit)
    if type(value) is not dict and not snapshot.is_record(value):
        return b'{"output":%b}' % written
    return written if written[:1] == b"{" else b'{"output":%b}' % written


def _encode_slowly(value: Any, limit: int) -> bytes:
    try:
        return _to_json(snapshot.take(value, limit))
    except Exception:
        return _UNREADABLE


def _to_json(value: Any) -> bytes:
    global _write_json
    if _write_json is None:
        from pydantic_core import to_json

        _write_json = to_json
    return _write_json(value, inf_nan_mode="strings", fallback=snapshot.stand_in)


def decode(written: bytes) -> Any:
    """Return the plain value that ``encode`` wrote."""
    return json.loads(written)
