"""A dataset's file read to its end: every example that can be read, and every line that can't.

``loading`` refuses a file for its first problem, since what follows may be another one's doing; whoever mends a file
wants all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import DatasetFormat, Row
from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.identity import derived_id
from pytest_llmobs.datasets.inspection.findings import Finding
from pytest_llmobs.datasets.validation import check_rows
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path
from pytest_llmobs.records.examples import Example


@dataclass
class Reading:
    """What a file holds."""

    file: str
    """As it is typed, relative to the current folder."""
    examples: list[Example] = field(default_factory=list)
    """Those that can be read, in the order of the file; of several with one id all."""
    places: list[str] = field(default_factory=list)
    """Where each stands: ``tests/golden.jsonl:3``."""
    findings: list[Finding] = field(default_factory=list)
    """What can't be read, and ids that stand twice."""


def read_everything(file: Path, reader: DatasetFormat) -> Reading:
    """Read a file, whatever is wrong with it.

    Args:
        file: It is there.
        reader: Its format.
    """
    reading = Reading(display_path(file))
    unnamed: list[int] = []
    for row in _rows(file, reader):
        if isinstance(row, DatasetError):
            reading.findings.append(_unreadable(reading.file, str(row)))
            continue
        try:
            (example,) = check_rows([row], Columns(), reading.file, may_ask_the_same=True)
        except DatasetError as error:
            reading.findings.append(_unreadable(reading.file, str(error), row.place))
            continue
        if not _has_id(row.data):
            unnamed.append(len(reading.examples))
        reading.examples.append(example)
        reading.places.append(row.place)
    _check_ids(reading, unnamed)
    return reading


def _rows(file: Path, reader: DatasetFormat) -> Iterator[Row | DatasetError]:
    """Yield rows, and what is wrong in the place of those that are none; where nobody can go on, that comes last."""
    # a format that can go on behind a broken line says so by having this
    every_row = getattr(reader, "every_row", reader.rows)
    rows: Iterable[Row | DatasetError]
    try:
        rows = every_row(file)
        yield from rows
    except DatasetError as error:
        yield error
    except OSError as error:
        yield DatasetError(f"{display_path(file)} can't be read: {error.strerror or error}.")


def _unreadable(file: str, message: str, place: str = "") -> Finding:
    places = (place,) if place else ()
    return Finding(kind="unreadable", dataset=file, message=message, places=places)


def _has_id(data: Any) -> bool:
    return isinstance(data, Mapping) and data.get("id") is not None


def _check_ids(reading: Reading, unnamed: Iterable[int]) -> None:
    """Find ids that stand twice, and derive those that nobody wrote as ``loading`` does."""
    derived = set(unnamed)
    first: dict[str, int] = {}
    for number, example in enumerate(reading.examples):
        if number in derived:
            continue
        earlier = first.setdefault(example.id, number)
        if earlier != number:
            reading.findings.append(_duplicate(reading, earlier, number))
    taken = set(first)
    for number in sorted(derived):
        example = reading.examples[number]
        reading.examples[number] = replace(example, id=derived_id(example.inputs, taken))
        taken.add(reading.examples[number].id)


def _duplicate(reading: Reading, earlier: int, number: int) -> Finding:
    id = reading.examples[number].id
    places = reading.places[earlier], reading.places[number]
    return Finding(
        kind="duplicate-id",
        dataset=reading.file,
        message=(
            f"{places[1]}: the id {id!r} is taken already, by {places[0]}. Rename one, or leave the id out: it is then "
            "derived from the inputs."
        ),
        places=places,
        examples=(id,),
    )
