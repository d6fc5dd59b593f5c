"""What the payloads of a model call say, whichever API's shape they have.

The shapes are Anthropic's messages and OpenAI's chat completions, responses and completions. They are told apart by
their keys, not by who served them: other vendors speak the same, and so do functions that users trace as ``llm`` runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

TEXTS = frozenset({"model", "messages", "system", "tools", "prompt", "input", "instructions"})
"""Keys of a request that hold its texts, tools and model; the others are its parameters."""
_CONVERSATIONS = ("messages", "input", "prompt")
_INSTRUCTING = ("system", "developer")
"""Roles of messages that tell the model what it is, in OpenAI's shapes."""
_WORDS = ("text", "output_text", "input_text")
_CALLS = ("function_call", "custom_tool_call")

Turn = tuple[str, Any]
"""A role, and a content: a text, or a list of blocks."""


def instructions(inputs: Mapping[str, Any]) -> list[Any]:
    """Return the contents that make up a request's system prompt; empty where it has none."""
    contents = [inputs.get("system"), inputs.get("instructions")]
    if isinstance(inputs.get("prompt"), Mapping):  # OpenAI's stored prompt: its id, version and variables
        contents.append(inputs["prompt"])
    for role, content in _turns(inputs):
        if role in _INSTRUCTING:
            contents.append(content)
    return list(filter(None, contents))


def turns(inputs: Mapping[str, Any]) -> list[Turn] | None:
    """Return a request's messages without its system prompt, or None where it is no such request."""
    has_messages = isinstance(inputs.get("messages"), list) or isinstance(inputs.get("input"), list)
    if not has_messages and not _is_plain(inputs):
        return None
    return [(role, content) for role, content in _turns(inputs) if role not in _INSTRUCTING]


def turn(message: Any) -> Turn:
    """Return the role and the content of one message; a call of a tool in it as a ``tool_use`` block."""
    if not isinstance(message, Mapping):
        return "user", message
    kind = message.get("type")
    if kind in _CALLS:
        return "assistant", [_use(message)]
    if isinstance(kind, str) and kind.endswith("_call_output"):
        return "tool", message.get("output")
    if "role" not in message:
        return str(kind or "?"), [message]
    content, called = message.get("content"), message.get("tool_calls")
    if isinstance(called, list) and called:
        content = [*_listed(content), *map(_use, called)]
    return str(message["role"]), content


def reply(outputs: Mapping[str, Any] | None) -> Any:
    """Return the content of a model's reply: a text, a list of blocks, or None where ``outputs`` are no reply.

    Of several choices the first counts.
    """
    if not outputs:
        return None
    choices = outputs.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], Mapping):
        return _chosen(choices[0])
    items = _items(outputs.get("output"))
    if items:
        return _blocks_of_items(items)
    return _assistants(outputs.get("message", outputs))


def _chosen(choice: Mapping[str, Any]) -> Any:
    """Return what a choice of chat completions, or of the older completions, holds."""
    message = choice.get("message")
    if isinstance(message, Mapping):
        return turn({"role": "assistant", **message})[1]
    return choice.get("text")


def _items(output: Any) -> Sequence[Mapping[str, Any]]:
    """Return the items of a response: messages, reasoning, calls; empty where it is something else."""
    items = _blocks(output)
    if items and len(items) == len(output) and all("type" in item for item in items):
        return items
    return []


def _blocks_of_items(items: Sequence[Mapping[str, Any]]) -> list[Any]:
    blocks: list[Any] = []
    for item in items:
        blocks.extend(_listed(turn(item)[1]))
    return blocks


def _assistants(message: Any) -> Any:
    """Return the content of a message where it is the assistant's."""
    if not isinstance(message, Mapping) or message.get("role", "assistant") != "assistant":
        return None
    content = message.get("content")
    if isinstance(content, list | str):
        return content
    return None


def words(content: Any) -> str | None:
    """Return the text in a reply's content, or None where there is none."""
    if isinstance(content, str):
        return content
    texts = []
    for block in _blocks(content):
        if block.get("type") in _WORDS and isinstance(block["text"], str):
            texts.append(block["text"])
    if texts:
        return "".join(texts)
    return None


def tool_uses(outputs: Mapping[str, Any] | None) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the tools that a reply calls, with their arguments."""
    uses = []
    for block in _blocks(reply(outputs)):
        if block.get("type") == "tool_use":
            uses.append((str(block.get("name")), block.get("input") or {}))
    return uses


def _is_plain(inputs: Mapping[str, Any]) -> bool:
    if "model" not in inputs:
        return False
    return bool(inputs.get("input") or inputs.get("prompt") or inputs.get("instructions"))


def _turns(inputs: Mapping[str, Any]) -> Iterator[Turn]:
    for key in _CONVERSATIONS:
        messages = inputs.get(key)
        if isinstance(messages, list):
            yield from map(turn, messages)
        elif isinstance(messages, str):
            yield "user", messages


def _use(call: Any) -> dict[str, Any]:
    """Return a call of a tool, chat completions' or responses', as Anthropic's ``tool_use`` block without its id."""
    function: Mapping[str, Any] = {}
    if isinstance(call, Mapping):
        function = call.get("function") or call.get("custom") or call
    arguments = _arguments(function.get("arguments", function.get("input")))
    return {"type": "tool_use", "name": function.get("name"), "input": arguments}


def _arguments(given: Any) -> Any:
    if not isinstance(given, str):
        return given or {}
    try:
        parsed = json.loads(given)
    except ValueError:
        parsed = given
    if isinstance(parsed, Mapping):
        return parsed
    return {"input": given}


def _listed(content: Any) -> Sequence[Any]:
    if isinstance(content, list):
        return content
    if content:
        return [{"type": "text", "text": content}]
    return []


def _blocks(content: Any) -> list[Mapping[str, Any]]:
    if isinstance(content, list):
        return [block for block in content if isinstance(block, Mapping)]
    return []
