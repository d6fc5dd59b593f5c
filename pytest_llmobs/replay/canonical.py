"""The canonical form of a request: what decides about its reply, in one way of writing it.

Two requests that a model can tell apart have two forms; how a client is written, when it runs and who pays has none.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.files import each_once, parse_json, text_hash
from pytest_llmobs.records.http_calls import SentRequest

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_VOLATILE = frozenset(
    {"accept", "accept-encoding", "accept-language", "connection", "content-length", "content-type", "date"}
    | {"expect", "host", "idempotency-key", "tracestate", "traceparent", "transfer-encoding", "user-agent"}
    | {"baggage", "keep-alive", "forwarded", "via", "x-request-id", "request-id", "x-correlation-id"}
)
"""Headers that no model sees."""
_VOLATILE_BEGINNINGS = (
    "x-stainless-",
    "x-amz-",
    "x-b3-",
    "x-datadog-",
    "x-forwarded-",
    "sentry-",
    "langsmith-",
)
_SECRET = ("auth", "key", "token", "secret", "cookie", "session", "signature", "credential", "password")
"""What the names of headers and of a url's parameters hold that say who asks, and never what."""


@dataclass(frozen=True)
class CanonicalRequest:
    """A request without what changes from call to call."""

    provider: str
    operation: str
    method: str
    host: str
    """Without its port where it is this machine."""
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    """Of JSON types; without parameters that are null."""

    @cached_property
    def hash(self) -> str:
        """64 hex digits: equal for requests that are alike, and for no others."""
        whole = [self.provider, self.method, self.host, self.path, self.query, self.headers, self.body]
        return text_hash(canonical_json(whole))


def canonical_json(value: Any) -> str:
    """Return a value of JSON types in its one form: keys sorted, numbers by their value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def canonicalise(request: SentRequest, ignored_headers: Collection[str] = ()) -> CanonicalRequest:
    """Return the canonical form of a request.

    Args:
        request: What is about to be sent.
        ignored_headers: Names, in lower case, of further headers that decide about nothing.

    Raises:
        CassetteError: Part of it has no such form; the message names the field.
    """
    url = urlsplit(request.url)
    host = url.hostname or ""
    if host in _LOOPBACK:
        host = "localhost"
    return CanonicalRequest(
        provider=request.provider,
        operation=request.operation,
        method=request.method,
        host=host,
        path=url.path,
        query=_query(url.query),
        headers=_headers(request.headers, ignored_headers),
        body=_body(request),
    )


def _query(query: str) -> dict[str, str]:
    kept = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if not _is_secret(name):
            kept[name] = value
    return kept


def _headers(headers: Mapping[str, str], ignored: Collection[str]) -> dict[str, str]:
    kept = {}
    for name, value in headers.items():
        if name in _VOLATILE or name in ignored or name.startswith(_VOLATILE_BEGINNINGS):
            continue
        if not _is_secret(name):
            kept[name] = value
    return kept


def _is_secret(name: str) -> bool:
    lowered = name.lower()
    return any(word in lowered for word in _SECRET)


def _body(request: SentRequest) -> Any:
    if request.content is None:
        raise CassetteError(
            f"{request.operation} can't be recorded: its body is a stream, which can be read only once. "
            "Pass the content itself, or a file that can be read again."
        )
    if not request.content:
        return None
    try:
        body = parse_json(
            request.content,
            parse_float=_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=each_once,
        )
    except ValueError as error:
        raise CassetteError(
            f"{request.operation} can't be recorded: its body is no JSON ({error})."
        ) from error
    if isinstance(body, dict):
        return {name: value for name, value in body.items() if value is not None}
    return body


def _number(text: str) -> int | float:
    """Return a number by its value: 1.0 and 1e0 are 1."""
    number = float(text)
    if number.is_integer():
        return int(number)
    return number


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
