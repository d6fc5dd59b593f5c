"""The canonical form of a request, and its hash."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.files import text_hash
from pytest_llmobs.records.http_calls import SentRequest
from pytest_llmobs.replay.canonical import headers
from pytest_llmobs.replay.canonical.forms import as_text_or_summary, as_values, read_fields, read_parts
from pytest_llmobs.replay.canonical.strict_json import UnfitError, read_json

BodyForm = Literal["none", "json", "parts", "fields", "text", "bytes"]
"""What a body was read as: JSON, a form with or without files, any other text, anything else."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class CanonicalRequest:
    """A request without what changes from call to call."""

    provider: str
    operation: str
    method: str
    host: str
    """With its port where that isn't the scheme's own. This machine is ``localhost`` without any: servers that tests
    start have another one each time."""
    path: str
    query: Mapping[str, str | Sequence[str]]
    """Parameters that are there several times have all their values, in their order."""
    headers: Mapping[str, str]
    body: Any
    """Of JSON types; without parameters that are null. Files are their hash and size."""
    form: BodyForm = "json"

    @cached_property
    def hash(self) -> str:
        """64 hex digits: equal for requests that are alike, and for no others."""
        whole = [self.provider, self.method, self.host, self.path, self.query, self.headers]
        return text_hash(canonical_json([*whole, self.form, self.body]))


def canonical_json(value: Any) -> str:
    """Return a value of JSON types in its one form: keys sorted, numbers by their value."""
    return _ENCODER.encode(value)


def canonicalise(request: SentRequest, ignored_headers: Collection[str] = ()) -> CanonicalRequest:
    """Return the canonical form of a request.

    Args:
        request: What is about to be sent.
        ignored_headers: Names, in lower case, of further headers that decide about nothing.

    Raises:
        CassetteError: Part of it has no such form; the message names the field.
    """
    sent_headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        url = urlsplit(request.url)
        form, body = _read_body(request.content, sent_headers)
        canonical = CanonicalRequest(
            provider=request.provider,
            operation=request.operation,
            method=request.method.upper(),
            host=_host(url),
            path=url.path,
            query=_query(url.query),
            headers=headers.kept(sent_headers, ignored_headers),
            body=body,
            form=form,
        )
        canonical.hash  # noqa: B018 - kept by the request; what has none is refused here
    except UnfitError as error:
        raise CassetteError(
            f"{request.operation} can't be recorded or replayed: {error}. Two such calls couldn't be told apart; "
            "nothing was sent."
        ) from error
    except RecursionError:
        raise CassetteError(
            f"{request.operation} can't be recorded or replayed: body is nested too deep. Nothing was sent."
        ) from None
    return canonical


def _host(url: SplitResult) -> str:
    try:
        name, port = url.hostname or "", url.port
    except ValueError as error:
        raise UnfitError("url", str(error)) from None
    if name in _LOOPBACK:
        return "localhost"
    if port is None or port == _DEFAULT_PORTS.get(url.scheme):
        return name
    return f"{name}:{port}"


def _query(query: str) -> dict[str, str | Sequence[str]]:
    if not query:
        return {}
    pairs = []
    # bytes that are no UTF-8 stay different ones
    for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):
        if not headers.is_secret(name):
            pairs.append((name, value))
    return as_values(pairs)


def _read_body(content: bytes | None, sent_headers: Mapping[str, str]) -> tuple[BodyForm, Any]:
    """Return what a body is and what it says.

    Raises:
        UnfitError: It can't be read, or not in one way only.
    """
    if content is None:
        raise UnfitError(
            "body",
            "it is a stream, which can be read only once; pass the content itself, or a file that can be read again",
        )
    if not content:
        return "none", None
    media_type, parameters = headers.media_type(sent_headers.get("content-type", ""))
    if "content-encoding" not in sent_headers:
        if headers.is_json(media_type) or (not media_type and content.lstrip()[:1] in (b"{", b"[")):
            return "json", _without_nulls(read_json(content))
        if media_type.startswith("multipart/"):
            return "parts", read_parts(content, parameters.get("boundary", ""))
        if media_type == "application/x-www-form-urlencoded":
            return "fields", read_fields(content)
    return _read_other(content)


def _without_nulls(body: Any) -> Any:
    """Return a body without parameters that are null: they count as absent. Deeper ones are content."""
    if isinstance(body, dict) and None in body.values():
        return {name: value for name, value in body.items() if value is not None}
    return body


def _read_other(content: bytes) -> tuple[BodyForm, Any]:
    value = as_text_or_summary(content)
    return ("text" if isinstance(value, str) else "bytes"), value
