"""Texts with the example's own values taken out, so that examples which share a prompt share its text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytest_llmobs.files import text_hash

_SURE = 4
"""Characters from which a value that turns up in a text is taken for the example's, wherever it stands."""


def template(text: str, inputs: Mapping[str, Any]) -> str:
    """Return ``text`` with each value of ``inputs`` replaced by its name: ``Dear Dana`` -> ``Dear ⟨customer_name⟩``.

    Values shorter than four characters are replaced only where they stand alone and just once: a 3 in the prompt is
    more often a 3 than the number of seats. What is replaced depends on text and inputs alone, so that baseline and
    candidate are treated alike.
    """
    names = _names(inputs)
    values = [value for value in names if _stands_for_itself(value, text)]
    if not values:
        return text
    longest_first = sorted(values, key=lambda value: (-len(value), value))
    return _any_of(longest_first).sub(lambda match: f"⟨{names[match[0]]}⟩", text)


def fingerprint(*texts: str) -> str:
    """Return 12 hex digits that stand for these texts, or an empty string where all are empty."""
    if not any(texts):
        return ""
    return text_hash("\0".join(texts))[:12]


def _names(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return each value in the inputs -> its name, the first where it has several."""
    names: dict[str, str] = {}
    for name, value in _leaves(inputs):
        # white space is everywhere, and nobody's name
        if value.strip():
            names.setdefault(value, name)
    return names


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every value inside a value: ``order.items[0]``."""
    match value:
        case bool():
            return  # a prompt says yes and no in its own right
        case str() | int() | float():
            yield name, str(value)
        case Mapping():
            prefix = f"{name}." if name else ""
            for key in sorted(value, key=str):
                yield from _leaves(value[key], f"{prefix}{key}")
        case bytes():
            return
        case Sequence():
            for number, item in enumerate(value):
                yield from _leaves(item, f"{name}[{number}]")


def _stands_for_itself(value: str, text: str) -> bool:
    return len(value) >= _SURE or len(_any_of([value]).findall(text)) == 1


def _any_of(values: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_whole_word, values)))


def _whole_word(value: str) -> str:
    """Return a pattern for a value that is no part of a longer word: "Ann" in "Announcement" is no customer."""
    pattern = re.escape(value)
    if re.match(r"\w", value):
        pattern = rf"(?<!\w){pattern}"
    if re.search(r"\w$", value):
        pattern = rf"{pattern}(?!\w)"
    return pattern
