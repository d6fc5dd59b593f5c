"""What a stream says again is written once: ``{"as": "3/delta"}`` is what stands there, in the fourth event's data.

``{"as": "0/response", "but": {"status": "completed"}}`` is an object with the same names in the same order, of
which one value is another. Only what stands above is referred to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_llmobs.replay import json_paths
from pytest_llmobs.replay.bodies.events import Event
from pytest_llmobs.replay.bodies.exact_json import written
from pytest_llmobs.replay.json_paths import Path

_LEAST = 32
"""Characters, as JSON, of what is worth a reference."""
_LEAST_SAVED = 40
"""Characters that must be saved where an object is told by another: it is read less easily."""
_NAMES = ({"as"}, {"as", "but"})


def shortened(entries: Sequence[Event]) -> list[Event]:
    """Return entries with references, in their data, in the place of what stands above; ``whole`` undoes it."""
    shortener = _Shortener()
    short: list[Event] = []
    for number, entry in enumerate(entries):
        if "data" in entry:
            short.append({**entry, "data": shortener.shorten(entry["data"], (number,))})
        else:
            short.append(entry)
    return short


def whole(entries: Sequence[Event]) -> list[Event]:
    """Return entries with what the references in their data mean.

    Raises:
        ValueError: A reference leads nowhere.
    """
    above: list[Any] = []
    filled: list[Event] = []
    for entry in entries:
        data = _filled(entry.get("data"), above)
        above.append(data)
        filled.append({**entry, "data": data} if "data" in entry else entry)
    return filled


def looks_like_reference(value: Any) -> bool:
    """Return True where a value holds what would be taken for a reference."""
    if isinstance(value, dict):
        return value.keys() in _NAMES or any(map(looks_like_reference, value.values()))
    if isinstance(value, list):
        return any(map(looks_like_reference, value))
    return False


def _filled(value: Any, above: list[Any]) -> Any:
    if isinstance(value, list):
        return [_filled(item, above) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() not in _NAMES:
        return _filled_fields(value, above)
    _, meant = json_paths.follow(above, value["as"])
    if "but" not in value:
        return meant
    return {**meant, **_filled_fields(value["but"], above)}


def _filled_fields(value: dict[str, Any], above: list[Any]) -> dict[str, Any]:
    return {name: _filled(item, above) for name, item in value.items()}


class _Shortener:
    """What stands above, by its JSON and by its names."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._objects: dict[tuple[str, ...], tuple[str, dict[str, str]]] = {}

    def shorten(self, value: Any, path: Path) -> Any:
        short, _ = self._shorten(value)
        self._remember(value, path)
        return short

    def _shorten(self, value: Any) -> tuple[Any, str]:
        """Return a value with references, and its JSON without."""
        short: Any
        if isinstance(value, list):
            short, text = self._shorten_list(value)
        elif isinstance(value, dict):
            short, text = self._shorten_object(value)
        else:
            short, text = value, written(value)
        if len(text) >= _LEAST and text in self._values:
            return {"as": self._values[text]}, text
        return short, text

    def _shorten_list(self, value: list[Any]) -> tuple[list[Any], str]:
        short: list[Any] = []
        texts: list[str] = []
        for item in value:
            short_item, text = self._shorten(item)
            short.append(short_item)
            texts.append(text)
        return short, f"[{','.join(texts)}]"

    def _shorten_object(self, value: dict[str, Any]) -> tuple[Any, str]:
        short: dict[str, Any] = {}
        texts: dict[str, str] = {}
        for name, item in value.items():
            short[name], texts[name] = self._shorten(item)
        text = _object_text(texts)
        alike = self._objects.get(tuple(value))
        if alike is None:
            return short, text
        place, texts_above = alike
        changed = {name: item for name, item in short.items() if texts[name] != texts_above[name]}
        patch = {"as": place, "but": changed}
        if len(written(patch)) + _LEAST_SAVED <= len(written(short)):
            return patch, text
        return short, text

    def _remember(self, value: Any, path: Path) -> str:
        """Note a value and all that it holds; return its JSON."""
        if isinstance(value, list):
            text = f"[{','.join([self._remember(item, (*path, index)) for index, item in enumerate(value)])}]"
        elif isinstance(value, dict):
            texts = {name: self._remember(item, (*path, name)) for name, item in value.items()}
            text = _object_text(texts)
            if len(text) >= _LEAST:
                self._objects[tuple(value)] = json_paths.path_text(path), texts
        else:
            text = written(value)
        if len(text) >= _LEAST:
            self._values.setdefault(text, json_paths.path_text(path))
        return text


def _object_text(texts: dict[str, str]) -> str:
    fields = [f"{written(name)}:{text}" for name, text in texts.items()]
    return f"{{{','.join(fields)}}}"
