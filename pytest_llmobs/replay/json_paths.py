"""Paths within values of JSON types: where something stands, as keys and indexes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]
"""Keys of objects and indexes of lists, from the value down."""


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the paths and values of all texts and numbers, in their order."""
    kind = type(value)
    if kind in (str, int, float):
        yield path, value
    else:
        for key, item in items(value):
            yield from leaves(item, (*path, key))


def items(value: Any) -> Iterator[tuple[str | int, Any]]:
    """Yield what a value holds by key or index; nothing of what is neither object nor list."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def at(value: Any, path: Path) -> Any:
    """Return what stands at a path.

    Raises:
        LookupError: Nothing does.
        TypeError: The value has no such places.
    """
    for key in path:
        value = value[key]
    return value


def replaced(value: Any, path: Path, part: Any) -> Any:
    """Return a copy with another part at a path; what isn't on the path is shared."""
    if not path:
        return part
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], part)
    return copy


def path_text(path: Path) -> str:
    """Return a path as a text: ``data/choices/0/delta``, a JSON pointer (RFC 6901) without its first sign."""
    return "/".join(str(key).replace("~", "~0").replace("/", "~1") for key in path)


def follow(value: Any, text: str) -> tuple[Path, Any]:
    """Return the path in a value that a text says, and what stands there.

    Raises:
        ValueError: Nothing does.
    """
    path: list[str | int] = []
    for part in text.split("/"):
        key: str | int = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list):
            key = int(key)
        try:
            value = value[key]
        except (LookupError, TypeError):
            raise ValueError(f"nothing stands at {text!r}") from None
        path.append(key)
    return tuple(path), value
