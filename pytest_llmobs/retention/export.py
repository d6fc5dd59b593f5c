"""A person's data as files that they can read: what ``llmobs export --user`` writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.rows import row_of
from pytest_llmobs.errors import ConflictError, NotFoundError, StoreError
from pytest_llmobs.files import PRIVATE, copy_whole, encodable, make_private, write_whole
from pytest_llmobs.retention.finding import chunks, look
from pytest_llmobs.retention.holds import Holds
from pytest_llmobs.retention.places import PLACES
from pytest_llmobs.retention.places.datasets import theirs
from pytest_llmobs.retention.subjects import Person, Sought
from pytest_llmobs.retention.territory import Territory

RUNS, FEEDBACK, EXAMPLES, ELSEWHERE = "runs.jsonl", "feedback.jsonl", "examples.jsonl", "elsewhere.json"
MEDIA = "media"


@dataclass(frozen=True)
class Exported:
    """What was written: how many lines, or files, each has."""

    folder: Path
    numbers: Mapping[str, int]


def export_person(territory: Territory, person: Person, folder: Path) -> Exported:
    """Write everything of a person to a folder: runs, feedback, examples, images, and where else they are named.

    Args:
        territory: Where it lies.
        person: Whose; a legal hold keeps nothing back from them.
        folder: Where to; it is made, for its owner alone.

    Raises:
        NotFoundError: Nothing was found.
        ConflictError: The folder isn't empty.
        StoreError: A file can't be read or written.
    """
    # a hold keeps data from being erased, and not from the person
    found = look(territory, person, Holds())
    sought = found.sought
    if not sought.run_ids and not sought.examples:
        raise NotFoundError(
            f"Nothing found: nobody has the id {person.user!r} in {territory.store.place!r}. Looked at metadata "
            f"under {', '.join(person.keys)}."
        )
    try:
        if folder.exists() and any(folder.iterdir()):
            raise ConflictError(f"{str(folder)!r} isn't empty. Choose another folder.")
        make_private(folder)
        numbers = {
            RUNS: _write(folder / RUNS, _runs(sought, territory)),
            FEEDBACK: _write(folder / FEEDBACK, _feedback(sought, territory)),
            EXAMPLES: _write(folder / EXAMPLES, _examples(sought, territory)),
            MEDIA: _copy_media(folder / MEDIA, sought, territory),
        }
        elsewhere = list(_elsewhere(sought, territory))
        text = json.dumps(elsewhere, ensure_ascii=False, indent=1)
        write_whole(folder / ELSEWHERE, f"{text}\n", mode=PRIVATE)
    except OSError as error:
        raise StoreError(f"Can't write to {str(folder)!r}: {error.strerror or error}.") from error
    return Exported(folder, {**numbers, ELSEWHERE: len(elsewhere)})


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    number = 0

    def lines() -> Iterator[str]:
        nonlocal number
        for row in rows:
            number += 1
            yield encodable(json.dumps(row, ensure_ascii=False, default=str)) + "\n"

    write_whole(path, lines(), mode=PRIVATE)
    return number


def _runs(sought: Sought, territory: Territory) -> Iterator[Mapping[str, Any]]:
    for ids in chunks(sought.run_ids):
        for run in territory.store.runs(id=ids):
            yield run.model_dump(mode="json")


def _feedback(sought: Sought, territory: Territory) -> Iterator[Mapping[str, Any]]:
    for ids in chunks(sought.run_ids):
        for row in territory.store.feedback.current(ids).to_pylist():
            yield {name: value for name, value in row.items() if value is not None}


def _examples(sought: Sought, territory: Territory) -> Iterator[Mapping[str, Any]]:
    for name, _, examples in theirs(sought, territory):
        for example in examples:
            yield {"dataset": name, **row_of(example)}


def _copy_media(folder: Path, sought: Sought, territory: Territory) -> int:
    store, number = territory.store, 0
    for name in sorted(sought.media):
        make_private(folder)
        remote = territory.remote
        if remote is not None:
            write_whole(folder / name, remote.remote.read(f"media/{name}"), mode=PRIVATE)
        elif (store.layout.media / name).is_file():
            copy_whole(store.layout.media / name, folder / name, mode=PRIVATE)
        number += 1
    return number


def _elsewhere(sought: Sought, territory: Territory) -> Iterator[Mapping[str, Any]]:
    """Yield where else something of theirs lies: figures and copies, whose content is that of the runs."""
    for place in PLACES:
        for finding in place.find(sought, territory):
            yield {
                "place": finding.place,
                "number": finding.number,
                "unit": finding.unit,
                "files": finding.files,
            }
