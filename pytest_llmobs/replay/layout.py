"""How cassettes are laid out: JSON that people read and git compares."""

from __future__ import annotations

import json
import re
from typing import Any

_HALVES = re.compile("[\ud800-\udfff]")


def laid_out(value: Any) -> str:
    """Return a value of JSON types as the text of a file; text stays text, halves of characters are escaped."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return _HALVES.sub(_escape, text)


def _escape(half: re.Match[str]) -> str:
    return f"\\u{ord(half[0]):04x}"
