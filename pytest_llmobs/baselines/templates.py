"""Texts with the example's own values taken out, so that examples which share a prompt share its text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_SURE = 4
"""Characters from which a value that turns up in a text is taken for the example's, wherever it stands."""


def template(text: str, inputs: Mapping[str, Any]) -> str:
    """Return ``text`` with each value of ``inputs`` replaced by its name: ``Dear Dana`` -> ``Dear ⟨customer_name⟩``.

    Values shorter than four characters are replaced only where they stand alone and just once: a 3 in the prompt is
    more often a 3 than the number of seats. What is replaced depends on text and inputs alone, so that baseline and
    candidate are treated alike.
    """
    names = {value: name for name, value in reversed([*_leaves(inputs)]) if value.strip()}
    values = [value for value in names if len(value) >= _SURE or len(_any_of([value]).findall(text)) == 1]
    if not values:
        return text
    longest_first = sorted(values, key=lambda value: (-len(value), value))
    return _any_of(longest_first).sub(lambda match: f"⟨{names[match[0]]}⟩", text)


def fingerprint(*texts: str) -> str:
    """Return 12 hex digits that stand for these texts, or an empty string where all are empty."""
    if not any(texts):
        return ""
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key in sorted(value, key=str):
            yield from _leaves(value[key], f"{name}.{key}" if name else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{name}[{number}]")
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield name, str(value)


def _any_of(values: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(_alone(value) for value in values))


def _alone(value: str) -> str:
    # not inside a longer word: "Ann" in "Announcement" is no customer
    before = r"(?<!\w)" if re.match(r"\w", value) else ""
    after = r"(?!\w)" if re.search(r"\w$", value) else ""
    return before + re.escape(value) + after
