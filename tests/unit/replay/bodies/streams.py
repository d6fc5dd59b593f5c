"""Streams as providers send them, to be recorded and replayed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_llmobs.replay.bodies.forms import Body, packed, parsed

DONE = "[DONE]"


def as_document(content: bytes, media_type: str) -> Body:
    """Return a body as a cassette holds it, uncleaned."""
    return packed(parsed(content, media_type))


def server_sent(
    events: Iterable[Mapping[str, Any] | str], *, named: bool = False, spaced: bool = False
) -> bytes:
    """Return events as they go over the wire; a text is the data of one that isn't JSON."""
    separators = (", ", ": ") if spaced else (",", ":")
    blocks: list[str] = []
    for event in events:
        data = (
            event if isinstance(event, str) else json.dumps(event, ensure_ascii=False, separators=separators)
        )
        name = f"event: {event['type']}\n" if named and isinstance(event, Mapping) else ""
        blocks.append(f"{name}data: {data}\n\n")
    return "".join(blocks).encode()


def data_of(chunk: bytes) -> Any:
    """Return the data of one server-sent event: its value where it is JSON, else its text."""
    lines = [line[5:].strip() for line in chunk.splitlines() if line.startswith(b"data:")]
    text = b"\n".join(lines).decode()
    try:
        return json.loads(text)
    except ValueError:
        return text


def chat_chunks(pieces: Sequence[str], *, choice: int = 0, **more: Any) -> list[dict[str, Any]]:
    """Return the chunks of a chat completion of OpenAI's that says ``pieces``."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "", "refusal": None}]
    deltas += [{"content": piece} for piece in pieces]
    chunks = [_chunk(delta, choice, None, **more) for delta in deltas]
    return [*chunks, _chunk({}, choice, "stop", **more)]


def chat_usage(**more: Any) -> dict[str, Any]:
    """Return the last chunk of a chat completion, which has its usage."""
    usage = {"prompt_tokens": 20, "completion_tokens": 1000, "total_tokens": 1020}
    return {**_chunk({}, 0, None, **more), "choices": [], "usage": usage}


def _chunk(delta: Mapping[str, Any], choice: int, finish_reason: str | None, **more: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-C8vLxJ0qkPpzZ4d3bYFo3QmXyTtUw",
        "object": "chat.completion.chunk",
        "created": 1756297045,
        "model": "gpt-5-mini-2026-08-07",
        "service_tier": "default",
        "system_fingerprint": "fp_e665f7564b",
        "choices": [
            {"index": choice, "delta": dict(delta), "logprobs": None, "finish_reason": finish_reason}
        ],
        "usage": None,
        **more,
    }


def response_body(text: str) -> dict[str, Any]:
    """Return a whole response of OpenAI's that says ``text``."""
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    item = {
        "id": "msg_68af4032b1a8819cb0a1a5fbab4a3e9f05438e46b5f69a3b",
        "type": "message",
        "status": "completed",
        "content": [part],
        "role": "assistant",
    }
    return {**_RESPONSE, "status": "completed", "output": [item], "usage": _RESPONSE_USAGE}


def response_events(pieces: Sequence[str]) -> list[dict[str, Any]]:
    """Return the events that stream a response of OpenAI's that says ``pieces``."""
    completed = response_body("".join(pieces))
    (item,) = completed["output"]
    (part,) = item["content"]
    place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    empty_item = {**item, "status": "in_progress", "content": []}
    kind = "response.output_text"
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": _RESPONSE},
        {"type": "response.in_progress", "response": _RESPONSE},
        {"type": "response.output_item.added", "output_index": 0, "item": empty_item},
        {"type": "response.content_part.added", **place, "part": {**part, "text": ""}},
    ]
    events += [{"type": f"{kind}.delta", **place, "delta": piece, "logprobs": []} for piece in pieces]
    events += [
        {"type": f"{kind}.done", **place, "text": part["text"], "logprobs": []},
        {"type": "response.content_part.done", **place, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": completed},
    ]
    return [
        {"type": event["type"], "sequence_number": number, **event} for number, event in enumerate(events)
    ]


_RESPONSE: dict[str, Any] = {
    "id": "resp_68af4030592c81938ec0a5fbab4a3e9f05438e46b5f69a3b",
    "object": "response",
    "created_at": 1756315696,
    "status": "in_progress",
    "background": False,
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "model": "gpt-5-mini-2026-08-07",
    "output": [],
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "auto",
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "usage": None,
    "user": None,
    "metadata": {},
}
_RESPONSE_USAGE = {
    "input_tokens": 20,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 1000,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 1020,
}
