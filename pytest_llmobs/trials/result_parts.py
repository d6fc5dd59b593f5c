"""What is still to be run inside a target's result: in dicts, lists, tuples, dataclasses and models, at any depth."""

from __future__ import annotations

import copy
import dataclasses
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from pytest_llmobs.tracing.snapshot import records

Path = tuple[Any, ...]
"""Keys, positions and names of fields that lead to a part."""
_LEAVES = frozenset({str, int, float, bool, type(None), bytes})


def unfinished_parts(result: Any, is_unfinished: Callable[[Any], bool]) -> list[tuple[Path, Any]]:
    """Return the parts that are to be run, each once, those nearest to the top first."""
    found: list[tuple[Path, Any]] = []
    seen = {id(result)}
    waiting: deque[tuple[Path, Any]] = deque([((), result)])
    while waiting:
        path, holder = waiting.popleft()
        for key, part in _parts(holder):
            if type(part) in _LEAVES or id(part) in seen:
                continue
            seen.add(id(part))
            where = (*path, key)
            (found if is_unfinished(part) else waiting).append((where, part))
    return found


def with_part(result: Any, path: Path, part: Any) -> Any:
    """Return a result in which ``part`` stands at ``path``; the app's own objects stay as they are."""
    if not path:
        return part
    key, rest = path[0], path[1:]
    if isinstance(result, dict):
        return {**result, key: with_part(result[key], rest, part)}
    if isinstance(result, list | tuple):
        items = list(result)
        items[key] = with_part(items[key], rest, part)
        return items if isinstance(result, list) else tuple.__new__(type(result), items)
    twin = copy.copy(result)
    twin.__dict__[key] = with_part(twin.__dict__[key], rest, part)
    return twin


def _parts(holder: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(holder, dict):
        yield from list(holder.items())
    elif isinstance(holder, list | tuple):
        yield from enumerate(holder)
    elif dataclasses.is_dataclass(type(holder)) or records.is_record(holder):
        yield from list(getattr(holder, "__dict__", {}).items())
