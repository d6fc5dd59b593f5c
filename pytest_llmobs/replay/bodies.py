"""The bodies of replies as cassettes hold them: JSON as values, text as text, streams as their events."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any


def as_document(content: bytes, media_type: str) -> dict[str, Any]:
    """Return a body as a cassette holds it.

    Args:
        content: The body, decompressed.
        media_type: The header's, without parameters.
    """
    try:
        value = json.loads(content)
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        pass
    else:
        return {"json": value}
    try:
        return {"text": content.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode("ascii")}


def as_chunks(body: Mapping[str, Any]) -> list[bytes]:
    """Return the pieces in which a body is handed out.

    Raises:
        ValueError: It is none of the forms that ``as_document`` returns.
    """
    if "json" in body:
        return [json.dumps(body["json"], ensure_ascii=False, separators=(",", ":")).encode()]
    if "text" in body:
        return [body["text"].encode()]
    if "base64" in body:
        return [base64.b64decode(body["base64"], validate=True)]
    raise ValueError("the reply has none of json, text, base64, events")
