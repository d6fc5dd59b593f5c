"""From raw rows to checked examples."""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pytest_llmobs.datasets.base import Row, abridge
from pytest_llmobs.datasets.columns import FIELDS, WRITTEN, Columns, unfold
from pytest_llmobs.datasets.identity import derived_id
from pytest_llmobs.datasets.json_data import JsonCheck
from pytest_llmobs.datasets.notices import warn
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.records.examples import Example, canonical_json, example_of
from pytest_llmobs.wording import count, known, listed, nearest

_OTHER_NAMES = dict.fromkeys(
    ("reference_outputs", "reference", "expected", "expected_output", "expected_outputs", "ground_truth"),
    "outputs",
)
_USUAL = {"id": str, "inputs": dict, "outputs": dict, "metadata": dict, "split": str}
_SHAPES: set[tuple[Any, ...]] = set()
"""Keys and types of rows that were usual: nearly all rows of a dataset are alike."""
_PARTS = {"inputs": "query", "outputs": "answer", "metadata": "tier"}
_TIMES = ("created_at", "modified_at")
_SAMPLE = '{"inputs": {"query": "Hello"}}'


_GROUPS = 3
"""Groups of equal examples that a warning names."""
_IDS = 4
"""Ids of one group that it names."""


def check_rows(
    rows: Iterable[Row], columns: Columns, name: str, *, may_ask_the_same: bool = False
) -> tuple[Example, ...]:
    """Check raw rows and return their examples, ids derived where a row has none.

    Args:
        rows: What a format yielded.
        columns: Which flat columns are inputs, outputs and metadata.
        name: What messages call the source as a whole.
        may_ask_the_same: Don't warn of examples with equal inputs.

    Raises:
        DatasetError: A row is no example, or two have the same id; the message names the places.
    """
    json_check = JsonCheck(name)
    checked: list[tuple[dict[str, Any], str]] = []
    for row in columns.gather(rows, name):
        data, place, plain, _ = row
        if _is_usual(data):
            fields = data if plain else dict(data)  # the caller's own
        else:
            fields = _fields(row)
        if not plain:
            json_check.check(_without_times(fields), place)
        checked.append((fields, place))
    _give_ids(checked)
    if not may_ask_the_same:
        _warn_of_equal_inputs(checked, name)
    return tuple([example_of(fields) for fields, _ in checked])


def _without_times(fields: dict[str, Any]) -> dict[str, Any]:
    if fields.keys().isdisjoint(_TIMES):
        return fields
    return {key: value for key, value in fields.items() if key not in _TIMES}


def _give_ids(checked: Sequence[tuple[dict[str, Any], str]]) -> None:
    """Refuse an id that stands twice, and derive those that are missing."""
    ids = [fields["id"] for fields, _ in checked if "id" in fields]
    taken = set(ids)
    if len(taken) < len(ids):
        raise _taken_twice(checked)
    if len(taken) == len(checked):
        return
    # Only now: a derived id makes way for a written one, wherever that stands.
    for fields, _ in checked:
        if "id" not in fields:
            fields["id"] = derived_id(fields["inputs"], taken)
            taken.add(fields["id"])


def _taken_twice(checked: Iterable[tuple[dict[str, Any], str]]) -> DatasetError:
    """Return the error for the first id that stands a second time."""
    places: dict[str, str] = {}
    for fields, place in checked:
        id: str = fields.get("id", "")
        if id in places:
            break
        if id:
            places[id] = place
    return DatasetError(
        f"{place}: the id {id!r} is taken already, by {places[id]}. "
        "Rename one, or leave the id out: it is then derived from the inputs."
    )


def _is_usual(data: Any) -> bool:
    """Return True where every key has the type it has nearly always: then nothing else needs a look."""
    # By type, not by ``isinstance``: this is asked of every row, and what is unusual gets a closer look.
    if type(data) is not dict:
        return False
    shape = (*data, *map(type, data.values()))
    if shape not in _SHAPES:
        if "inputs" not in data or any(_USUAL.get(key) is not type(value) for key, value in data.items()):
            return False
        _SHAPES.add(shape)
    return bool(data.get("id", "-").strip() and data.get("split", "-").strip())


def _fields(row: Row) -> dict[str, Any]:
    """Return an example's fields, nulls left out."""
    data, place = row.data, row.place
    if not isinstance(data, Mapping):
        raise DatasetError(
            f"{place}: {abridge(data)} is {_kind(data)}, not an object. An example looks like {_SAMPLE}"
        )
    data = unfold(data, place)
    if not data.keys() <= FIELDS | row.further:
        raise DatasetError(_unknown_key(data, place))
    fields = {key: value for key, value in data.items() if value is not None}
    _check_parts(fields, place)
    _check_names(fields, place)
    _check_splits(fields, place)
    _check_origin(fields, place)
    return fields


def _check_parts(fields: dict[str, Any], place: str) -> None:
    if "inputs" not in fields:
        present = "it is empty"
        if fields:
            present = f"it has {', '.join(sorted(fields))}"
        raise DatasetError(f"{place}: 'inputs' is missing ({present}). An example looks like {_SAMPLE}")
    for key, sample in _PARTS.items():
        value = fields.get(key, {})
        if not isinstance(value, Mapping):
            raise DatasetError(
                f"{place}: {key!r} is {abridge(value)}, not an object. Give it a name, "
                f'such as {{"{key}": {{"{sample}": …}}}}'
            )


def _unknown_key(data: Mapping[Any, Any], place: str) -> str:
    key = min(map(str, data.keys() - FIELDS))
    hint = nearest(key, FIELDS)
    if key in _OTHER_NAMES:
        hint = f" Did you mean {_OTHER_NAMES[key]!r}?"
    return (
        f"{place}: unknown key {key!r}.{hint} {known(WRITTEN)} Put other facts into 'metadata', "
        "write flat columns as 'inputs.x' and 'outputs.y', or name them: "
        "load_dataset(path, inputs=[…], outputs=[…])"
    )


def _check_names(fields: dict[str, Any], place: str) -> None:
    """Check the id, for which a whole number may stand, and the run that an example was made of."""
    if type(fields.get("id")) is int:
        fields["id"] = str(fields["id"])
    for key in ("id", "source_run_id"):
        if key in fields:
            _check_name(key, fields[key], place)


def _check_name(key: str, value: Any, place: str) -> None:
    if not isinstance(value, str):
        raise DatasetError(f"{place}: the {key} is {abridge(value)}, {_kind(value)}. It must be a string.")
    if not value.strip():
        raise DatasetError(f"{place}: the {key} is empty. Give it a name, or leave the key out.")


def _check_splits(fields: dict[str, Any], place: str) -> None:
    """Check the split; one that is listed alone is that split."""
    split = fields.get("split", "base")
    if not isinstance(split, list | tuple):
        _check_name("split", split, place)
        return
    for name in split:
        _check_name("split", name, place)
    names = tuple(dict.fromkeys(split))
    if len(names) > 1:
        fields["split"] = names
    elif names:
        fields["split"] = names[0]
    else:
        del fields["split"]


def _check_origin(fields: dict[str, Any], place: str) -> None:
    """Make times of the texts that say when an example was made and changed."""
    for key in _TIMES:
        value = fields.get(key)
        if value is None or isinstance(value, datetime):
            continue
        try:
            fields[key] = datetime.fromisoformat(value).astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            raise DatasetError(
                f"{place}: {key} is {abridge(value)}, which is no time. Write it as 2026-01-31T12:00:00+00:00."
            ) from None


def _kind(value: Any) -> str:
    names = {"str": "a string", "list": "a list", "int": "a number", "float": "a number", "NoneType": "null"}
    return names.get(type(value).__name__, f"of type {type(value).__name__}")


def _warn_of_equal_inputs(checked: Sequence[tuple[Mapping[str, Any], str]], name: str) -> None:
    """Warn once where examples have the same inputs: such an example counts twice in every mean.

    Args:
        checked: The fields of each example, and its place.
        name: What messages call the source as a whole.

    Raises:
        DatasetError: Warnings are turned into errors.
    """
    first: dict[int, int] = {}
    # Only the repeated ones get a list: there are ten thousand of the others.
    repeated: dict[int, list[int]] = {}
    for number, (fields, _) in enumerate(checked):
        earlier = first.setdefault(_fingerprint(fields["inputs"]), number)
        if earlier != number and _are_equal(fields, checked[earlier][0]):
            repeated.setdefault(earlier, [earlier]).append(number)
    if repeated:
        warn(
            _equal_inputs_message(
                [[checked[number] for number in group] for group in repeated.values()], name
            )
        )


def _fingerprint(inputs: Mapping[str, Any]) -> int:
    """Return a number that is the same for equal inputs: a hash of canonical JSON takes three times as long."""
    try:
        return hash(marshal.dumps(sorted(inputs.items()), 2))
    except ValueError:  # a subclass of a number or of a text
        return hash(canonical_json(inputs))


def _are_equal(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return canonical_json(one["inputs"]) == canonical_json(other["inputs"])


def _equal_inputs_message(groups: Sequence[Sequence[tuple[Mapping[str, Any], str]]], name: str) -> str:
    shown = []
    for group in groups[:_GROUPS]:
        ids = listed([repr(fields["id"]) for fields, _ in group], _IDS)
        shown.append(f"{ids} ({group[0][1]} and {group[1][1]})")
    if len(groups) > _GROUPS:
        shown.append(f"and {count(len(groups) - _GROUPS, 'more group')}")
    return (
        f"{name}: examples have equal inputs: {'; '.join(shown)}. Each counts on its own in every mean and in the "
        "gate. Keep one of them, or say what tells them apart in its inputs; to run an example several times, use "
        "repeat=."
    )
