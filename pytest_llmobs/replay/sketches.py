"""Sketches: a few digits of a request's words, alike where the words are, so that names alone find the nearest one."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_llmobs.replay.canonical import CanonicalRequest

_TURNS = ("messages", "input", "prompt", "contents")
"""Where a request has what differs from example to example."""
_KEPT = 8
_WORD = re.compile(r"\w+")


def sketch(request: CanonicalRequest) -> str:
    """Return the sketch of a request: 16 hex digits of its turns, and 16 of all else."""
    turns: list[str] = []
    rest: list[str] = []
    body = request.body if isinstance(request.body, dict) else {"": request.body}
    for name, value in body.items():
        (turns if name in _TURNS else rest).extend(_texts(value))
    return f"{_digits(turns)}{_digits(rest)}"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _digits(texts: Iterable[str]) -> str:
    """Return the lowest byte of the words' smallest checksums: sets that overlap share most of them."""
    words = {word.encode("utf-8", "surrogatepass") for word in _WORD.findall(" ".join(texts))}
    smallest = sorted(map(zlib.crc32, words))[:_KEPT]
    return "".join(f"{checksum & 0xFF:02x}" for checksum in smallest).ljust(2 * _KEPT, "0")
