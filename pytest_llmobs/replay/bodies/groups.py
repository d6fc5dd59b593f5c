"""Events that are alike but for a text, as one: the text as a whole, and where it was cut.

``{"data": {"type": "content_block_delta", "delta": {"text": "Hello world"}}, "cuts": {"data/delta/text": "B"}}``
stands for two events. Numbers that differ are listed under ``numbers``; alike ones that follow are told by ``times``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from pytest_llmobs.replay import json_paths
from pytest_llmobs.replay.bodies import order
from pytest_llmobs.replay.bodies.cuts import cut, cuts_of
from pytest_llmobs.replay.bodies.events import Event, is_identity, is_index
from pytest_llmobs.replay.json_paths import Path

_MARKS = ("cuts", "numbers", "times")
_MOST_DIFFERENT = 4
"""Leaves in which the events of a group differ; with more they say different things."""


def grouped(events: Sequence[Event]) -> tuple[list[Event], str]:
    """Return events in groups, and the groups' order: empty where each one's events follow each other."""
    # what makes an event's kind takes longer than all else: it is asked once
    kinds = list(map(_kind, events))
    members: dict[str, list[Event]] = {}
    for kind, event in zip(kinds, events, strict=True):
        members.setdefault(kind, []).append(event)
    groups = {kind: _group(alike) for kind, alike in members.items()}
    entries: list[Event] = []
    places: list[int] = []
    place_of: dict[str, int] = {}
    for kind, event in zip(kinds, events, strict=True):
        group = groups[kind]
        if group is None:
            places.append(len(entries))
            entries.append(event)
            continue
        if kind not in place_of:
            place_of[kind] = len(entries)
            entries.append(group)
        places.append(place_of[kind])
    return entries, order.written(places)


def ungrouped(entries: Sequence[Event], written_order: str) -> list[Event]:
    """Return the events that groups stand for.

    Raises:
        ValueError: They can't be made out.
    """
    groups = list(map(_opened, entries))
    places = order.read(written_order, list(map(attrgetter("size"), groups)))
    members = [iter(group.events()) for group in groups]
    return [next(members[place]) for place in places]


def _kind(event: Event) -> str:
    return json.dumps(_blanked(event, ""))


def _blanked(value: Any, name: str | int) -> Any:
    """Return a value without what may differ within a group."""
    kind = type(value)
    if kind is dict:
        return {key: _blanked(item, key) for key, item in value.items()}
    if kind is list:
        return [_blanked(item, "") for item in value]
    if kind is str and not is_identity(name):
        return ""
    if kind in (int, float) and not is_index(name):
        return 0
    return value


def _group(events: Sequence[Event]) -> Event | None:
    """Return events of a kind as one; None where they are to stand by themselves."""
    if len(events) == 1:
        return None
    different = _different(events)
    if different is None:
        return None
    entry = events[0]
    cuts: dict[str, str] = {}
    numbers: dict[str, str] = {}
    for path, values in different.items():
        name = json_paths.path_text(path)
        if type(values[0]) is str:
            entry = json_paths.replaced(entry, path, "".join(values))
            cuts[name] = cuts_of(values)
        else:
            numbers[name] = ",".join(map(json.dumps, values))
    if not different:
        return {**entry, "times": len(events)}
    if cuts:
        entry = {**entry, "cuts": cuts}
    if numbers:
        entry = {**entry, "numbers": numbers}
    return entry


def _different(events: Sequence[Event]) -> dict[Path, list[Any]] | None:
    """Return the leaves in which events of a kind differ; None where these are many."""
    columns: dict[Path, list[Any]] = {}
    for event in events:
        for path, leaf in json_paths.leaves(event):
            columns.setdefault(path, []).append(leaf)
    different: dict[Path, list[Any]] = {}
    for path, values in columns.items():
        if any(_differ(value, values[0]) for value in values):
            different[path] = values
            if len(different) > _MOST_DIFFERENT:
                return None
    return different


def _differ(one: Any, other: Any) -> bool:
    # 0.0 equals -0.0, as 1 equals True and 1.0, and is written otherwise
    return one != other or type(one) is not type(other) or (one == 0 and str(one) != str(other))


class _Group(NamedTuple):
    """A stored group, taken apart."""

    first: Event
    """With whole texts in place of pieces."""
    columns: list[tuple[Path, Sequence[Any]]]
    """What stands where in each of its events."""
    size: int

    def events(self) -> list[Event]:
        """Return its events."""
        if not self.columns:
            return [self.first] * self.size
        members: list[Event] = []
        for number in range(self.size):
            member = self.first
            for path, values in self.columns:
                member = json_paths.replaced(member, path, values[number])
            members.append(member)
        return members


def _opened(entry: Event) -> _Group:
    first = {name: value for name, value in entry.items() if name not in _MARKS}
    columns: list[tuple[Path, Sequence[Any]]] = []
    for name, cuts in entry.get("cuts", {}).items():
        path, text = json_paths.follow(first, name)
        columns.append((path, cut(text, cuts)))
    for name, numbers in entry.get("numbers", {}).items():
        path, _ = json_paths.follow(first, name)
        columns.append((path, list(map(json.loads, numbers.split(",")))))
    count = len(columns[0][1]) if columns else entry.get("times", 1)
    if any(len(values) != count for _, values in columns):
        raise ValueError("the texts of a group of events have different numbers of pieces")
    return _Group(first, columns, count)
