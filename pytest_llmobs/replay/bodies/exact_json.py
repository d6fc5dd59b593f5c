"""JSON that can be read and written again without a loss."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Any

from pytest_llmobs.files import each_once, parse_json, refuse_constant

_FORMS: tuple[tuple[str, ...], ...] = ((), ("spaced",), ("escaped",), ("spaced", "escaped"))
_JUDGED = 200
"""Values by which the form of all is known."""
_MOST_NESTED = 100
"""Levels of a value that is kept as one: whoever reads it may be deep in calls of his own."""
_LINE_ENDS = ("\u0085", "\u2028", "\u2029")
"""Of some readers, though JSON allows them."""
_ESCAPES = str.maketrans({character: f"\\u{ord(character):04x}" for character in _LINE_ENDS})


def exact(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: It is no JSON, or the value would say less: a key is there twice, a number is out of bounds, half
            a character stands alone, or it is nested too deep.
    """
    value = parse_json(text, object_pairs_hook=each_once, parse_constant=refuse_constant)
    _refuse_deep(text, value)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # refuses infinity, and half a character
    return value


def lenient(text: str) -> Any:
    """Return the value of a JSON text as most would read it.

    Raises:
        ValueError: Nobody would take it for JSON.
    """
    value = parse_json(text)
    _refuse_deep(text, value)
    return value


def written(value: Any, form: Collection[str] = ()) -> str:
    """Return a value as JSON on one line.

    Args:
        value: Of JSON types.
        form: ``spaced``: with a space after commas and colons; ``escaped``: in ASCII alone; ``raw``: with characters
            that some readers take for ends of lines as they are.
    """
    separators = (", ", ": ") if "spaced" in form else (",", ":")
    text = json.dumps(value, ensure_ascii="escaped" in form, separators=separators)
    if text.isascii() or "raw" in form:
        return text
    return text.translate(_ESCAPES)


def form_of(samples: Iterable[tuple[str, Any]]) -> list[str]:
    """Return the form in which most of some JSON was written, as words for ``written``.

    Args:
        samples: JSON and its values.
    """
    hits = Counter(dict.fromkeys(_FORMS, 0))
    raw: list[str] = []
    for text, value in islice(samples, _JUDGED):
        if not raw and any(map(text.__contains__, _LINE_ENDS)):
            raw = ["raw"]
        for form in _FORMS:
            hits[form] += written(value, [*form, *raw]) == text
    best = max(_FORMS, key=lambda form: hits[form])
    return [*best, *raw]


def _refuse_deep(text: str, value: Any) -> None:
    if text.count("{") + text.count("[") <= _MOST_NESTED:
        return
    level = [value]
    for _ in range(_MOST_NESTED):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict | list):
                inner += item.values() if isinstance(item, dict) else item
        level = inner
    if any(isinstance(item, dict | list) for item in level):
        raise ValueError("it is nested too deep")
