"""Data as a page carries them: JSON, deflated, in base64, in an element that no browser reads as anything."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

_LEVEL = 6


def packed(id: str, data: Any) -> str:
    """Return an element with data, which ``viewer/source.js`` unpacks.

    Args:
        id: The element's.
        data: In JSON types; anything else becomes its text.
    """
    # ASCII: a lone surrogate has no UTF-8, and JSON's escape of it is read back as what it was
    text = json.dumps(data, separators=(",", ":"), allow_nan=False, default=str)
    content = base64.b64encode(zlib.compress(text.encode(), _LEVEL)).decode()
    return f'<script type="text/plain" id="{id}">{content}</script>'
