"""Messages in the form of the semantic conventions: ``{"role": …, "parts": […]}``.

See the JSON schemas of https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/. A block that they have no
form for stays as the provider sends it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

_CALLS = ("function_call", "custom_tool_call")


def input_messages(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that a request's body makes; empty where it holds no list of messages."""
    given = next((inputs[key] for key in ("messages", "input", "prompt") if inputs.get(key)), None)
    if isinstance(given, str) and "model" in inputs:
        given = [{"role": "user", "content": given}]
    messages = _messages(given)
    if not messages:
        return {}
    told: dict[str, Any] = {"gen_ai.input.messages": messages}
    if instructions := inputs.get("system") or inputs.get("instructions"):
        told["gen_ai.system_instructions"] = _parts(instructions)
    if inputs.get("tools"):
        told["gen_ai.tool.definitions"] = inputs["tools"]
    return told


def output_messages(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attribute that a reply makes; empty where it holds no message."""
    choices = outputs.get("choices")
    if isinstance(choices, list):
        replies = _messages([_chosen(choice) for choice in choices])
    elif isinstance(outputs.get("output"), list):  # several items are one reply
        items = _messages(outputs["output"])
        replies = items and [
            {"role": "assistant", "parts": [part for item in items for part in item["parts"]]}
        ]
    else:
        replies = _messages(outputs.get("messages", [outputs]))
    if replies:
        return {"gen_ai.output.messages": replies}
    return {}


def _chosen(choice: Any) -> Any:
    if isinstance(choice, dict) and "text" in choice:
        return {"role": "assistant", "content": choice["text"]}
    if isinstance(choice, dict):
        return choice.get("message")
    return None


def _messages(items: Any) -> list[dict[str, Any]]:
    """Return ``items`` as messages; empty where one of them is none."""
    found = [_message(item) for item in items] if isinstance(items, list) else []
    messages = [message for message in found if message is not None]
    if len(messages) == len(found):
        return messages
    return []


def _message(item: Any) -> dict[str, Any] | None:
    if not isinstance(item, dict):
        return None
    if "parts" in item and "role" in item:
        return item
    if "role" not in item:
        return _item(item)
    if "content" not in item:
        return None
    if item["role"] == "tool":
        return {"role": "tool", "parts": [_answer(item.get("tool_call_id"), item["content"])]}
    calls = [_tool_call(call.get("id"), call.get("function") or {}) for call in item.get("tool_calls") or ()]
    return {"role": item["role"], "parts": [*_parts(item["content"]), *calls]}


def _item(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return an item of OpenAI's responses that is no message of its own as one, or None where it is none."""
    kind, part = item.get("type"), dict(item)
    if not isinstance(kind, str):
        return None
    if kind.endswith("_call_output"):
        return {"role": "tool", "parts": [_answer(item.get("call_id"), item.get("output"))]}
    if kind in _CALLS:
        arguments = item.get("arguments", item.get("input"))
        part = _tool_call(item.get("call_id"), {"name": item.get("name"), "arguments": arguments})
    if kind == "reasoning":
        said = [each.get("text") or "" for each in item.get("summary") or () if isinstance(each, dict)]
        part = {"type": "reasoning", "content": "\n".join(said)}
    return {"role": "assistant", "parts": [part]}


def _parts(content: Any) -> list[Any]:
    blocks = content if isinstance(content, list) else [] if content is None else [content]
    return [_part(block) for block in blocks]


def _part(block: Any) -> Any:
    if not isinstance(block, dict):
        return {"type": "text", "content": block}
    kind = block.get("type")
    if kind in ("text", "input_text", "output_text"):
        return {"type": "text", "content": block.get("text")}
    if kind == "thinking":
        return {"type": "reasoning", "content": block.get("thinking")}
    if kind == "tool_use":
        return _tool_call(block.get("id"), {"name": block.get("name"), "arguments": block.get("input")})
    if kind == "tool_result":
        return _answer(block.get("tool_use_id"), block.get("content"))
    return block


def _answer(call_id: Any, response: Any) -> dict[str, Any]:
    return {"type": "tool_call_response", "id": call_id, "response": response}


def _tool_call(call_id: Any, function: Mapping[str, Any]) -> dict[str, Any]:
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        with suppress(ValueError):
            arguments = json.loads(arguments)
    return {"type": "tool_call", "id": call_id, "name": function.get("name"), "arguments": arguments}
