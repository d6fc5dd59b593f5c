"""Endpoints that no table knows, and what a request uploads: logged for what they are. Nothing is guessed or read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_llmobs.providers.calls import Reply
from pytest_llmobs.providers.media import summary
from pytest_llmobs.providers.prices import cost_unknown
from pytest_llmobs.providers.replies import Endpoint
from pytest_llmobs.providers.usage_fields import Metered
from pytest_llmobs.tracing.snapshot.walk import unused_key

_LONGEST_NAME = 80
_MOST_FILES = 100


def unknown_endpoint(name: str) -> Endpoint:
    """Return the endpoint of a POST to a url that isn't known; ``name`` is its path with dots."""
    return Endpoint(name[:_LONGEST_NAME], "request", "tool", _read, read_bytes=_read_bytes)


def _read(body: Mapping[str, Any], provider: str, asked: str | None = None) -> Reply:
    reply = Reply(outputs=dict(body), columns={"model": asked or body.get("model")})
    usage = body.get("usage")
    if not isinstance(usage, Mapping):
        return reply
    metered = Metered.of_openai(usage)
    if not metered.units and not metered.unknown:
        return reply
    used = {name: metered.units.get(name) for name in ("input_tokens", "output_tokens")}
    reply = Reply(outputs=reply.outputs, columns={**reply.columns, **used}, run_type="llm")
    return cost_unknown(reply, "it isn't known how this endpoint is priced")


def _read_bytes(
    content: bytes, kind: str, sent: Mapping[str, float], provider: str, asked: str | None
) -> Reply:
    return Reply(outputs={"body": {"media_type": kind, **summary(content)}})


def described_files(files: Any) -> dict[str, Any]:
    """Return what a request uploads, field by field: bytes by hash and size, all else by name. Nothing is read."""
    described: dict[str, Any] = {}
    for field, file in _entries(files):
        if len(described) >= _MOST_FILES:
            break
        described[unused_key(field, described)] = _described(file)
    return described


def _entries(files: Any) -> Iterator[tuple[str, Any]]:
    """Yield the fields of what httpx takes as files: a dict, or a list of pairs; of an iterator nothing."""
    if isinstance(files, dict):
        files = list(files.items())
    if isinstance(files, list | tuple):
        for entry in files:
            if isinstance(entry, list | tuple) and len(entry) == 2:
                yield str(entry[0]), entry[1]


def _described(file: Any) -> dict[str, Any]:
    name, content, media_type = None, file, None
    if isinstance(file, tuple) and len(file) >= 2:
        name, content = file[0], file[1]
        media_type = file[2] if len(file) > 2 else None
    described: dict[str, Any] = {}
    if isinstance(name, str):
        described["name"] = name
    if isinstance(media_type, str):
        described["media_type"] = media_type
    if isinstance(content, bytes | bytearray):
        return {**described, **summary(bytes(content))}
    return described or {"kind": type(content).__name__}
