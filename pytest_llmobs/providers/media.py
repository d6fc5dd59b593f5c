"""Images, documents and sounds in payloads: by hash and size; their bytes are kept only where that is asked for."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from pytest_llmobs.tracing.tracer import KeepMedia

_FIELDS = {
    "base64": ("data", "media_type"),
    "image_generation_call": ("result", "output_format"),
}
"""A block's type -> the field with its base64 text, the field with the format (Anthropic's, OpenAI's responses)."""
_SOUNDS = ("input_audio", "audio")
"""Fields whose value holds a sound as ``data``, in OpenAI's chat completions."""
_IMAGES = ("b64_json", "partial_image_b64")
"""Fields that hold an image, whose format stands beside them if anywhere."""
_DEEPEST = 50


def without_bytes(value: Any, keep: KeepMedia | None = None, depth: int = 0) -> Any:
    """Return a payload with each image, document and sound given by hash and size; the original is left alone.

    Args:
        value: Plain JSON: a request's body, or a reply's.
        keep: Keeps the bytes somewhere, or None.
        depth: Levels above. What lies too deep for any media is returned as it is, before the stack ends.
    """
    if depth > _DEEPEST:
        return value
    if isinstance(value, dict):
        return _block_without_bytes(value, keep, depth)
    if isinstance(value, list):
        return [without_bytes(item, keep, depth + 1) for item in value]
    if isinstance(value, str) and value.startswith("data:"):
        return _data_url(value, keep)
    return value


def _block_without_bytes(block: Mapping[str, Any], keep: KeepMedia | None, depth: int) -> dict[str, Any]:
    kind = block.get("type")
    encoded, form = "", ""
    if isinstance(kind, str):
        encoded, form = _FIELDS.get(kind, ("", ""))
    copy: dict[str, Any] = {}
    for key, item in block.items():
        if key == encoded and isinstance(item, str):
            copy[key] = _summary(item, str(block.get(form) or ""), keep)
        elif key in _IMAGES and isinstance(item, str):
            copy[key] = _summary(item, str(block.get("output_format") or "png"), keep)
        elif isinstance(item, bytes | bytearray):
            copy[key] = summary(bytes(item), keep)
        elif key in _SOUNDS and isinstance(item, dict) and isinstance(item.get("data"), str):
            copy[key] = {**item, "data": _summary(item["data"], str(item.get("format") or ""), keep)}
        else:
            copy[key] = without_bytes(item, keep, depth + 1)
    return copy


def _data_url(url: str, keep: KeepMedia | None) -> Any:
    head = url[:200].partition(",")[0]
    if not head.endswith(";base64"):
        return url
    media_type = head.removeprefix("data:").partition(";")[0]
    return {"media_type": media_type, **_summary(url[len(head) + 1 :], media_type, keep)}


def _summary(encoded: str, form: str, keep: KeepMedia | None) -> dict[str, Any]:
    try:
        data = b64decode(encoded)
    except ValueError:
        return {"size": len(encoded), "encoding": "broken base64"}
    return summary(data, keep, form)


def summary(data: bytes, keep: KeepMedia | None = None, form: str = "") -> dict[str, Any]:
    """Return bytes by hash and size, and where they are kept, if they are.

    Args:
        data: An image, a document, a sound.
        keep: Keeps the bytes somewhere, or None.
        form: A media type (``image/png``) or a format (``wav``).
    """
    digest = hashlib.sha256(data).hexdigest()
    told: dict[str, Any] = {"size": len(data), "sha256": digest}
    if keep is not None:
        file = keep(f"{digest}{_suffix(form)}", data)
        if file is not None:
            told["file"] = file
    return told


def _suffix(form: str) -> str:
    """Return the file suffix of a media type (``image/png``) or a format (``wav``)."""
    import mimetypes

    if "/" in form:
        return mimetypes.guess_extension(form) or ".bin"
    if form.isalnum():
        return f".{form}"
    return ".bin"
