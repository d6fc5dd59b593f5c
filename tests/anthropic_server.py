"""A scripted stand-in for Anthropic's API on loopback: ``/v1/messages``, streams, token counts, errors. No pytest.

::

    with serve("Hello") as server:
        client = anthropic.Anthropic(base_url=server.url, api_key="test")
        client.messages.create(...)
    assert server.requests[0].body["model"] == "claude-sonnet-5"

A script is what to answer: a text, an ``Answer``, a list of them (one a request, the last one again and again), or
a function from the ``Request`` to one. A message is sent as JSON or as server-sent events, as the request asks.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import LoopbackServer, running

USAGE = {"input_tokens": 20, "output_tokens": 10}


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Any
    """The parsed JSON, what else was sent as bytes (a form with files), or None."""


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    body: Any = None
    """JSON, or bytes sent as they are."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before anything is sent."""
    pause: float = 0.0
    """Seconds between events."""
    gzipped: bool = False
    events: Sequence[Mapping[str, Any] | str] | None = None
    """Sent as server-sent events whatever the request asks; a string is sent as it is."""
    truncate_after: int | None = None
    """A stream ends properly after so many events: a reply without its end."""
    disconnect_after: int | None = None
    """A stream's connection breaks after so many events."""


Script = str | Answer | Sequence[str | Answer] | Callable[[Request], "str | Answer"]


def text(content: str, *, model: str | None = None, usage: Mapping[str, Any] = USAGE, **more: Any) -> Answer:
    """Return a message of one text block; ``more`` are fields of ``Answer``."""
    return message([{"type": "text", "text": content}], model=model, usage=usage, **more)


def message(
    content: Sequence[Mapping[str, Any]],
    *,
    model: str | None = None,
    usage: Mapping[str, Any] = USAGE,
    stop_reason: str = "end_turn",
    **more: Any,
) -> Answer:
    """Return a message; its model is the request's unless given."""
    body = {
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": list(content),
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": dict(usage),
    }
    return Answer(body, **more)


def tool_use(name: str, arguments: Mapping[str, Any], **more: Any) -> Answer:
    """Return a message that calls a tool."""
    block = {"type": "tool_use", "id": "toolu_scripted", "name": name, "input": dict(arguments)}
    return message([block], stop_reason="tool_use", **more)


def failure(status: int, kind: str = "api_error", reason: str = "scripted", **more: Any) -> Answer:
    """Return an error as the API sends it; ``headers={"retry-after-ms": "1"}`` keeps retries short."""
    return Answer({"type": "error", "error": {"type": kind, "message": reason}}, status=status, **more)


def events_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the events that stream a message: text and thinking in words, tool arguments in pieces of JSON."""
    usage = dict(body["usage"])
    start = {**body, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, block in enumerate(body["content"]):
        empty, deltas = _taken_apart(block)
        events.append({"type": "content_block_start", "index": index, "content_block": empty})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    end = {"stop_reason": body["stop_reason"], "stop_sequence": body["stop_sequence"]}
    events.append({"type": "message_delta", "delta": end, "usage": {"output_tokens": usage["output_tokens"]}})
    return [*events, {"type": "message_stop"}]


def _taken_apart(block: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    kind = block["type"]
    if kind == "tool_use":
        written = json.dumps(block["input"])
        halves = [written[: len(written) // 2], written[len(written) // 2 :]]
        return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": half} for half in halves]
    if kind == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": part} for part in _words(block["thinking"])]
        signature = {"type": "signature_delta", "signature": block.get("signature", "")}
        return {**block, "thinking": "", "signature": ""}, [*deltas, signature]
    if kind == "text":
        deltas = [{"type": "text_delta", "text": part} for part in _words(block["text"])]
        deltas += [{"type": "citations_delta", "citation": cited} for cited in block.get("citations") or ()]
        return {**block, "text": "", **({"citations": []} if block.get("citations") else {})}, deltas
    return dict(block), []


def _words(content: str) -> list[str]:
    return [word + " " for word in content.split(" ")[:-1]] + content.split(" ")[-1:]


class Server:
    """A running server."""

    def __init__(self, script: Script, request_id: str) -> None:
        """Take a script, the header of request ids, and a free port; ``serve`` starts it."""
        self.request_id = request_id
        self.requests: list[Request] = []
        """Everything that was asked, in order of arrival."""
        self._script = script
        self._lock = threading.Lock()
        self.http = LoopbackServer(_Handler, self)
        self.url = self.http.url

    def answer(self, request: Request) -> Answer:
        """Return the script's answer to ``request``."""
        with self._lock:
            number = len(self.requests)
            self.requests.append(request)
        script = self._script
        if callable(script):
            said = script(request)
        else:
            said = script if isinstance(script, str | Answer) else script[min(number, len(script) - 1)]
        answer = text(said) if isinstance(said, str) else said
        if request.path.startswith("/v1/messages/count_tokens") and answer.status == 200:
            return replace(answer, body={"input_tokens": len(json.dumps(request.body)) // 4})
        if isinstance(answer.body, dict) and answer.body.get("model", "") is None:
            asked = request.body if isinstance(request.body, dict) else {}
            return replace(answer, body={**answer.body, "model": asked.get("model", "unknown")})
        return answer


@contextmanager
def serve(script: Script, request_id: str = "request-id") -> Iterator[Server]:
    """Serve ``script`` on a free port of 127.0.0.1 inside the ``with`` block."""
    server = Server(script, request_id)
    with running(server.http):
        yield server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without these two, every call takes 40 ms: Nagle's algorithm waits for the delayed acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = 65536
    server: LoopbackServer

    def do_POST(self) -> None:
        self._respond()

    def do_GET(self) -> None:
        self._respond()

    def log_message(self, *args: Any) -> None:
        """Keep quiet."""

    def _respond(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        body: Any = raw or None
        if raw and "multipart" not in headers.get("content-type", ""):
            body = json.loads(raw)
        request = Request(self.command, self.path, headers, body)
        answer = self.server.owner.answer(request)
        self._wait(answer.delay)
        asked = isinstance(request.body, dict) and request.body.get("stream")
        streamed = asked and isinstance(answer.body, Mapping) and "content" in answer.body
        if answer.events is not None or (streamed and answer.status == 200):
            self._send_events(answer)
        else:
            self._send_whole(answer)

    def _wait(self, seconds: float) -> None:
        """Wait, at most as long as the server serves."""
        if seconds > 0:
            self.server.ended.wait(seconds)

    def _send_whole(self, answer: Answer) -> None:
        content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        if answer.gzipped:
            content = gzip.compress(content)
        self._send_head(answer, "application/json", {"content-length": str(len(content))})
        self.wfile.write(content)
        self.wfile.flush()

    def _send_events(self, answer: Answer) -> None:
        events = answer.events if answer.events is not None else events_of(answer.body)
        self._send_head(answer, "text/event-stream", {"transfer-encoding": "chunked"})
        packer = gzip.zlib.compressobj(wbits=31) if answer.gzipped else None  # type: ignore[attr-defined]
        for number, event in enumerate(events):
            if number == answer.disconnect_after:
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()
                return
            if number == answer.truncate_after:
                break
            data = event if isinstance(event, str) else json.dumps(event)
            named = f"event: {event['type']}\n" if isinstance(event, Mapping) and "type" in event else ""
            block = f"{named}data: {data}\n\n".encode()
            if packer is not None:
                block = packer.compress(block) + packer.flush(gzip.zlib.Z_SYNC_FLUSH)  # type: ignore[attr-defined]
            self._send_chunk(block)
            self._wait(answer.pause)
        self._send_chunk(b"" if packer is None else packer.flush(), last=True)

    def _send_chunk(self, block: bytes, *, last: bool = False) -> None:
        if block:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(block), block))
        if last:
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _send_head(self, answer: Answer, content_type: str, more: Mapping[str, str]) -> None:
        self.send_response(answer.status)
        headers = {
            "content-type": content_type,
            self.server.owner.request_id: "req_scripted",
            **more,
            **answer.headers,
        }
        if answer.gzipped:
            headers["content-encoding"] = "gzip"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
