"""Flat columns: ``inputs.x`` by name, or any column by the user's mapping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.datasets.base import Row
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.wording import known, nearest

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
    """Columns met so far."""

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

    def gather(self, rows: Iterable[Row], name: str) -> Iterator[tuple[Any, Row]]:
        """Yield each row with its data as an example's dict; what is no flat row comes back as it is.

        Args:
            rows: What a format yielded.
            name: What messages call the source as a whole.

        Raises:
            DatasetError: No row has a column that the user named, or a row gives one part twice.
        """
        if not self.given:
            for row in rows:
                yield (_unfolded(row.data, row.place) if _is_flat(row.data) else row.data), row
            return
        picked = [(self._picked(row.data), row) for row in rows]
        if picked:
            self._check(name)
        yield from picked

    def _check(self, name: str) -> None:
        """Refuse a mapping to columns that no row has."""
        for part in _PARTS:
            for column in getattr(self, part):
                if column not in self.seen:
                    raise DatasetError(
                        f"{name} has no column {column!r}, named in {part}={list(getattr(self, part))!r}."
                        f"{nearest(column, self.seen)} {known(self.seen)}"
                    )

    def _picked(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        self.seen.update(data)
        found: dict[str, Any] = {key: data[key] for key in ("id", "split") if key in data}
        for part in _PARTS:
            values = {column: data[column] for column in getattr(self, part) if column in data}
            if values:
                found[part] = values
        return found


def _is_flat(data: Any) -> bool:
    return isinstance(data, Mapping) and not data.keys() <= FIELDS


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
