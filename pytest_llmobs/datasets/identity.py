"""Ids for examples that have none: readable, stable, unique."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Mapping
from typing import Any

from pytest_llmobs.records.examples import content_hash

_LONGEST_SLUG = 28
_READ = 60
_WORD = re.compile(r"[a-z0-9]+")


def derived_id(inputs: Mapping[str, Any], taken: Container[str]) -> str:
    """Return ``i-was-charged-twice-3f2a91bc``: words of the first text, and a hash of the inputs.

    Only the inputs count, so that an example whose reference was edited keeps its id and pairs with its past.
    Examples with the same inputs are told apart by ``-2``, ``-3`` in the order of the dataset.

    Args:
        inputs: The example's inputs, of JSON types.
        taken: Ids already given out.
    """
    stem = f"{_slug(inputs)}-{content_hash(inputs)[:8]}"
    found, number = stem, 1
    while found in taken:
        number += 1
        found = f"{stem}-{number}"
    return found


def _slug(inputs: Mapping[str, Any]) -> str:
    text = next((text for text in _texts(inputs) if text.strip()), "")
    text = text[:_READ]
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    slug = ""
    for word in _WORD.findall(text.lower()):
        if slug and len(slug) + 1 + len(word) > _LONGEST_SLUG:
            break
        slug = f"{slug}-{word}" if slug else word[:_LONGEST_SLUG]
    return slug or "example"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)
