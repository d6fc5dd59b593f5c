"""Forms: bodies of fields and files. The boundary between parts is random, and no part of what is asked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any
from urllib.parse import parse_qsl

from pytest_llmobs.replay.canonical.strict_json import UnfitError

_DISPOSITION = re.compile(r'form-data; name="(?P<name>[^"]*)"(?:; filename="(?P<filename>[^"]*)")?')


def read_fields(content: bytes) -> dict[str, str | Sequence[str]]:
    """Return the fields of a form without files.

    Raises:
        UnfitError: It is no such form.
    """
    try:
        text = content.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="surrogateescape")
    except ValueError as error:
        raise UnfitError("body", f"it is no form of fields ({error})") from None
    return as_values(pairs)


def as_values(pairs: Iterable[tuple[str, str]]) -> dict[str, str | Sequence[str]]:
    """Return what stands under each name: a text, or all of them in their order where it is there several times."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    singled: dict[str, str | Sequence[str]] = {}
    for name, texts in values.items():
        singled[name] = texts[0] if len(texts) == 1 else texts
    return singled


def read_parts(content: bytes, boundary: str) -> list[dict[str, Any]]:
    """Return the parts of a form with files, sorted by name; parts of one name keep their order.

    Each has ``name``, ``filename`` and ``type`` where it states them, other ``headers``, and ``text``, or ``sha256``
    and ``bytes`` where it is none.

    Raises:
        UnfitError: It isn't built as a form is.
    """
    if not boundary:
        raise UnfitError("body", "it is a form whose content-type says no boundary between its parts")
    mark = f"\r\n--{boundary}".encode("latin-1", "replace")
    opening, *pieces = (b"\r\n" + content).split(mark)
    if opening or not pieces or pieces[-1] not in (b"--", b"--\r\n"):
        raise UnfitError("body", "it is a form without a beginning or an end")
    parts = [_read_part(piece, number) for number, piece in enumerate(pieces[:-1], 1)]
    return sorted(parts, key=itemgetter("name"))


def _read_part(piece: bytes, number: int) -> dict[str, Any]:
    head, separator, content = piece.partition(b"\r\n\r\n")
    field = f"body, part {number}"
    if not separator or not head.startswith(b"\r\n"):
        raise UnfitError(field, "it has no headers")
    headers: dict[str, str] = {}
    for line in head[2:].split(b"\r\n"):
        name, colon, value = line.decode("utf-8", "surrogateescape").partition(":")
        if not colon or name.lower() in headers:
            raise UnfitError(field, f"its header {name!r} can't be read")
        headers[name.lower()] = value.strip()
    part = _named(headers, field)
    if "content-type" in headers:
        part["type"] = headers.pop("content-type")
    headers.pop("content-length", None)
    if headers:
        part["headers"] = headers
    read = as_text_or_summary(content)
    return part | ({"text": read} if isinstance(read, str) else read)


def _named(headers: dict[str, str], field: str) -> dict[str, Any]:
    """Return the name of a part and of its file as they are written; what is written otherwise stays a header."""
    stated = _DISPOSITION.fullmatch(headers.get("content-disposition", ""))
    if stated is not None:
        del headers["content-disposition"]
        return {name: value for name, value in stated.groupdict().items() if value is not None}
    from email.message import Message  # HTTP libraries write all but the rarest names as above

    message = Message()
    message["content-disposition"] = headers.get("content-disposition", "")
    name = message.get_param("name", header="content-disposition")
    if name is None:
        raise UnfitError(field, "it has no name")
    return {"name": str(name)}


def as_text_or_summary(content: bytes) -> str | dict[str, Any]:
    """Return a text as it is, and of anything else its SHA-256 and size in bytes."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
