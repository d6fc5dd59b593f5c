"""Slicing what was said: by a label, by what else was said of the same run, or by the run's own fields and metadata."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.feedback.selection import Selection
from pytest_llmobs.feedback.sums import said_of, sums
from pytest_llmobs.records.feedback import FeedbackStats
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_llmobs.storage.store import Store

RUN_FIELDS = ("name", "run_type", "model", "provider", "status", "project", "dataset", "example_id", "suite")
"""Columns of the runs that feedback can be sliced by."""
METADATA = "metadata."
"""What a name of the runs' metadata begins with."""


def slices(store: Store, selection: Selection, by: str) -> dict[tuple[str | None, str], FeedbackStats]:
    """Return the sums of each slice and key; the slice of what has no value is None.

    Args:
        store: Whose feedback is read.
        selection: What of it.
        by: ``value`` (the label), ``comment`` (with or without), ``source``, ``day``, a run's field (``RUN_FIELDS``),
            ``metadata.NAME``, or another key, whose label or score the same run has.

    Raises:
        NotFoundError: Nothing can be sliced by that.
    """
    said = said_of(store, selection)
    worth = _values(store, said, by)
    return sums(said.append_column("slice", worth), ["slice", "key"])


def _values(store: Store, said: pa.Table, by: str) -> Any:
    """Return the slice of each row, a text or null."""
    if by in _OWN:
        return _OWN[by](said)
    run_ids = said["run_id"].unique().drop_null()
    if by in RUN_FIELDS:
        of_runs = _of_runs(store, run_ids, by, _as_text)
    elif by.startswith(METADATA):
        of_runs = _of_runs(store, run_ids, "metadata", partial(_of_metadata, by.removeprefix(METADATA)))
    else:
        of_runs = _of_key(store, by)
    return _looked_up(said["run_id"], of_runs)


def _labels(said: pa.Table) -> Any:
    return said["label"]


def _with_comment(said: pa.Table) -> Any:
    import pyarrow.compute as pc

    return pc.if_else(said["has_comment"], "with comment", "without")


def _sources(said: pa.Table) -> Any:
    return said["source_type"]


def _days(said: pa.Table) -> Any:
    import pyarrow.compute as pc

    return pc.utf8_slice_codeunits(said["created_at"].cast("string"), 0, len("2026-11-30"))


_OWN: Mapping[str, Callable[[pa.Table], Any]] = {
    "value": _labels,
    "comment": _with_comment,
    "source": _sources,
    "day": _days,
}
"""What a row says itself."""
CHOICES: tuple[str, ...] = (*_OWN, *RUN_FIELDS, f"{METADATA}NAME")
"""What feedback can be sliced by, besides another key."""


def _of_runs(store: Store, run_ids: Any, column: str, text_of: Callable[[Any], str | None]) -> dict[str, str]:
    """Return what the runs that are stored have in a column, by id."""
    of_runs: dict[str, str] = {}
    if not len(run_ids):
        return of_runs
    # A table of runs has their project anyway.
    read = ["id"] if column == "project" else ["id", column]
    for table in store.tables(read, id=run_ids.to_pylist()):
        for run_id, value in zip(table["id"].to_pylist(), table[column].to_pylist(), strict=True):
            text = text_of(value)
            if text is not None:
                of_runs[run_id] = text
    return of_runs


def _of_metadata(name: str, metadata: str | None) -> str | None:
    """Return what runs' metadata, JSON, have under a name; ``a.b`` looks into ``a`` where there is no ``a.b``."""
    from pydantic_core import from_json

    return None if metadata is None else metadata_text(name, from_json(metadata))


def metadata_text(name: str, metadata: Mapping[str, Any]) -> str | None:
    """Return what a run's metadata have under a name, as text; ``a.b`` looks into ``a`` where there is no ``a.b``."""
    found: Any = metadata
    if name in found:
        return _as_text(found[name])
    for part in name.split("."):
        if not isinstance(found, dict) or part not in found:
            return None
        found = found[part]
    return _as_text(found)


def _of_key(store: Store, key: str) -> dict[str, str]:
    """Return what was last said of each run under another key: the label, else the score.

    Raises:
        NotFoundError: Nobody said anything under that key.
    """
    said = said_of(store, Selection(keys=[key]))
    if not len(said):
        choices = [*CHOICES, *said_of(store, Selection())["key"].unique().to_pylist()]
        raise NotFoundError(f"Nothing can be sliced by {key!r}.{nearest(key, choices)} {known(choices)}")
    of_runs: dict[str, str] = {}
    rows: Sequence[dict[str, Any]] = said.sort_by("created_at").to_pylist()
    for row in rows:
        text = _as_text(row["score"] if row["label"] is None else row["label"])
        if text is not None and row["run_id"] is not None:
            of_runs[row["run_id"]] = text
    return of_runs


def _as_text(value: Any) -> str | None:
    from pydantic_core import to_json

    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:g}"
    return to_json(value).decode()


def _looked_up(run_ids: Any, of_runs: Mapping[str, str]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    values = pa.array(list(of_runs.values()), pa.string())
    return values.take(pc.index_in(run_ids, value_set=pa.array(list(of_runs), pa.string())).combine_chunks())
