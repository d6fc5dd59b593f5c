"""Whose run it is, by its metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.files import parse_json
from pytest_llmobs.storage.parquet.arrays import counted
from pytest_llmobs.storage.parquet.sought import POSITION


class Person:
    """Somebody's runs: one of some keys of the metadata holds the id."""

    def __init__(self, keys: Sequence[str], user: str) -> None:
        """Look for a user.

        Args:
            keys: Of the metadata; ``customer.id`` is ``id`` in the object ``customer``, unless a key has that name.
            user: The id; a whole number in the metadata counts as its digits.
        """
        self._keys, self._user = tuple(keys), user
        self._quoted = json.dumps(user, ensure_ascii=False)[1:-1]

    def positions(self, metadata: pa.ChunkedArray) -> list[int]:
        """Return the positions of the rows whose metadata names the user."""
        # A JSON text without an escape holds the id as it is; one with an escape may hold it in any form.
        may_name = pc.or_(pc.match_substring(metadata, self._quoted), pc.match_substring(metadata, "\\"))
        table = pa.table({POSITION: counted(0, len(metadata)), "metadata": metadata}).filter(may_name)
        found: list[int] = []
        for position, text in zip(table[POSITION].to_pylist(), table["metadata"].to_pylist(), strict=True):
            if self._is_named_in(text):
                found.append(position)
        return found

    def _is_named_in(self, text: str) -> bool:
        try:
            metadata = parse_json(text)
        except ValueError:
            return False
        if not isinstance(metadata, dict):
            return False
        return any(self._is_user(_value_at(metadata, key)) for key in self._keys)

    def _is_user(self, value: object) -> bool:
        return value == self._user or (type(value) is int and str(value) == self._user)


def _value_at(metadata: Mapping[str, Any], key: str) -> object:
    """Return what a key, or the path that it spells, leads to; None where it leads nowhere."""
    if key in metadata:
        return metadata[key]
    value: Any = metadata
    for name in key.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return cast(object, value)
