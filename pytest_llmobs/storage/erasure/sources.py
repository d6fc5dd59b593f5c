"""Who gave feedback: the name of a person goes, and what they said of other people's runs stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import parse_json
from pytest_llmobs.storage.erasure.doomed import Doomed
from pytest_llmobs.storage.erasure.ids import Ids
from pytest_llmobs.storage.erasure.opened import OpenParquet, texts
from pytest_llmobs.storage.erasure.places import Place
from pytest_llmobs.storage.feedback.parts import EVENTS, PartWriter
from pytest_llmobs.storage.parquet.damage import VanishedError
from pytest_llmobs.storage.parquet.files.writer import FileWriter

_SOURCE = "source_info"


class NamedEvents(Doomed):
    """Events of feedback whose source names a person."""

    kind = EVENTS
    columns = (_SOURCE, "run_id")

    def __init__(self, user: str, spared: frozenset[str]) -> None:
        """Look for a person.

        Args:
            user: The person's id.
            spared: Runs whose feedback goes as a whole, or is held.
        """
        self._user, self._spared = user, Ids(spared)
        self._quoted = json.dumps(user, ensure_ascii=False)[1:-1]

    def may_be_in(self, opened: OpenParquet, group: int) -> bool:
        """Tell whether a row group may have one; nothing is known of sources."""
        return _SOURCE in opened.schema.names

    def among(self, table: pa.Table) -> pa.ChunkedArray:
        """Return which events name the person."""
        sources = texts(table, _SOURCE)
        may_name = pc.or_(pc.match_substring(sources, self._quoted), pc.match_substring(sources, "\\"))
        may_name = pc.and_not(may_name.fill_null(False), self._spared.among(texts(table, "run_id")))
        named = may_name.to_pylist()
        for row in range(len(named)):
            if named[row]:
                named[row] = self._without_name(sources[row].as_py()) is not None
        return pa.chunked_array([pa.array(named, pa.bool_())])

    def left(self, table: pa.Table) -> pa.Table:
        """Return all events, without the name."""
        named = self.among(table).to_pylist()
        sources = texts(table, _SOURCE).to_pylist()
        for row in range(len(named)):
            if named[row]:
                sources[row] = self._without_name(sources[row])
        place = table.schema.get_field_index(_SOURCE)
        column = table.schema.field(place)
        return table.set_column(place, column, pa.array(sources, pa.string()).cast(column.type))

    def writer(self, path: Path, schema: pa.Schema) -> FileWriter:
        """Begin a file of events."""
        return PartWriter(path, schema=schema)

    def _without_name(self, source: str) -> str | None:
        """Return what is left of a source that names the person; None of one that doesn't."""
        try:
            stated = parse_json(source)
        except ValueError:
            return None
        if not isinstance(stated, dict):
            return None
        kept = {key: value for key, value in stated.items() if not self._is_user(value)}
        return json.dumps(kept, ensure_ascii=False) if len(kept) < len(stated) else None

    def _is_user(self, value: Any) -> bool:
        return value == self._user or (type(value) is int and str(value) == self._user)


def named_in(place: Place, events: NamedEvents) -> dict[str, int]:
    """Return the files of feedback that name a person, by their paths below the root, and how many events do.

    Raises:
        VanishedError: A file is gone since the listing; look again.
    """
    counted: dict[str, int] = {}
    for key in place.keys("feedback/*.parquet"):
        try:
            number = events.count(OpenParquet.open(place.path(key), place.files, events.kind))
        except VanishedError:
            raise
        except StoreError:  # damaged: the erasure of rows says so
            continue
        if number:
            counted[key] = number
    return counted
