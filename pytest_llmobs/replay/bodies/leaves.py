"""The leaves of a value: its texts and numbers, and the paths that lead to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]
_IDENTITIES = frozenset({"type", "object", "event", "role", "model", "name", "status", "id"})


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the paths and values of all texts and numbers, in their order."""
    kind = type(value)
    if kind in (str, int, float):
        yield path, value
    elif kind is dict:
        for name, item in value.items():
            yield from leaves(item, (*path, name))
    elif kind is list:
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))


def is_identity(name: str | int) -> bool:
    """Return True where what stands under a name says what the rest is about: a type, an id."""
    return name in _IDENTITIES or (isinstance(name, str) and name.endswith(("_id", "Id")))


def is_index(name: str | int) -> bool:
    """Return True where what stands under a name is the place of the rest."""
    return isinstance(name, str) and name.lower().endswith("index")


def at(value: Any, path: Path) -> Any:
    """Return what stands at a path."""
    for name in path:
        value = value[name]
    return value


def replaced(value: Any, path: Path, leaf: Any) -> Any:
    """Return a value with another leaf at a path; what isn't on the path is shared."""
    if not path:
        return leaf
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], leaf)
    return copy


def path_text(path: Path) -> str:
    """Return a path as a cassette writes it: ``data/choices/0/delta``, as in a JSON pointer (RFC 6901)."""
    return "/".join(str(name).replace("~", "~0").replace("/", "~1") for name in path)


def follow(value: Any, text: str) -> tuple[Path, Any]:
    """Return the path in a value that a text says, and what stands there.

    Raises:
        ValueError: Nothing does.
    """
    path: list[str | int] = []
    for part in text.split("/"):
        name: str | int = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list):
            name = int(name)
        try:
            value = value[name]
        except (LookupError, TypeError):
            raise ValueError(f"nothing stands at {text!r}") from None
        path.append(name)
    return tuple(path), value
