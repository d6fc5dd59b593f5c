"""A number that counts a stream's events, such as ``sequence_number``: said once, for all of its events.

``{"name": "sequence_number", "place": 1, "first": 0}``: it is the second field of each event's data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_llmobs.replay.bodies.events import Event

Counter = dict[str, Any]


def without_counter(events: Sequence[Event]) -> tuple[Sequence[Event], Counter | None]:
    """Return events without the number that counts them, and what it is; ``with_counter`` undoes it."""
    objects = {position: event["data"] for position, event in enumerate(events) if _has_object(event)}
    if len(objects) < 2:
        return events, None
    first = next(iter(objects.values()))
    for place, name in enumerate(first):
        if all(_counts(data, name, place) for data in objects.values()):
            starts = {data[name] - position for position, data in objects.items()}
            if len(starts) == 1:
                return _without(events, name), {"name": name, "place": place, "first": starts.pop()}
    return events, None


def with_counter(events: Sequence[Event], counter: Mapping[str, Any] | None) -> Sequence[Event]:
    """Return events with the number that counts them."""
    if counter is None:
        return events
    counted: list[Event] = []
    for number, event in enumerate(events, counter["first"]):
        if _has_object(event):
            fields = list(event["data"].items())
            fields.insert(counter["place"], (counter["name"], number))
            counted.append({**event, "data": dict(fields)})
        else:
            counted.append(event)
    return counted


def _has_object(event: Event) -> bool:
    return isinstance(event.get("data"), dict)


def _counts(data: Mapping[str, Any], name: str, place: int) -> bool:
    return type(data.get(name)) is int and list(data).index(name) == place


def _without(events: Sequence[Event], name: str) -> list[Event]:
    shorter: list[Event] = []
    for event in events:
        if _has_object(event):
            data = {field: value for field, value in event["data"].items() if field != name}
            shorter.append({**event, "data": data})
        else:
            shorter.append(event)
    return shorter
