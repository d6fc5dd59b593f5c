"""Messages in the form of the semantic conventions: ``{"role": …, "parts": […]}``.

See the JSON schemas of https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/. A block that they have no
form for stays as the provider sends it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

Form = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Writes a provider's item or block as a part of a message."""


def input_messages(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that a request's body makes; empty where it holds no list of messages."""
    given = inputs.get("messages") or inputs.get("input") or inputs.get("prompt")
    if isinstance(given, str) and "model" in inputs:
        given = [{"role": "user", "content": given}]
    messages = _messages(given)
    if not messages:
        return {}
    attributes: dict[str, Any] = {"gen_ai.input.messages": messages}
    instructions = inputs.get("system") or inputs.get("instructions")
    if instructions:
        attributes["gen_ai.system_instructions"] = _parts(instructions)
    if inputs.get("tools"):
        attributes["gen_ai.tool.definitions"] = inputs["tools"]
    return attributes


def output_messages(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attribute that a reply makes; empty where it holds no message."""
    choices = outputs.get("choices")
    if isinstance(choices, list):
        replies = _messages(list(map(_chosen, choices)))
    elif isinstance(outputs.get("output"), list):
        replies = _joined(_messages(outputs["output"]))
    else:
        replies = _messages(outputs.get("messages", [outputs]))
    if not replies:
        return {}
    return {"gen_ai.output.messages": replies}


def _chosen(choice: Any) -> Any:
    if not isinstance(choice, dict):
        return None
    if "text" in choice:
        return {"role": "assistant", "content": choice["text"]}
    return choice.get("message")


def _joined(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the items of one of OpenAI's responses as the one reply that they are."""
    if not items:
        return []
    parts = []
    for item in items:
        parts += item["parts"]
    return [{"role": "assistant", "parts": parts}]


def _messages(items: Any) -> list[dict[str, Any]]:
    """Return ``items`` as messages; empty where one of them is none."""
    if not isinstance(items, list):
        return []
    messages = []
    for item in items:
        message = _message(item)
        if message is None:
            return []
        messages.append(message)
    return messages


def _message(item: Any) -> dict[str, Any] | None:
    if not isinstance(item, dict):
        return None
    if "role" not in item:
        return _item(item)
    if "parts" in item:  # in the conventions' form already
        return item
    if "content" not in item:
        return None
    if item["role"] == "tool":
        return {"role": "tool", "parts": [_answer(item.get("tool_call_id"), item["content"])]}
    parts = _parts(item["content"])
    for call in item.get("tool_calls") or ():
        parts.append(_tool_call(call.get("id"), call.get("function") or {}))
    return {"role": item["role"], "parts": parts}


def _item(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return an item of OpenAI's responses that is no message of its own as one, or None where it is none."""
    kind = item.get("type")
    if not isinstance(kind, str):
        return None
    if kind.endswith("_call_output"):
        return {"role": "tool", "parts": [_answer(item.get("call_id"), item.get("output"))]}
    write = _ITEM_FORMS.get(kind, dict)
    return {"role": "assistant", "parts": [write(item)]}


def _call_item(item: Mapping[str, Any]) -> dict[str, Any]:
    arguments = item.get("arguments", item.get("input"))
    return _tool_call(item.get("call_id"), {"name": item.get("name"), "arguments": arguments})


def _reasoning_item(item: Mapping[str, Any]) -> dict[str, Any]:
    texts = []
    for block in item.get("summary") or ():
        if isinstance(block, dict):
            texts.append(block.get("text") or "")
    return {"type": "reasoning", "content": "\n".join(texts)}


_ITEM_FORMS: Mapping[str, Form] = {
    "function_call": _call_item,
    "custom_tool_call": _call_item,
    "reasoning": _reasoning_item,
}
"""Type of an item -> what writes it as a part; others stay as they are."""


def _parts(content: Any) -> list[Any]:
    if content is None:
        return []
    if not isinstance(content, list):
        content = [content]
    return list(map(_part, content))


def _part(block: Any) -> Any:
    if not isinstance(block, dict):
        return {"type": "text", "content": block}
    write = _BLOCK_FORMS.get(str(block.get("type")), dict)
    return write(block)


def _text_block(block: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "text", "content": block.get("text")}


def _thinking_block(block: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "reasoning", "content": block.get("thinking")}


def _tool_use_block(block: Mapping[str, Any]) -> dict[str, Any]:
    return _tool_call(block.get("id"), {"name": block.get("name"), "arguments": block.get("input")})


def _tool_result_block(block: Mapping[str, Any]) -> dict[str, Any]:
    return _answer(block.get("tool_use_id"), block.get("content"))


_BLOCK_FORMS: Mapping[str, Form] = {
    "text": _text_block,
    "input_text": _text_block,
    "output_text": _text_block,
    "thinking": _thinking_block,
    "tool_use": _tool_use_block,
    "tool_result": _tool_result_block,
}
"""Type of a content block -> what writes it as a part; others stay as they are."""


def _answer(call_id: Any, response: Any) -> dict[str, Any]:
    return {"type": "tool_call_response", "id": call_id, "response": response}


def _tool_call(call_id: Any, function: Mapping[str, Any]) -> dict[str, Any]:
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        with suppress(ValueError):
            arguments = json.loads(arguments)
    return {"type": "tool_call", "id": call_id, "name": function.get("name"), "arguments": arguments}
