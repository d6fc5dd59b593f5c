"""Flat columns: ``inputs.x`` by name, or any column by the user's mapping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
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

    def gather(self, rows: Iterable[Row], name: str) -> Iterator[tuple[Any, Row]]:
        """Yield each row with its data as an example's dict; what is no flat row comes back as it is.

        Args:
            rows: What a format yielded.
            name: What messages call the source as a whole.

        Raises:
            DatasetError: No row has a column that the user named, or a row gives one part twice.
        """
        if self.given:
            return self._gather_named(rows, name)
        return _gather_prefixed(rows)

    def _gather_named(self, rows: Iterable[Row], name: str) -> Iterator[tuple[Any, Row]]:
        seen: set[str] = set()
        gathered: list[tuple[Any, Row]] = []
        for row in rows:
            data = row.data
            if isinstance(data, Mapping):
                seen.update(data)
                data = self._pick(data)
            gathered.append((data, row))
        # Only now: a column that the first rows lack may come in a later one.
        if gathered:
            self._check_all_exist(seen, name)
        yield from gathered

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


def _gather_prefixed(rows: Iterable[Row]) -> Iterator[tuple[Any, Row]]:
    for row in rows:
        data = row.data
        # By type first: nearly every row is a dict, and asking an abstract class takes its time.
        is_flat = (type(data) is dict or isinstance(data, Mapping)) and not data.keys() <= FIELDS
        if is_flat:
            data = _unfold(data, row.place)
        yield data, row


def _unfold(data: Mapping[str, Any], place: str) -> dict[str, Any]:
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
