"""Looks for what is recorded in the place of a request that isn't."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.misses.changes import changes_between, distance
from pytest_llmobs.replay.misses.miss import Change, Miss
from pytest_llmobs.replay.misses.recorded_names import RecordedNames
from pytest_llmobs.replay.names import RecordingKey

_READ = 20
"""Recordings that are read; which of them is the nearest is told by all that they hold."""
_ELSEWHERE = 10_000
"""Words that a call of another kind counts as: a count of tokens is no message."""


class Search:
    """Looks in one folder, whose names are read once: where nothing is recorded, nothing comes to it."""

    def __init__(self, folder: CassetteFolder) -> None:
        """Look at nothing yet."""
        self._folder = folder
        self._names: dict[str, RecordedNames] = {}

    def miss(self, key: RecordingKey, request: Mapping[str, Any], nodeid: str, example_id: str) -> Miss:
        """Return what is known of a request without a recording.

        Args:
            key: The request, and which reply to it is meant.
            request: The request as a recording of it would hold it: cleaned.
            nodeid: The test that asks.
            example_id: Its example.
        """
        names = self._names_of(key.path.parts[0])
        repeats = names.repeats(key)
        nearest: Path | None = None
        changes: list[Change] = []
        # where another reply to the very same request is recorded, no request is nearer
        if not repeats:
            nearest, changes = self._nearest(names, key, request)
        return Miss(
            provider=key.request.provider,
            operation=key.request.operation,
            folder=self._folder.root,
            has_folder=self._folder.root.is_dir(),
            nodeid=nodeid,
            example_id=example_id,
            repeat=key.repeat,
            occurrence=key.occurrence,
            repeats=repeats,
            nearest=nearest,
            changes=changes,
        )

    def _names_of(self, provider_folder: str) -> RecordedNames:
        if provider_folder not in self._names:
            self._names[provider_folder] = RecordedNames(self._folder.root / provider_folder)
        return self._names[provider_folder]

    def _nearest(
        self, names: RecordedNames, key: RecordingKey, request: Mapping[str, Any]
    ) -> tuple[Path | None, list[Change]]:
        nearest: tuple[Path | None, list[Change]] = None, []
        least = sys.maxsize
        for path in names.most_alike(key, _READ):
            changes = self._changes(path, request)
            if changes is None:
                continue
            words = distance(changes)
            if _is_elsewhere(changes):
                words += _ELSEWHERE
            if words < least:
                nearest, least = (path, changes), words
        return nearest

    def _changes(self, path: Path, request: Mapping[str, Any]) -> list[Change] | None:
        """Return where a recording differs from a request; None where it can't be read."""
        try:
            recorded = self._folder.request_of(self._folder.read_file(path))
        except CassetteError:
            return None
        return changes_between(recorded, request)


def _is_elsewhere(changes: list[Change]) -> bool:
    return any(change.path in ("path", "method") for change in changes)
