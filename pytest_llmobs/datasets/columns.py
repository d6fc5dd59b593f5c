"""Flat columns: ``inputs.x`` by name, or any column by the user's mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.datasets.base import Row
from pytest_llmobs.errors import DatasetError, known, nearest

FIELDS = frozenset({"id", "inputs", "outputs", "metadata", "split"})
"""The keys of an example."""
_PARTS = ("inputs", "outputs", "metadata")


@dataclass(frozen=True)
class Columns:
    """Which flat columns of a file are an example's inputs, outputs and metadata.

    Columns that no part names are left out, except ``id`` and ``split``. Without any mapping every column
    counts, and flat ones are named ``inputs.x``, ``outputs.y`` or ``metadata.z``.
    """

    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()
    metadata: Sequence[str] = ()
    seen: set[str] = field(default_factory=set, repr=False)
    """Columns met so far, for ``check``."""

    def __post_init__(self) -> None:
        for part in _PARTS:
            names = getattr(self, part)
            if isinstance(names, str) or not all(isinstance(name, str) for name in names):
                raise DatasetError(
                    f"{part}={names!r} must be a list of column names, such as {part}=['query']."
                )

    @property
    def given(self) -> bool:
        """True where the user named columns."""
        return bool(self.inputs or self.outputs or self.metadata)

    def gather(self, row: Row) -> Any:
        """Return the row's data as an example's dict; what is no flat row comes back as it is."""
        data = row.data
        if type(data) is not dict and not isinstance(data, Mapping):
            return data
        if self.given:
            return self._picked(data)
        return data if data.keys() <= FIELDS else _unfolded(data, row.place)

    def check(self, name: str) -> None:
        """Refuse a mapping to columns that no row has.

        Raises:
            DatasetError: With the near match and the columns there are.
        """
        for part in _PARTS:
            for column in getattr(self, part):
                if column not in self.seen:
                    raise DatasetError(
                        f"{name} has no column {column!r}, named in {part}={list(getattr(self, part))!r}."
                        f"{nearest(column, self.seen)} {known(self.seen)}"
                    )

    def _picked(self, data: Mapping[str, Any]) -> dict[str, Any]:
        self.seen.update(data)
        found: dict[str, Any] = {key: data[key] for key in ("id", "split") if key in data}
        for part in _PARTS:
            values = {column: data[column] for column in getattr(self, part) if column in data}
            if values:
                found[part] = values
        return found


def _unfolded(data: Mapping[str, Any], place: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in data.items():
        part, _, name = str(key).partition(".")
        if name and part in _PARTS:
            if part in data:
                raise DatasetError(
                    f"{place}: both {part!r} and {key!r} are given. Give the one or the other."
                )
            found.setdefault(part, {})[name] = value
        else:
            found[key] = value
    return found
