"""Ids for examples that have none: readable, stable, unique."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from pytest_llmobs.records.examples import content_hash

_LONGEST_SLUG = 28
_READ = 40
_WORD = re.compile(r"[a-z0-9]+")


def derived_id(inputs: Mapping[str, Any], taken: Container[str], dataset: str = "") -> str:
    """Return ``i-was-charged-twice-3f2a91bc``: words of the first text, and a hash of the inputs.

    Only the inputs count, so that an example whose reference was edited keeps its id and pairs with its past.
    Examples with the same inputs are told apart by ``-2``, ``-3`` in the order of the dataset.

    Args:
        inputs: The example's inputs, of JSON types.
        taken: Ids already given out.
        dataset: Of an example that the client makes: the dataset's name, so that its id is found in one dataset only.
    """
    hashed: Any = [dataset, inputs] if dataset else inputs
    stem = f"{_slug(inputs)}-{content_hash(hashed)[:8]}"
    id, number = stem, 1
    while id in taken:
        number += 1
        id = f"{stem}-{number}"
    return id


def _slug(inputs: Mapping[str, Any]) -> str:
    text = _first_text(inputs)[:_READ]
    if not text.isascii():
        # ``é`` becomes ``e``; what has no Latin letter in it disappears.
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = "-".join(_WORD.findall(text.lower()))
    if len(words) > _LONGEST_SLUG:
        # Up to the last whole word.
        words = words[: _LONGEST_SLUG + 1].rpartition("-")[0] or words[:_LONGEST_SLUG]
    return words or "example"


def _first_text(inputs: Mapping[str, Any]) -> str:
    for text in _texts(inputs):
        if text.strip():
            return text
    return ""


def _texts(value: Iterable[Any]) -> Iterator[str]:
    """Yield the texts in a value, however deep, in its order."""
    if isinstance(value, Mapping):
        value = value.values()
    for item in value:
        if isinstance(item, str):
            yield item
        elif isinstance(item, list | tuple | Mapping):
            yield from _texts(item)
