"""What was written is what was meant: a file is read back before it takes its place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_llmobs.datasets.base import Row, abridge
from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.rows import row_of
from pytest_llmobs.datasets.validation import check_rows
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.records.examples import Dataset, Example, canonical_json

Fields = Mapping[str, Any]
"""An example as a line of a file has it, of JSON types alone."""


def plain_rows(dataset: Dataset) -> list[Fields]:
    """Return examples as lines of a file have them, of JSON types alone.

    Raises:
        DatasetError: An example has what JSON has no form for (NaN, bytes, a date), or two have one id.
    """
    rows = []
    for number, example in enumerate(dataset.examples, 1):
        rows.append(Row(row_of(example), f"{dataset.name}, example {number} ({example.id!r})"))
    checked = check_rows(rows, Columns(), dataset.name, may_ask_the_same=True)
    return list(map(_plain, checked))


def _plain(example: Example) -> Fields:
    fields: Fields = json.loads(json.dumps(row_of(example)))
    return fields


def check_same(rows: Sequence[Fields], read_back: Sequence[Example], form: str, otherwise: str) -> None:
    """Make sure that what was read back is what was to be written.

    Args:
        rows: What was to be written.
        read_back: In whatever order.
        form: As the user names it.
        otherwise: Forms that hold anything, for the remedy.

    Raises:
        DatasetError: An example differs; the message names it, the place in it, and both values.
    """
    found = {example.id: example for example in read_back}
    for row in rows:
        again = found.get(row["id"])
        if again is None:
            raise DatasetError(f"The form {form!r} loses the example {row['id']!r}. Use {otherwise}.")
        if canonical_json(row) != canonical_json(row_of(again)):
            where, old, new = _difference(row, _plain(again))
            raise DatasetError(
                f"The form {form!r} can't hold {where} of the example {row['id']!r}: {abridge(old)} would be read back "
                f"as {abridge(new)}. Use {otherwise}."
            )
    if len(found) != len(rows):
        raise DatasetError(f"The form {form!r} makes {len(found)} examples of {len(rows)}. Use {otherwise}.")


_MISSING = object()


def _difference(old: Any, new: Any, where: str = "") -> tuple[str, Any, Any]:
    """Return the first place in which two values differ, and what stands there in each."""
    pairs: list[tuple[str, Any, Any]] = []
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            pairs.append((f"{where}.{key}", old.get(key, _MISSING), new.get(key, _MISSING)))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, (one, other) in enumerate(zip(old, new, strict=True)):
            pairs.append((f"{where}[{at}]", one, other))
    for place, one, other in pairs:
        if _MISSING in (one, other) or canonical_json(one) != canonical_json(other):
            if _MISSING in (one, other):
                return place.removeprefix("."), _shown(one), _shown(other)
            return _difference(one, other, place)
    return where.removeprefix("."), old, new


def _shown(value: Any) -> Any:
    return "nothing" if value is _MISSING else value
