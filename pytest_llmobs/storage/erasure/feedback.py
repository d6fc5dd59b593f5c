"""Feedback about runs that go: sealed, and not sealed yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.erasure.doomed import DoomedEvents
from pytest_llmobs.storage.erasure.ids import Ids
from pytest_llmobs.storage.erasure.opened import OpenParquet
from pytest_llmobs.storage.erasure.places import Place
from pytest_llmobs.storage.feedback.lines import read_events
from pytest_llmobs.storage.parquet.damage import VanishedError


@dataclass
class About:
    """Feedback about runs that go."""

    files: dict[str, int] = field(default_factory=dict)
    """File -> events in it."""
    unsealed: dict[str, int] = field(default_factory=dict)
    """Spool file -> events in it."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """File that can't be read -> why."""


def about(place: Place, run_ids: frozenset[str]) -> About:
    """Return the feedback about some runs.

    Raises:
        VanishedError: A file is gone since the listing; look again.
    """
    found = About(unsealed=unsealed_about(place, run_ids))
    doomed = DoomedEvents(Ids(run_ids))
    for key in place.keys("feedback/*.parquet"):
        try:
            events = doomed.count(OpenParquet.open(place.path(key), place.files, doomed.kind))
        except VanishedError:
            raise
        except StoreError as error:
            found.unreadable[key] = str(error)
            continue
        if events:
            found.files[key] = events
    return found


def unsealed_about(place: Place, run_ids: frozenset[str]) -> dict[str, int]:
    """Return how many events about some runs each spool file holds."""
    unsealed: dict[str, int] = {}
    for path in place.spools(feedback=True):
        events = _events_about(path, run_ids)
        if events:
            unsealed[place.key(path)] = events
    return unsealed


def _events_about(path: Path, run_ids: frozenset[str]) -> int:
    try:
        with path.open("rb") as file:
            rows = read_events(file)
    except (
        FileNotFoundError
    ):  # sealed since the listing: what it held is looked for in the sealed files after that
        return 0
    events = 0
    for row in rows:
        events += row.get("run_id", row.get("trace_id")) in run_ids
    return events
