"""Flat columns: ``inputs.x`` by name, or any column by the user's mapping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.datasets.base import Row
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.wording import known, nearest

WRITTEN = frozenset({"id", "inputs", "outputs", "metadata", "split"})
"""The keys of an example that people write."""
FIELDS = WRITTEN | {"created_at", "modified_at", "source_run_id"}
"""The keys of an example, also those that the client writes."""
_VERBATIM = tuple(FIELDS - {"inputs", "outputs", "metadata"})
_PARTS = ("inputs", "outputs", "metadata")


@dataclass(frozen=True)
class Columns:
    """Which flat columns of a file are an example's inputs, outputs and metadata.

    Columns that no part names are left out, except ``id``, ``split`` and what says where an example comes from.
    Without any mapping every column counts, and flat ones are named ``inputs.x``, ``outputs.y`` or ``metadata.z``.
    """

    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()
    metadata: Sequence[str] = ()

    def __post_init__(self) -> None:
        for part in _PARTS:
            names = getattr(self, part)
            # A string is a sequence of strings too, but of letters: surely not what was meant.
            if isinstance(names, str) or not all(isinstance(name, str) for name in names):
                raise DatasetError(
                    f"{part}={names!r} must be a list of column names, such as {part}=['query']."
                )

    @property
    def given(self) -> bool:
        """True where the user named columns."""
        return any((self.inputs, self.outputs, self.metadata))

    def gather(self, rows: Iterable[Row], name: str) -> Iterable[Row]:
        """Return each row with the columns that the user named in their parts; all as they are where none is named.

        Args:
            rows: What a format yielded.
            name: What messages call the source as a whole.

        Raises:
            DatasetError: No row has a column that the user named.
        """
        if not self.given:
            return rows
        seen: set[str] = set()
        gathered: list[Row] = []
        for row in rows:
            if isinstance(row.data, Mapping):
                seen.update(row.data)
                row = row._replace(data=self._pick(row.data))  # noqa: PLW2901
            gathered.append(row)
        # Only now: a column that the first rows lack may come in a later one.
        if gathered:
            self._check_all_exist(seen, name)
        return gathered

    def _check_all_exist(self, seen: Set[str], name: str) -> None:
        """Refuse a mapping to columns that no row has."""
        for part in _PARTS:
            columns = list(getattr(self, part))
            for column in columns:
                if column not in seen:
                    raise DatasetError(
                        f"{name} has no column {column!r}, named in {part}={columns!r}."
                        f"{nearest(column, seen)} {known(seen)}"
                    )

    def _pick(self, data: Mapping[str, Any]) -> dict[str, Any]:
        example = _subset(data, _VERBATIM)
        for part in _PARTS:
            values = _subset(data, getattr(self, part))
            if values:
                example[part] = values
        return example


def _subset(data: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: data[key] for key in keys if key in data}


def unfold(data: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """Return a row with its flat columns, such as ``inputs.x``, in their parts; one that has none as it is.

    Raises:
        DatasetError: The row gives one part twice.
    """
    if data.keys() <= FIELDS:
        return data
    example: dict[str, Any] = {}
    for key, value in data.items():
        part, _, name = str(key).partition(".")
        if not name or part not in _PARTS:
            # No flat column: checking says so, if it is no key of an example either.
            example[key] = value
            continue
        if part in data:
            raise DatasetError(f"{place}: both {part!r} and {key!r} are given. Give the one or the other.")
        example.setdefault(part, {})[name] = value
    return example
