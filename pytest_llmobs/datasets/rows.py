"""An example as a line of a file has it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pytest_llmobs.records.examples import Example

_KEYS = ("id", "inputs", "outputs", "metadata", "split", "created_at", "modified_at", "source_run_id")
"""In this order they stand in a line."""


def row_of(example: Example) -> dict[str, Any]:
    """Return an example as a line of a file has it; what it hasn't is left out."""
    row: dict[str, Any] = {"id": example.id, "inputs": example.inputs}
    for key in _KEYS[2:]:
        value = getattr(example, key)
        if isinstance(value, datetime):
            row[key] = value.isoformat()
        elif value:
            row[key] = value
    return row


def line_of(example: Example) -> str:
    """Return an example as a line of a file."""
    return json.dumps(row_of(example), ensure_ascii=False)
