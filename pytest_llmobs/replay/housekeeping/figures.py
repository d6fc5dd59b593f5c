"""How much is recorded, of which models, and how much of it is of no use any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from pytest_llmobs.replay.housekeeping.inventory import Inventory, Recording, orphans
from pytest_llmobs.replay.housekeeping.retirements import retired_on


@dataclass(frozen=True, kw_only=True)
class ModelFigures:
    """The recordings of one model."""

    provider: str
    model: str
    """Empty where requests name none."""
    requests: int
    """Different ones."""
    recordings: int
    """Replies: a request has one for each repeat."""
    size: int
    """Bytes."""
    retired: date | None = None
    """Its last day, where it is served no longer."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The whole folder."""

    models: tuple[ModelFigures, ...]
    recordings: int
    size: int
    """Bytes of all files that are read."""
    damaged: int
    strangers: int
    """Files that no recording is made of."""
    orphans: int | None
    """Recordings that the last sessions didn't ask for; None where nobody knows, since none ran, or only a part."""


def figures_of(inventory: Inventory, used: Collection[str] | None, today: date) -> Figures:
    """Count an inventory.

    Args:
        inventory: What lies in the folder.
        used: The requests that were asked; None where nobody knows.
        today: The current day.
    """
    readable = [recording for recording in inventory.recordings if recording.cassette is not None]
    return Figures(
        models=tuple(_of_models(readable, today)),
        recordings=len(readable),
        size=_size(inventory.recordings),
        damaged=len(inventory.damaged),
        strangers=len(inventory.strangers),
        orphans=None if used is None else len(orphans(inventory, used)),
    )


def _of_models(recordings: Iterable[Recording], today: date) -> Iterator[ModelFigures]:
    by_model: dict[tuple[str, str], list[Recording]] = defaultdict(list)
    for recording in recordings:
        assert recording.cassette is not None
        by_model[recording.cassette.provider, recording.model].append(recording)
    for (provider, model), own in sorted(by_model.items()):
        yield ModelFigures(
            provider=provider,
            model=model,
            requests=len({recording.request_id for recording in own}),
            recordings=len(own),
            size=_size(own),
            retired=retired_on(model, today),
        )


def _size(recordings: Iterable[Recording]) -> int:
    return sum(map(attrgetter("size"), recordings))
