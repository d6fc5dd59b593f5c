"""Inputs and outputs by their hash, so that what is left of them is found without keeping them.

A hash stands for the text as it was written, for the same JSON written otherwise, and for each longer text in it.
What a system prompt says is everybody's, and no part of what a person said.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

SHORTEST = 32
"""Bytes; what is shorter (``{"answer": "yes"}``) may be anybody's, and has no hash."""
_SIZE = 4
"""Bytes of a hash that say how long the text is: most others need not be hashed to be told apart."""
_SHARED_KEYS = frozenset({"system", "instructions", "tools", "response_format"})
_SHARED_ROLES = frozenset({"system", "developer"})
_DEEPEST = 100
"""Levels that are looked at."""


def payload_hash(text: bytes) -> bytes:
    """Return the hash of a payload, or of a text in one."""
    return len(text).to_bytes(_SIZE, "big") + hashlib.sha256(text).digest()


def size_of(hash: bytes) -> int:
    """Return how many bytes the text of a hash has."""
    return int.from_bytes(hash[:_SIZE], "big")


def hashes_of(payload: bytes) -> Iterator[bytes]:
    """Yield the hashes that stand for a payload of a run."""
    if len(payload) >= SHORTEST:
        yield payload_hash(payload)
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return
    yield from hashes_in(value)


def hashes_in(value: Any) -> Iterator[bytes]:
    """Yield the hashes of a value of JSON: of each object and each text in it, at any depth."""
    for text in _texts(value, 0):
        if len(text) >= SHORTEST:
            yield payload_hash(text)


def _texts(value: Any, depth: int) -> Iterator[bytes]:
    if isinstance(value, str):
        yield value.encode("utf-8", "surrogatepass")
    elif depth == _DEEPEST:
        return
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, depth + 1)
    elif isinstance(value, dict):
        if value.get("role") in _SHARED_ROLES:
            return
        yield _canonical(value)
        for key, item in value.items():
            if key not in _SHARED_KEYS:
                yield from _texts(item, depth + 1)


def _canonical(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")
