"""Images, documents and sound within JSON: a cassette says of them what they are, not what they hold."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Any

_LEAST = 512
"""Characters from which what looks like base64 is no text that anybody reads."""
_BASE64 = re.compile(r"(?P<before>data:[^,]{0,200};base64,)?(?P<data>[A-Za-z0-9+/_-]+={0,2})")
_MIXTURE = (re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9]"))
"""What base64 of so many characters has all of, and a row of one letter hasn't."""


def without_binaries(value: Any) -> Any:
    """Return a copy of a value of JSON types with ``<sha256 …, 12,345 bytes>`` in the place of base64."""
    if isinstance(value, str):
        return value if len(value) < _LEAST else _summary(value)
    if isinstance(value, dict):
        return {name: without_binaries(item) for name, item in value.items()}
    if isinstance(value, list):
        return [without_binaries(item) for item in value]
    return value


def _summary(text: str) -> str:
    match = _BASE64.fullmatch(text)
    if match is None or not all(kind.search(match["data"]) for kind in _MIXTURE):
        return text
    data = match["data"].translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        content = base64.b64decode(data + "=" * (-len(data) % 4), validate=True)
    except binascii.Error:
        return text
    return f"{match['before'] or ''}<sha256 {hashlib.sha256(content).hexdigest()}, {len(content):,} bytes>"
