"""Where two requests differ: field by field, down to the text or the value that changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from pytest_llmobs.replay.canonical import canonical_json
from pytest_llmobs.replay.misses.miss import ABSENT, Change
from pytest_llmobs.replay.sketches import TURNS

_FIRST = ("system", "instructions", "tools", "functions", "model")
"""What people change, and then wonder at: the prompt before all else."""
_AROUND = ("headers", "query", "form", "path", "host", "method")
"""What surrounds the body."""


def changes_between(recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> list[Change]:
    """Return where a request differs from a recorded one, the most telling first.

    Args:
        recorded: ``method``, ``host``, ``path``, ``query``, ``headers`` and ``body``, cleaned.
        asked: The same of the request.
    """
    changes = list(_differences("", recorded.get("body"), asked.get("body")))
    for part in _AROUND:
        changes += _differences(part, recorded.get(part, {}), asked.get(part, {}))
    return sorted(changes, key=_rank)


def distance(changes: Iterable[Change]) -> int:
    """Return how far two requests are from each other: the words that one of them has and the other hasn't."""
    total = 0
    for change in changes:
        total += 1 + change.words_gone.total() + change.words_new.total()
    return total


def _rank(change: Change) -> tuple[int, int]:
    """Return where a change stands: what people edit, other parameters, what differs by example, what is around."""
    field = change.field
    if field in _FIRST:
        return 0, _FIRST.index(field)
    if field in _AROUND:
        return 3, _AROUND.index(field)
    if field in TURNS:
        return 2, 0
    return 1, 0


def _differences(path: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            below = f"{path}.{name}" if path else str(name)
            yield from _differences(below, before.get(name, ABSENT), after.get(name, ABSENT))
    elif isinstance(before, list) and isinstance(after, list) and _are_entries(before, after):
        yield from _of_entries(path, before, after)
    elif not _are_equal(before, after):
        yield Change(path or "body", before, after)


def _are_equal(before: Any, after: Any) -> bool:
    """Tell whether two values are the same to whoever reads them as JSON, to whom 1 is not true."""
    if isinstance(before, list) and isinstance(after, list):
        return canonical_json(before) == canonical_json(after)
    return type(before) is type(after) and bool(before == after)


def _are_entries(before: Sequence[Any], after: Sequence[Any]) -> bool:
    """Tell whether two lists hold messages, tools or blocks, and not words such as stop sequences."""
    return all(isinstance(entry, dict) for entry in (*before, *after))


def _of_entries(
    path: str, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> Iterator[Change]:
    old, new = _named(before), _named(after)
    if old is not None and new is not None:
        yield from _differences(path, old, new)
        if old.keys() == new.keys() and list(old) != list(new):
            yield Change(f"{path} (order)", ", ".join(old), ", ".join(new))
        return
    for number, (old_entry, new_entry) in enumerate(zip_longest(before, after, fillvalue=ABSENT)):
        yield from _differences(f"{path}[{number}]", old_entry, new_entry)


def _named(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return tools by their names, Anthropic's or OpenAI's; None where an entry has none, or shares it."""
    named: dict[str, Any] = {}
    for entry in entries:
        name = entry.get("name") or _function(entry).get("name")
        if not isinstance(name, str) or name in named:
            return None
        named[name] = entry
    return named


def _function(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    function = entry.get("function")
    return function if isinstance(function, dict) else {}
