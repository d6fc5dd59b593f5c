"""A scripted stand-in for OpenAI's API on loopback: chat completions, completions, responses, embeddings, streams.

::

    with serve("Hello") as server:
        client = openai.OpenAI(base_url=server.url, api_key="test")
        client.chat.completions.create(...)
    assert server.requests[0].body["model"] == "gpt-5-mini"

The scripts and answers are those of ``anthropic_server``. A text answers whatever endpoint is asked in its own shape,
streamed where the request asks for it.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import openai.resources.chat.completions  # noqa: F401 - loaded late, and pytester would forget it after each session

from tests import anthropic_server
from tests.anthropic_server import Answer, Request, Script, Server

DONE = "[DONE]"
CHAT_USAGE = {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30}
RESPONSES_USAGE = {"input_tokens": 20, "output_tokens": 10, "total_tokens": 30}


def chat(
    message: Mapping[str, Any],
    *,
    finish_reason: str = "stop",
    usage: Mapping[str, Any] = CHAT_USAGE,
    model: str | None = None,
    extra: Mapping[str, Any] | None = None,
    **more: Any,
) -> Answer:
    """Return a chat completion of one message; ``extra`` are fields of its body, ``more`` those of ``Answer``."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": None, **message},
        "finish_reason": finish_reason,
        "logprobs": None,
    }
    body = {"id": "chatcmpl_scripted", "object": "chat.completion", "created": 1, "model": model}
    return Answer({**body, "choices": [choice], "usage": dict(usage), **(extra or {})}, **more)


def tool_call(name: str, arguments: Mapping[str, Any], **more: Any) -> Answer:
    """Return a chat completion that calls a tool."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    called = [{"id": "call_scripted", "type": "function", "function": function}]
    return chat({"tool_calls": called}, finish_reason="tool_calls", **more)


def response(
    items: Sequence[Mapping[str, Any]],
    *,
    usage: Mapping[str, Any] | None = RESPONSES_USAGE,
    model: str | None = None,
    extra: Mapping[str, Any] | None = None,
    **more: Any,
) -> Answer:
    """Return a response of several output items; ``extra`` are fields of its body, ``more`` those of ``Answer``."""
    body = {
        "id": "resp_scripted",
        "object": "response",
        "created_at": 1,
        "model": model,
        "status": "completed",
        "output": [dict(item) for item in items],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "incomplete_details": None,
        "usage": usage and dict(usage),
    }
    return Answer({**body, **(extra or {})}, **more)


def spoken(content: str) -> dict[str, Any]:
    """Return the output item of a response that says ``content``."""
    part = {"type": "output_text", "text": content, "annotations": []}
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}


def function_call(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the output item of a response that calls a tool."""
    return {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": name,
        "arguments": json.dumps(arguments),
        "status": "completed",
    }


def failure(status: int, code: str = "server_error", message: str = "scripted", **more: Any) -> Answer:
    """Return an error as the API sends it; ``headers={"retry-after-ms": "1"}`` keeps retries short."""
    error = {"message": message, "type": code, "code": code, "param": None}
    return Answer({"error": error}, status=status, **more)


@contextmanager
def serve(script: Script) -> Iterator[Server]:
    """Serve ``script`` on a free port of 127.0.0.1 inside the ``with`` block."""
    asked = 0

    def answer(request: Request) -> Answer:
        nonlocal asked
        said = script
        if callable(script):
            said = script(request)
        elif not isinstance(script, str | Answer):
            said = script[min(asked, len(script) - 1)]
        asked += 1
        return _fitting(said if isinstance(said, Answer) else _text(str(said), request), request)

    with anthropic_server.serve(answer, request_id="x-request-id") as server:
        yield server


def _text(content: str, request: Request) -> Answer:
    path = request.path.partition("?")[0]
    if path.endswith("/chat/completions"):
        return chat({"content": content})
    if path.endswith("/responses"):
        return response([spoken(content)])
    if path.endswith("/embeddings"):
        return embeddings(request.body)
    choice = {"index": 0, "text": content, "finish_reason": "stop", "logprobs": None}
    return Answer(
        {
            "id": "cmpl_scripted",
            "object": "text_completion",
            "created": 1,
            "model": None,
            "choices": [choice],
            "usage": CHAT_USAGE,
        }
    )


def embeddings(asked: Mapping[str, Any]) -> Answer:
    """Return a vector of three numbers for each text, encoded as the request asks."""
    texts = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
    packed = base64.b64encode(struct.pack("<3f", 0.5, 0.25, 1.0)).decode()
    vector: Any = packed if asked.get("encoding_format") == "base64" else [0.5, 0.25, 1.0]
    data = [{"object": "embedding", "index": index, "embedding": vector} for index in range(len(texts))]
    usage = {"prompt_tokens": 4 * len(texts), "total_tokens": 4 * len(texts)}
    return Answer({"object": "list", "model": None, "data": data, "usage": usage})


def _fitting(answer: Answer, request: Request) -> Answer:
    body, sent = answer.body, request.body
    streams = isinstance(sent, dict) and sent.get("stream") and answer.events is None and answer.status == 200
    if not streams or not isinstance(body, dict):
        return answer
    body = {**body, "model": body["model"] or sent.get("model")}
    if "output" in body:
        return replace(answer, events=events_of(body))
    return replace(
        answer, events=chunks_of(body, bool((sent.get("stream_options") or {}).get("include_usage")))
    )


def chunks_of(body: Mapping[str, Any], include_usage: bool) -> list[dict[str, Any] | str]:
    """Return the chunks that stream a completion, the usage in the last one where it is asked for."""
    kind = "chat.completion.chunk" if body["object"] == "chat.completion" else body["object"]
    head = {**{key: value for key, value in body.items() if key not in ("choices", "usage")}, "object": kind}
    if include_usage:
        head["usage"] = None
    chunks: list[dict[str, Any] | str] = []
    for choice in body["choices"]:
        begun = {"index": choice["index"], "finish_reason": None}
        chunks += [{**head, "choices": [{**begun, **delta}]} for delta in _deltas(choice)]
        nothing = {"text": ""} if "text" in choice else {"delta": {}}
        end = {"index": choice["index"], "finish_reason": choice["finish_reason"], **nothing}
        chunks.append({**head, "choices": [end]})
    last = [{**head, "choices": [], "usage": body["usage"]}] if include_usage else []
    return [*chunks, *last, DONE]


def _deltas(choice: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "text" in choice:
        yield from ({"text": word} for word in _words(choice["text"]))
        return
    message = choice["message"]
    yield {"delta": {"role": "assistant", "content": "", "refusal": None}}
    for key in ("reasoning_content", "refusal", "content"):
        for word in _words(message.get(key) or ""):
            yield {"delta": {key: word}}
    for index, call in enumerate(message.get("tool_calls") or ()):
        arguments = call["function"]["arguments"]
        empty = {**call, "index": index, "function": {**call["function"], "arguments": ""}}
        yield {"delta": {"tool_calls": [empty]}}
        for piece in (arguments[: len(arguments) // 2], arguments[len(arguments) // 2 :]):
            yield {"delta": {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}}
    for piece in message.get("audio_pieces") or ():
        yield {"delta": {"audio": {"id": "audio_1", "data": piece}}}


def events_of(body: Mapping[str, Any]) -> list[dict[str, Any] | str]:
    """Return the events that stream a response."""
    begun = {**body, "status": "in_progress", "output": [], "usage": None}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
    ]
    for index, item in enumerate(body["output"]):
        events += _item_events(index, item)
    events.append({"type": f"response.{body['status']}", "response": dict(body)})
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def _item_events(index: int, item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    where = {"output_index": index, "item_id": item["id"]}
    parts = "summary" if item["type"] == "reasoning" else "content"
    empty = {
        **item,
        **({parts: []} if parts in item else {}),
        **({"arguments": ""} if "arguments" in item else {}),
    }
    yield {"type": "response.output_item.added", "output_index": index, "item": empty}
    arguments = item.get("arguments") or ""
    for piece in (arguments[: len(arguments) // 2], arguments[len(arguments) // 2 :]):
        if piece:
            yield {"type": "response.function_call_arguments.delta", **where, "delta": piece}
    for number, part in enumerate(item.get(parts) or ()):
        yield from _part_events({**where, f"{parts}_index": number}, part)
    yield {"type": "response.output_item.done", "output_index": index, "item": dict(item)}


def _part_events(where: Mapping[str, Any], part: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    summary = "summary_index" in where
    added = "reasoning_summary_part" if summary else "content_part"
    grows = "reasoning_summary_text" if summary else part["type"]
    yield {"type": f"response.{added}.added", **where, "part": {**part, "text": ""}}
    for word in _words(part["text"]):
        yield {"type": f"response.{grows}.delta", **where, "delta": word, "logprobs": []}
    yield {"type": f"response.{added}.done", **where, "part": dict(part)}


def _words(content: str) -> list[str]:
    return [word + " " for word in content.split(" ")[:-1]] + content.split(" ")[-1:] if content else []
