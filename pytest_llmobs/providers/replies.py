"""What came back: a response's body, in whatever form, as the reply that is logged."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_llmobs.providers.bodies import decompressed
from pytest_llmobs.providers.calls import Reply
from pytest_llmobs.providers.media import summary
from pytest_llmobs.providers.prices import LISTED_TIERS, cost_unknown, without_usage
from pytest_llmobs.providers.streams import event_texts, parsed_events, parsed_lines
from pytest_llmobs.records.runs import COST_UNKNOWN, PAID, RunType
from pytest_llmobs.tracing.run_tree import RunTree

Body = Mapping[str, Any]
"""A reply as the API returns it, parsed."""
STREAMS = ("text/event-stream", "application/vnd.amazon.eventstream")
"""Media types whose bodies are events."""
_BINARY = ("audio/", "image/", "video/", "application/octet-stream")
_STANDARD_TIERS = (*LISTED_TIERS, "standard_only")
"""What a request may ask for that is served at the listed price unless the reply says otherwise."""
_REQUEST_IDS = ("request-id", "x-amzn-requestid", "x-request-id")
"""Headers that hold it; the first that is there counts."""


@dataclass(frozen=True)
class Endpoint:
    """One url of an API: what a call of it is called, and how what comes back is read."""

    name: str
    """The run's name, behind the SDK's (``messages``)."""
    operation: str
    """OpenTelemetry's ``gen_ai.operation.name``."""
    run_type: RunType = "llm"
    read: Callable[[Body, str, str | None], Reply] | None = None
    """Reads a body, given who served it and the model asked for; None logs it as it is."""
    read_events: Callable[[Iterable[Body], str, str | None], Reply] | None = None
    """Reads the events of a stream in the same way."""
    read_lines: Callable[[Sequence[Body], RunTree], Reply] | None = None
    """Reads a body of JSON lines, and may start runs below the call's."""
    read_bytes: Callable[[bytes, str, Mapping[str, float], str, str | None], Reply] | None = None
    """Reads a body that is no JSON, given its media type, what ``sent`` returned, who served it and the model."""
    sent: Callable[[Mapping[str, Any]], Mapping[str, float]] | None = None
    """Returns what of a request itself is billed, in units of the price list."""


def failed(error: BaseException) -> Reply:
    """Return what is logged of a call that raised."""
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None)
    request = getattr(response, "request", None) or getattr(error, "request", None)
    columns = _transport_columns(getattr(response, "headers", {}), request)
    if status is None:
        return Reply(error=error, columns=columns, metadata=_unheard(error))
    return Reply(error=error, columns=columns, metadata={"status_code": status})


_UNHEARD = ("ReadTimeout", "ReadError", "RemoteProtocolError")
"""Names of errors after which nobody knows whether the model answered: the request had been sent."""


def _unheard(error: BaseException) -> dict[str, str]:
    cause = error.__cause__ or error
    if _is_cancelled(cause) or type(cause).__name__ in _UNHEARD:
        return {COST_UNKNOWN: "the request was sent, and what came of it wasn't heard"}
    return {}


def _is_cancelled(error: BaseException) -> bool:
    exceptions = sys.modules.get("asyncio.exceptions")  # importing asyncio takes 50 ms
    return exceptions is not None and isinstance(error, exceptions.CancelledError)


def _transport_columns(headers: Mapping[str, str], request: Any) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name in _REQUEST_IDS:
        if name in headers:
            columns["request_id"] = headers[name]
            break
    retries = getattr(request, "headers", {}).get("x-stainless-retry-count", "")
    if retries.isdecimal():
        columns["retries"] = int(retries)
    return columns


class ResponseReader:
    """Reads one response's body. Holds nothing of the response but its headers."""

    def __init__(
        self,
        response: Any,
        *,
        client: Any,
        run: RunTree,
        endpoint: Endpoint,
        sent: Mapping[str, float],
        surcharge: str | None,
    ) -> None:
        """Note what the body's bytes mean.

        Args:
            response: An httpx-like response.
            client: The SDK's client; it knows the event stream of its cloud.
            run: The call's run.
            endpoint: What was called.
            sent: What of the request is billed; see ``Endpoint.sent``.
            surcharge: Why the call may cost more than the reply tells; None where nothing speaks for it.
        """
        self._headers = response.headers
        self._kind = media_type(response.headers)
        self._response_class = type(response)
        self._columns = _transport_columns(response.headers, response.request)
        self._client = client
        self._run = run
        self._endpoint = endpoint
        self._sent = sent
        self._surcharge = surcharge

    def read(self, raw: bytes, how: str, error: BaseException | None) -> Reply:
        """Return what is logged of a body as it came over the wire.

        Args:
            raw: Bytes, still compressed.
            how: How reading ended: ``read``, ``closed`` or ``failed``.
            error: What reading raised.
        """
        reply = Reply(columns=self._columns)
        if raw:
            reply = self.read_decoded(decompressed(self._response_class, self._headers, raw))
        if how == "failed":
            return replace(self._cut_short(reply), error=reply.error or error, status=None)
        # Many stop reading at the last event: everything has come then, though the body was closed before its end.
        if how == "closed" and (not raw or reply.status is not None):
            return replace(self._cut_short(reply), status="abandoned")
        return reply

    def _cut_short(self, reply: Reply) -> Reply:
        if self._endpoint.run_type not in PAID or COST_UNKNOWN in reply.metadata:
            return reply
        return cost_unknown(reply, "it was not read to its end, where the usage is told")

    def read_decoded(self, content: bytes) -> Reply:
        """Return what is logged of a whole, decompressed body."""
        reply = self._read(content)
        if self._surcharge is not None and (reply.run_type or self._endpoint.run_type) in PAID:
            reply = cost_unknown(reply, self._surcharge)
        reply = self._of_tier(reply)
        return replace(reply, columns={**reply.columns, **self._columns})

    def _of_tier(self, reply: Reply) -> Reply:
        """Return ``reply`` without its cost where a tier of another price was asked for, and it doesn't name one."""
        asked = (self._run.columns.get("params") or {}).get("service_tier")
        if asked in _STANDARD_TIERS or reply.columns.get("service_tier") is not None:
            return reply
        return cost_unknown(
            reply, f"service tier {asked!r} was asked for, and the reply doesn't tell its own"
        )

    def _read(self, content: bytes) -> Reply:
        endpoint, columns = self._endpoint, self._run.columns
        if self._kind in STREAMS and endpoint.read_events is not None:
            return endpoint.read_events(self._events(content), columns["provider"], columns.get("model"))
        if self._kind in STREAMS:
            return self._unread_events(content)
        if endpoint.read_lines is not None:
            return endpoint.read_lines(list(parsed_lines(content)), self._run)
        if not self._kind.endswith("json") and endpoint.read_bytes is not None:
            return self._unreadable(content)
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            return self._unreadable(content)
        if not isinstance(body, dict) or endpoint.read is None:
            return Reply(outputs=body)
        try:
            return endpoint.read(body, columns["provider"], columns.get("model"))
        except Exception as error:  # a server that fills known fields with something else
            problem = f"{type(error).__qualname__} while reading the reply"
            return self._without_usage(Reply(outputs=body, metadata={"not_captured": problem}), problem)

    def _unread_events(self, content: bytes) -> Reply:
        """Return a stream that nobody can put together, by hash and size: its events may hold pieces of a secret."""
        outputs = {"events": len(list(self._events(content))), "body": summary(content)}
        return self._without_usage(Reply(outputs=outputs, streamed=True), "its events are not understood")

    def _without_usage(self, reply: Reply, reason: str) -> Reply:
        if self._endpoint.run_type in PAID:
            return without_usage(reply, reason)
        return reply

    def _unreadable(self, content: bytes) -> Reply:
        """Return a body that is no JSON: as its endpoint reads it, else text as it is and all else by hash and size."""
        read_bytes, columns = self._endpoint.read_bytes, self._run.columns
        if read_bytes is not None:
            return read_bytes(content, self._kind, self._sent, columns["provider"], columns.get("model"))
        reply = Reply(outputs={"body": content.decode("utf-8", "replace")}, status="incomplete")
        if self._kind.startswith(_BINARY) or b"\0" in content:
            reply = Reply(outputs={"body": {"media_type": self._kind, **summary(content)}})
        return self._without_usage(reply, "the reply can't be read")

    def _events(self, content: bytes) -> Iterator[Body]:
        return events_of(content, self._kind, self._client)


def media_type(headers: Mapping[str, str]) -> str:
    """Return what a body is, in lower case, without parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def events_of(content: bytes, kind: str, client: Any) -> Iterator[Body]:
    """Return the events of a stream that are JSON objects.

    Args:
        content: The whole body.
        kind: One of ``STREAMS``.
        client: The SDK's; it knows the event stream of its cloud.
    """
    if kind == "text/event-stream":
        return parsed_events(event_texts(content))
    events = client._make_sse_decoder().iter_bytes(iter([content]))
    return parsed_events(event.data for event in events)
