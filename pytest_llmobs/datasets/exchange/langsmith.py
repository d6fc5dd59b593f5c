"""LangSmith's exports: what its API and SDK give (a list of ``Example``), and what the button in its pages downloads.

The API's examples have ``dataset_id``, times in UTC without saying so, and their splits in
``metadata.dataset_split``. A downloaded table has a column for each key (``input_question``, ``output_answer``), or one
for each part with JSON in it. Both become examples of ours, and examples of ours a list that
``client.create_examples(examples=…)`` of LangSmith's takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from pytest_llmobs.datasets.base import Row, abridge
from pytest_llmobs.datasets.columns import FIELDS
from pytest_llmobs.errors import DatasetError

SPLIT = "dataset_split"
"""Key of the metadata that holds the splits."""
OWN_ID = "llmobs_id"
"""Key of the metadata that holds an id which is no UUID: theirs have to be."""
_NAMESPACE = UUID("6f0d0c53-8f0c-5b0e-9e55-2f1c0d1c9a34")
_PREFIXES = {"input": "inputs", "output": "outputs", "metadata": "metadata"}
"""How the columns of a downloaded table begin, before the underscore."""
_TIMES = ("created_at", "modified_at")
_OF_THEIRS = frozenset({"dataset_id", "dataset_name", "runs", "name", "url", "host_url", "tenant_id"})
"""Keys that say nothing here."""
_RENAMED = {"reference_outputs": "outputs", SPLIT: "split"}
_ATTACHED = frozenset({"attachments", "attachment_urls"})
_KNOWN = FIELDS | _OF_THEIRS | _ATTACHED | _RENAMED.keys()
"""Every key of their examples."""


def is_theirs(rows: Iterable[Row]) -> bool:
    """Tell whether rows are of such an export."""
    return any(map(_is_marked, rows))


def _is_marked(row: Row) -> bool:
    data = row.data
    if not isinstance(data, Mapping):
        return False
    metadata = data.get("metadata")
    if "dataset_id" in data or (isinstance(metadata, Mapping) and not {SPLIT, OWN_ID}.isdisjoint(metadata)):
        return True
    if "inputs" in data:
        return False
    parts = {key: _part_of(key) for key in data}
    unknown = [key for key, part in parts.items() if part is None and key not in _KNOWN]
    return (
        "inputs" in parts.values() and not unknown
    )  # else a column of somebody's that is called input_tokens


def _part_of(column: str) -> str | None:
    """Return the part that a column of a downloaded table belongs to: ``input_question``, ``inputs_question``."""
    prefix, underscore, name = str(column).partition("_")
    if not underscore or not name:
        return None
    return _PREFIXES.get(prefix.removesuffix("s"), _PREFIXES.get(prefix))


def ours(row: Row, *, without_attachments: bool = False) -> Row:
    """Return a row of such an export as a row of ours.

    Args:
        row: As a format read it.
        without_attachments: Leave out what is attached.

    Raises:
        DatasetError: Something is attached, or the splits are none.
    """
    if not isinstance(row.data, Mapping):
        return row
    data = _unfolded(row.data, row.place)
    fields: dict[str, Any] = {}
    for key, value in data.items():
        if key in _ATTACHED:
            _refuse_attached(value, row.place, without_attachments)
        elif key in _TIMES:
            fields[key] = _utc(value)
        elif key in _RENAMED:
            fields[_RENAMED[key]] = value
        elif key not in _OF_THEIRS:  # one that nobody knows is refused by name further on
            fields[key] = value
    _take_metadata(fields, row.place)
    return row._replace(data=fields)


def _refuse_attached(value: Any, place: str, is_left_out: bool) -> None:
    if value and not is_left_out:
        names = ", ".join(map(str, value)) if isinstance(value, Mapping | list) else abridge(value)
        raise DatasetError(
            f"{place}: attachments ({names}): a dataset is a text file. Put them beside it and their paths into the "
            "inputs, or leave them out: --without-attachments."
        )


def _unfolded(data: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return a row of a downloaded table with its columns in the parts they belong to."""
    unfolded: dict[str, Any] = {}
    for column, value in data.items():
        part = _part_of(column)
        if part is None:
            unfolded[column] = value
            continue
        if part in data:
            raise DatasetError(f"{place}: both {part!r} and {column!r} are given. Give the one or the other.")
        unfolded.setdefault(part, {})[column.partition("_")[2]] = value
    return unfolded


def _take_metadata(fields: dict[str, Any], place: str) -> None:
    """Move the splits and the id out of the metadata."""
    metadata = fields.get("metadata")
    if not isinstance(metadata, Mapping):
        return
    rest = dict(metadata)
    splits = rest.pop(SPLIT, None)
    own_id = rest.pop(OWN_ID, None)
    if splits is not None:
        if not isinstance(splits, str | list):
            raise DatasetError(
                f"{place}: metadata.{SPLIT} is {abridge(splits)}; it must be a name or a list of them."
            )
        fields["split"] = splits
    if own_id is not None:
        fields["id"] = own_id
    fields["metadata"] = rest


def _utc(value: Any) -> Any:
    """Return a time of theirs, which is UTC where it doesn't say so; anything else as it is, to be refused."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    return value if moment.tzinfo is not None else f"{value}+00:00"


def theirs(rows: Sequence[Mapping[str, Any]], dataset: str) -> list[dict[str, Any]]:
    """Return examples as their API has them.

    Args:
        rows: The examples as lines of a file have them, of JSON types alone.
        dataset: The dataset's name.

    Raises:
        DatasetError: An example's metadata has a key that means something else there.
    """
    dataset_id = str(uuid5(_NAMESPACE, dataset))
    return [_exported(row, dataset_id) for row in rows]


def _exported(row: Mapping[str, Any], dataset_id: str) -> dict[str, Any]:
    metadata = dict(row.get("metadata", {}))
    for key in (SPLIT, OWN_ID):
        if key in metadata:
            raise DatasetError(
                f"example {row['id']!r}: its metadata has {key!r}, which means something else to LangSmith. Rename it, "
                "or use another form: jsonl, json, csv or parquet."
            )
    split = row.get("split")
    if split is not None:
        metadata[SPLIT] = [split] if isinstance(split, str) else split
    id = row["id"]
    if not _is_uuid(id):
        metadata[OWN_ID] = id
        id = str(uuid5(UUID(dataset_id), id))
    exported = {"id": id, "dataset_id": dataset_id, "inputs": row["inputs"], "outputs": row.get("outputs")}
    for key in (*_TIMES, "source_run_id"):
        if key in row:
            exported[key] = row[key]
    return {**exported, "metadata": metadata}


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
