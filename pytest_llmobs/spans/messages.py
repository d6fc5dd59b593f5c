"""Messages in the form of the semantic conventions: ``{"role": …, "parts": […]}``.

See the JSON schemas of https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/. A block that they have no
form for stays as the provider sends it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any


def input_messages(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that a request's body makes; empty where it holds no list of messages."""
    messages: Any = inputs.get("messages")
    if not _are_messages(messages):
        return {}
    told = {"gen_ai.input.messages": [_message(message) for message in messages]}
    if inputs.get("system"):
        told["gen_ai.system_instructions"] = _parts(inputs["system"])
    if inputs.get("tools"):
        told["gen_ai.tool.definitions"] = inputs["tools"]
    return told


def output_messages(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attribute that a reply makes; empty where it holds no message."""
    replies: Any = outputs.get("messages")
    if replies is None:
        choices = outputs.get("choices")
        replies = [choice.get("message") for choice in choices or ()] if _are_objects(choices) else [outputs]
    if not _are_messages(replies):
        return {}
    return {"gen_ai.output.messages": [_message(reply) for reply in replies]}


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _are_messages(value: Any) -> bool:
    return _are_objects(value) and all(
        "role" in item and ("content" in item or "parts" in item) for item in value
    )


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    if "parts" in message:
        return dict(message)
    calls = [
        _tool_call(call.get("id"), call.get("function") or {}) for call in message.get("tool_calls") or ()
    ]
    if message["role"] == "tool":
        answer = {
            "type": "tool_call_response",
            "id": message.get("tool_call_id"),
            "response": message["content"],
        }
        return {"role": "tool", "parts": [answer]}
    return {"role": message["role"], "parts": [*_parts(message["content"]), *calls]}


def _parts(content: Any) -> list[Any]:
    blocks = content if isinstance(content, list) else [] if content is None else [content]
    return [_part(block) for block in blocks]


def _part(block: Any) -> Any:
    if not isinstance(block, dict):
        return {"type": "text", "content": block}
    kind = block.get("type")
    if kind == "text":
        return {"type": "text", "content": block.get("text")}
    if kind == "thinking":
        return {"type": "reasoning", "content": block.get("thinking")}
    if kind == "tool_use":
        return _tool_call(block.get("id"), {"name": block.get("name"), "arguments": block.get("input")})
    if kind == "tool_result":
        return {
            "type": "tool_call_response",
            "id": block.get("tool_use_id"),
            "response": block.get("content"),
        }
    return block


def _tool_call(call_id: Any, function: Mapping[str, Any]) -> dict[str, Any]:
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        with suppress(ValueError):
            arguments = json.loads(arguments)
    return {"type": "tool_call", "id": call_id, "name": function.get("name"), "arguments": arguments}
