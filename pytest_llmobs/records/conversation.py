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
    stored = inputs.get("prompt")
    given = [
        inputs.get("system"),
        inputs.get("instructions"),
        stored if isinstance(stored, Mapping) else None,
    ]
    said = [content for role, content in _turns(inputs) if role in _INSTRUCTING]
    return [content for content in (*given, *said) if content]


def turns(inputs: Mapping[str, Any]) -> list[Turn] | None:
    """Return a request's messages without its system prompt, or None where it is no such request."""
    if not any(isinstance(inputs.get(key), list) for key in _CONVERSATIONS[:2]) and not _is_plain(inputs):
        return None
    return [turn for turn in _turns(inputs) if turn[0] not in _INSTRUCTING]


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
    outputs = outputs or {}
    message = outputs.get("message", outputs)
    choices, items = outputs.get("choices"), outputs.get("output")
    if isinstance(choices, list) and choices and isinstance(choices[0], Mapping):
        said = choices[0].get("message")
        if isinstance(said, Mapping):
            return turn({"role": "assistant", **said})[1]
        return choices[0].get("text")
    if (
        isinstance(items, list)
        and items
        and all(isinstance(item, Mapping) and "type" in item for item in items)
    ):
        return [block for item in items for block in _listed(turn(item)[1])]
    content = message.get("content") if isinstance(message, Mapping) else None
    if isinstance(content, list | str) and message.get("role", "assistant") == "assistant":
        return content
    return None


def words(content: Any) -> str | None:
    """Return the text in a reply's content, or None where there is none."""
    if isinstance(content, str):
        return content
    said = [block["text"] for block in _blocks(content) if block.get("type") in _WORDS]
    texts = [text for text in said if isinstance(text, str)]
    if texts:
        return "".join(texts)
    return None


def tool_uses(outputs: Mapping[str, Any] | None) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the tools that a reply calls, with their arguments."""
    uses = [block for block in _blocks(reply(outputs)) if block.get("type") == "tool_use"]
    return [(str(use.get("name")), use.get("input") or {}) for use in uses]


def _is_plain(inputs: Mapping[str, Any]) -> bool:
    return "model" in inputs and any(inputs.get(key) for key in ("input", "prompt", "instructions"))


def _turns(inputs: Mapping[str, Any]) -> Iterator[Turn]:
    for key in _CONVERSATIONS:
        said = inputs.get(key)
        if isinstance(said, list):
            yield from map(turn, said)
        elif isinstance(said, str):
            yield "user", said


def _use(call: Any) -> dict[str, Any]:
    """Return a call of a tool, chat completions' or responses', as Anthropic's ``tool_use`` block without its id."""
    said = call.get("function") or call.get("custom") or call if isinstance(call, Mapping) else {}
    given = said.get("arguments", said.get("input"))
    return {"type": "tool_use", "name": said.get("name"), "input": _arguments(given)}


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
