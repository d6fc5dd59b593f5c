"""Data as a page carries them: JSON, deflated, in base64, in an element that no browser reads as anything."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_llmobs.reports.html.details import SHARED
from pytest_llmobs.reports.json import plain_value

_LEVEL = 6
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, ensure_ascii=False, default=str)


def packed(id: str, data: Any) -> str:
    """Return an element with data, which ``viewer/source.js`` unpacks, and the end of its line.

    Args:
        id: The element's.
        data: In JSON types; anything else becomes its text.
    """
    # a lone surrogate has no UTF-8; its escape is JSON's own, and read back as what it was
    text = _json(data).encode("utf-8", "backslashreplace")
    content = base64.b64encode(zlib.compress(text, _LEVEL)).decode()
    return f'<script type="text/plain" id="{id}">{content}</script>\n'


def packed_details(number: int, entries: Sequence[Mapping[str, Any]]) -> str:
    """Return the details of a chunk's trials, packed: records as rows, their keys once.

    Args:
        number: The chunk's.
        entries: Details of its trials, all with the same keys in the same order, as are their scores and their runs.
    """
    keys: dict[str, list[str]] = {}
    rows = []
    for entry in map(_without_repetition, entries):
        row = {**entry, "scores": _rows("scores", entry["scores"], keys)}
        if row["runs"] is not None:
            row["runs"] = _rows("runs", row["runs"], keys)
        rows.append(row)
    trials = _rows("trials", rows, keys)
    return packed(f"chunk-{number}", {"keys": keys, "trials": trials})


def _without_repetition(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out what the page tells by itself: of a trace the root's payloads, and an answer that is the only output.

    They are most of a page, and a repetition of a kilobyte takes deflate a hundred bytes.
    """
    shorter = dict(entry)
    if entry["runs"]:
        root, *others = entry["runs"]
        shorter["runs"] = [{**root, **dict.fromkeys(SHARED)}, *others]
    outputs = entry["outputs"]
    if isinstance(outputs, dict) and list(outputs.values()) == [entry["output"]]:
        shorter["output"] = None
    return shorter


def _rows(name: str, records: Sequence[Mapping[str, Any]], keys: dict[str, list[str]]) -> list[list[Any]]:
    """Return records as rows, after noting their keys."""
    if records:
        keys.setdefault(name, list(records[0]))
    return [list(record.values()) for record in records]


def _json(data: Any) -> str:
    try:
        return _ENCODER.encode(data)
    except ValueError:
        return _ENCODER.encode(plain_value(data))
