"""One thing that is wrong with a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KINDS: Mapping[str, str] = {
    "unreadable": "a line that makes no example",
    "duplicate-id": "an id that two examples have",
    "schema": "a value that breaks inputs_schema or outputs_schema",
    "leak": "an example whose near-duplicate is in another split",
    "equal-inputs": "examples that ask the same",
    "near-duplicate": "examples whose inputs differ in little",
}
"""Every kind, what weighs most first, and what it means."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is wrong, where, and what to do about it."""

    kind: str
    """One of ``KINDS``."""
    dataset: str
    """As its file is typed, relative to the current folder."""
    message: str
    places: Sequence[str] = ()
    """``tests/golden.jsonl:3``, one for each example that it is about."""
    examples: Sequence[str] = ()
    """Their ids."""
    pointer: str | None = None
    """Of a value that breaks a schema: its JSON pointer below the example."""
    value: Any = None
    """That value."""
    rule: str | None = None
    """The rule that it breaks."""
    similarity: float | None = None
    """Of near-duplicates: 0 to 1."""
