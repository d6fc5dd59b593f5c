"""Data as a page carries them: JSON, deflated, in base64, in an element that no browser reads as anything."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from pytest_llmobs.reports.json import plain_value

_LEVEL = 6
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, ensure_ascii=False, default=str)


def packed(id: str, data: Any) -> str:
    """Return an element with data, which ``viewer/source.js`` unpacks.

    Args:
        id: The element's.
        data: In JSON types; anything else becomes its text.
    """
    # a lone surrogate has no UTF-8; its escape is JSON's own, and read back as what it was
    text = _json(data).encode("utf-8", "backslashreplace")
    content = base64.b64encode(zlib.compress(text, _LEVEL)).decode()
    return f'<script type="text/plain" id="{id}">{content}</script>'


def _json(data: Any) -> str:
    try:
        return _ENCODER.encode(data)
    except ValueError:
        return _ENCODER.encode(plain_value(data))
