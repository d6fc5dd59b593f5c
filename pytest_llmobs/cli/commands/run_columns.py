"""What ``llmobs runs`` prints of a run: the columns that can be chosen, and rows of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import FilterError
from pytest_llmobs.storage.filtering.fields import FIELDS
from pytest_llmobs.storage.parquet.schema import COLUMNS, NAMES
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_llmobs.storage.store import Store

FEEDBACK = "feedback"
"""The column that no file has: what was said of the run since, by key."""
SHOWN = ("start_time", "name", "status", "latency", "total_tokens", "total_cost", FEEDBACK, "id")
"""What people see."""
EVERYTHING = (*NAMES, "project", FEEDBACK)
"""What machines get."""
PAYLOADS = ("inputs", "outputs", "metadata")
"""Columns of which a key may be chosen: ``metadata.plan``."""

Row = dict[str, Any]
"""Values by the names that were asked for."""


@dataclass(frozen=True)
class RunColumns:
    """Columns of the store by the names that the user gave them."""

    stored: Mapping[str, str]
    """Name -> column; ``feedback`` is not among them."""
    names: Sequence[str]
    """All of them, in order."""

    @property
    def needed(self) -> list[str]:
        """The columns to read."""
        return list(dict.fromkeys([*self.stored.values(), "id"]))

    def rows(self, table: pa.Table, store: Store) -> list[Row]:
        """Return the rows of a table, their feedback read besides where it is asked for."""
        ids = table["id"].to_pylist()
        values: dict[str, Sequence[Any]] = {}
        for name in self.names:
            if name == FEEDBACK:
                values[name] = _feedback(ids, store)
                continue
            values[name] = _values(table, self.stored[name])
            if name.partition(".")[0] in PAYLOADS and "." in name:
                values[name] = [_part(payload, name.partition(".")[2]) for payload in values[name]]
        return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def chosen(select: str | None, default: Sequence[str]) -> RunColumns:
    """Return the columns that are to be printed.

    Args:
        select: Their names with commas between them, LangSmith's too; None for the default.
        default: Names.

    Raises:
        FilterError: A name is unknown, or there is none.
    """
    names = default
    if select is not None:
        names = list(filter(None, map(str.strip, select.split(","))))
    if not names:
        raise FilterError(f"--select {select!r} names no column. Write names, such as id,name,metadata.plan.")
    choices = _choices()
    stored: dict[str, str] = {}
    for name in names:
        column, dot, key = name.partition(".")
        if dot and key and column in PAYLOADS:
            stored[name] = column
        elif name not in choices:
            raise FilterError(
                f"Unknown column {name!r} in --select.{nearest(name, choices)} {known(choices)} Of inputs, outputs and "
                "metadata a key will do, too: metadata.KEY."
            )
        elif name != FEEDBACK:
            stored[name] = choices[name]
    return RunColumns(stored, list(dict.fromkeys(names)))


def _choices() -> dict[str, str]:
    """Return the columns by all names that they have in filters and files."""
    choices = dict(zip(EVERYTHING, EVERYTHING, strict=True))
    for field in FIELDS:
        if field.record is None and field.column in choices and field.kind not in ("flag", "order", "thread"):
            choices |= dict.fromkeys((field.name, *field.aliases), field.column)
    return choices


_KINDS: Mapping[str, str] = {column.name: column.kind for column in COLUMNS}


def _values(table: pa.Table, column: str) -> list[Any]:
    values: list[Any] = table[column].to_pylist()
    read = _READERS.get(_KINDS.get(column, ""))
    if read is None:
        return values
    return list(map(read, values))


def _part(payload: Any, key: str) -> Any:
    """Return what a payload has under a key, or None; ``a.b`` looks into ``a`` where there is no ``a.b``."""
    if not isinstance(payload, dict):
        return None
    if key in payload:
        return payload[key]
    first, _, rest = key.partition(".")
    return _part(payload.get(first), rest) if rest else None


def _parsed(text: str | None) -> Any:
    from pydantic_core import from_json

    if text is None:
        return None
    try:
        return from_json(text)
    except ValueError:  # damaged: shown as it is
        return text


def _iso(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _scores(pairs: Sequence[tuple[str, float]] | None) -> dict[str, float] | None:
    """Return scores by key; Arrow reads a map as pairs."""
    return None if pairs is None else dict(pairs)


_READERS: Mapping[str, Callable[[Any], Any]] = {"json": _parsed, "scores": _scores, "time": _iso}
"""What makes JSON types of a column's values, by its kind."""


def _feedback(ids: Iterable[str], store: Store) -> list[dict[str, Any]]:
    from pytest_llmobs.feedback.sums import stats_of_runs

    ids = list(ids)
    stats = stats_of_runs(store, ids)
    said = []
    for id in ids:
        by_key = stats.get(id, {})
        said.append(dict(zip(by_key, map(asdict, by_key.values()), strict=True)))
    return said
