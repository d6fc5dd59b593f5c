"""One event of a stream, as every framing reads it, and what the names of its fields say."""

from __future__ import annotations

from typing import Any

Event = dict[str, Any]
"""Its fields: ``data`` where that is JSON, else ``text``; ``half`` where it didn't come whole; those of its framing."""
_IDENTITIES = frozenset({"type", "object", "event", "role", "model", "name", "status", "id"})


def renamed(event: Event, before: str, name: str, value: Any) -> Event:
    """Return an event with another value under another name, at the same place."""
    fields: Event = {}
    for field, old in event.items():
        if field == before:
            fields[name] = value
        else:
            fields[field] = old
    return fields


def is_identity(name: str | int) -> bool:
    """Return True where what stands under a name says what the rest is about: a type, an id."""
    return name in _IDENTITIES or (isinstance(name, str) and name.endswith(("_id", "Id")))


def is_index(name: str | int) -> bool:
    """Return True where what stands under a name is the place of the rest."""
    return isinstance(name, str) and name.lower().endswith("index")
