"""What came back: a response's body, in whatever form, as the reply that is logged."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_llmobs.providers.base import Reply
from pytest_llmobs.records.runs import RunType
from pytest_llmobs.tracing.run_tree import RunTree

Body = Mapping[str, Any]
"""A reply as the API returns it, parsed."""
_STREAMS = ("text/event-stream", "application/vnd.amazon.eventstream")
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


def failed(error: BaseException) -> Reply:
    """Return what is logged of a call that raised."""
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None)
    request = getattr(response, "request", None) or getattr(error, "request", None)
    columns = _transport_columns(getattr(response, "headers", {}), request)
    if status is None:
        return Reply(error=error, columns=columns)
    return Reply(error=error, columns=columns, metadata={"status_code": status})


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

    def __init__(self, response: Any, client: Any, run: RunTree, endpoint: Endpoint) -> None:
        """Note what the body's bytes mean.

        Args:
            response: An httpx-like response.
            client: The SDK's client; it knows the event stream of its cloud.
            run: The call's run.
            endpoint: What was called.
        """
        self._headers = response.headers
        self._kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        self._response_class = type(response)
        self._columns = _transport_columns(response.headers, response.request)
        self._client = client
        self._run = run
        self._endpoint = endpoint

    def read(self, raw: bytes, how: str, error: BaseException | None) -> Reply:
        """Return what is logged of a body as it came over the wire.

        Args:
            raw: Bytes, still compressed.
            how: How reading ended: ``read``, ``closed`` or ``failed``.
            error: What reading raised.
        """
        reply = Reply(columns=self._columns)
        if raw:
            reply = self.read_decoded(self._decompress(raw))
        if how == "failed":
            return replace(reply, error=reply.error or error, status=None)
        # Many stop reading at the last event: everything has come then, though the body was closed before its end.
        if how == "closed" and (not raw or reply.status is not None):
            return replace(reply, status="abandoned")
        return reply

    def read_decoded(self, content: bytes) -> Reply:
        """Return what is logged of a whole, decompressed body."""
        reply = self._read(content)
        return replace(reply, columns={**reply.columns, **self._columns})

    def _read(self, content: bytes) -> Reply:
        endpoint, columns = self._endpoint, self._run.columns
        if self._kind in _STREAMS and endpoint.read_events is not None:
            return endpoint.read_events(self._events(content), columns["provider"], columns.get("model"))
        if endpoint.read_lines is not None:
            lines = content.decode("utf-8", "replace").splitlines()
            return endpoint.read_lines(list(_parsed(lines)), self._run)
        try:
            body = json.loads(content)
        except ValueError:
            return Reply(outputs={"body": content.decode("utf-8", "replace")}, status="incomplete")
        if isinstance(body, dict) and endpoint.read is not None:
            return endpoint.read(body, columns["provider"], columns.get("model"))
        return Reply(outputs=body)

    def _events(self, content: bytes) -> Iterator[Body]:
        if self._kind == "text/event-stream":
            return _parsed(_event_texts(content))
        events = self._client._make_sse_decoder().iter_bytes(iter([content]))
        return _parsed(event.data for event in events)

    def _decompress(self, raw: bytes) -> bytes:
        if not self._headers.get("content-encoding"):
            return raw
        try:
            content: bytes = self._response_class(200, headers=self._headers, content=raw).content
        except Exception:  # a body that broke off: what is there of it
            content = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(raw)
        return content


def _event_texts(content: bytes) -> Iterator[str]:
    """Yield the data of each server-sent event. By hand: the SDK's decoder takes three times as long."""
    for block in content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n\n"):
        lines = [line[5:].strip() for line in block.split(b"\n") if line.startswith(b"data:")]
        yield b"\n".join(lines).decode("utf-8", "replace")


def _parsed(texts: Iterable[str]) -> Iterator[Body]:
    """Yield the texts that are JSON objects; all else, such as ``[DONE]``, is passed over."""
    for text in texts:
        try:
            value = json.loads(text)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value
