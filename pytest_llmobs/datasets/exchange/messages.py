"""A conversation out of an example's or a run's inputs and outputs, in the one form that fine-tuning takes.

Messages are OpenAI's: ``role``, ``content``, ``tool_calls``. What models of Anthropic's API, LangChain and OpenAI's
newer API were given is brought into it. What has no place there (an image, a role nobody knows) is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_llmobs.datasets.base import abridge
from pytest_llmobs.records.conversation import reply
from pytest_llmobs.wording import known

Message = dict[str, Any]

ROLES = ("system", "developer", "user", "assistant", "tool")
_LANGCHAINS = {
    "human": "user",
    "ai": "assistant",
    "HumanMessage": "user",
    "AIMessage": "assistant",
    "SystemMessage": "system",
    "ToolMessage": "tool",
}
_CONVERSATIONS = ("messages", "input", "prompt")
_KEPT = ("name", "tool_call_id", "weight", "refusal")
_TEXTS = ("text", "input_text", "output_text")
_THOUGHT = ("thinking", "redacted_thinking", "reasoning")
"""Blocks that are the model's own affair, and are left out."""
_ANSWERS = ("output", "answer", "response", "reply", "completion", "generation", "text", "content")
"""Keys under which functions return a text that is the answer, the likelier first."""


class UnfitError(ValueError):
    """Something is no conversation; ``str(error)`` says why."""


def prompt_of(inputs: Mapping[str, Any]) -> str | list[Message]:
    """Return what was asked: messages where the inputs are some, else a text.

    The text is the only one that there is, or all inputs as JSON.

    Raises:
        UnfitError: There is nothing, or a message can't be kept.
    """
    messages = messages_of(inputs)
    if messages is not None:
        return messages
    if not inputs:
        raise UnfitError("it has no inputs")
    values = list(inputs.values())
    if len(values) == 1 and isinstance(values[0], str):
        if not values[0].strip():
            raise UnfitError("its only input is empty")
        return values[0]
    return json.dumps(inputs, ensure_ascii=False)


def messages_of(inputs: Mapping[str, Any]) -> list[Message] | None:
    """Return the messages of a request, its system prompt first; None where it is no such request.

    Raises:
        UnfitError: A message can't be kept.
    """
    for key in _CONVERSATIONS:
        given = inputs.get(key)
        if isinstance(given, list) and given and all(map(_is_message, given)):
            break
    else:
        return None
    messages: list[Message] = []
    for key in ("system", "instructions"):
        if inputs.get(key):
            messages.append({"role": "system", "content": _text(inputs[key], "system")})
    for message in given:
        messages += normal(message)
    return messages


def _is_message(value: Any) -> bool:
    return isinstance(value, Mapping) and not {"role", "type", "kwargs"}.isdisjoint(value)


def answer_of(outputs: Mapping[str, Any] | None) -> Message:
    """Return the assistant's message in outputs, whichever API's or function's they are.

    Raises:
        UnfitError: There is none, or it isn't clear which of the outputs it is.
    """
    if not outputs:
        raise UnfitError("it has no outputs")
    message = _message_in(outputs)
    if message is None:
        content = reply(outputs)
        if content is None:
            content = answer_text(outputs)
        if content is None:
            raise UnfitError(
                f"it isn't clear which of its outputs ({', '.join(outputs)}) is the answer: give a text under one of "
                f"{', '.join(_ANSWERS[:4])}"
            )
        message = {"role": "assistant", "content": content}
    answers = normal(message)
    if len(answers) != 1 or answers[0]["role"] != "assistant":
        raise UnfitError(f"its answer is {abridge(message)}, no message of the assistant's")
    if not answers[0].get("content") and not answers[0].get("tool_calls"):
        raise UnfitError("its answer is empty")
    return answers[0]


def answer_text(outputs: Mapping[str, Any]) -> str | None:
    """Return the text that is the answer among outputs that a function returned; None where that isn't clear."""
    for key in _ANSWERS:
        if isinstance(outputs.get(key), str):
            return str(outputs[key])
    values = list(outputs.values())
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    return None


def _message_in(outputs: Mapping[str, Any]) -> Mapping[str, Any] | None:
    choices = outputs.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], Mapping):
        message = choices[0].get("message")
        return message if isinstance(message, Mapping) else None
    messages = outputs.get("messages")
    if isinstance(messages, list) and messages:
        last = messages[-1]
        return last if isinstance(last, Mapping) else None
    for key in ("message", "output"):
        if isinstance(outputs.get(key), Mapping) and _is_message(outputs[key]):
            return dict(outputs[key])
    return outputs if outputs.get("role") == "assistant" else None


def normal(message: Mapping[str, Any]) -> list[Message]:
    """Return a message in OpenAI's form; several where one of Anthropic's holds the results of several tools.

    Raises:
        UnfitError: It can't be kept.
    """
    given = _unpacked(message)
    role = given.get("role")
    if role not in ROLES:
        raise UnfitError(f"a message has the role {role!r}. {known(ROLES)}")
    content = given.get("content")
    if isinstance(content, list):
        return _of_blocks(role, content, given)
    if content is not None and not isinstance(content, str):
        raise UnfitError(f"the content of a message is {abridge(content)}, neither a text nor a list")
    kept: Message = {"role": role, "content": content}
    if given.get("tool_calls"):
        kept["tool_calls"] = list(map(_call, given["tool_calls"]))
    elif content is None:
        raise UnfitError(f"a message of the {role} has no content")
    return [kept | _further(given)]


def _unpacked(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a message of LangChain's, in whichever form it was written down, with a role."""
    if "role" in message:
        return message
    inner, kind = message, message.get("type")
    if isinstance(message.get("kwargs"), Mapping):
        inner, kind = message["kwargs"], message.get("id")
        if isinstance(kind, list) and kind:
            kind = kind[-1]
    elif isinstance(message.get("data"), Mapping):
        inner = message["data"]
    role = _LANGCHAINS.get(str(kind), kind)
    return {**inner, "role": role}


def _further(given: Mapping[str, Any]) -> Message:
    return {key: given[key] for key in _KEPT if given.get(key) is not None}


def _of_blocks(role: str, blocks: Sequence[Any], given: Mapping[str, Any]) -> list[Message]:
    texts: list[str] = []
    calls: list[Any] = list(map(_call, given.get("tool_calls") or ()))
    results: list[Message] = []
    for block in blocks:
        if isinstance(block, str):
            texts.append(block)
            continue
        kind = block.get("type") if isinstance(block, Mapping) else None
        if kind in _TEXTS:
            texts.append(str(block["text"]))
        elif kind == "tool_use":
            calls.append(_call(block))
        elif kind == "tool_result":
            result = _text(block.get("content") or "", "tool_result")
            results.append({"role": "tool", "tool_call_id": block.get("tool_use_id"), "content": result})
        elif kind not in _THOUGHT:
            raise UnfitError(f"a message of the {role} holds {kind or abridge(block)!r}, which is no text")
    messages = list(results)
    if texts or calls:
        message: Message = {"role": role, "content": "".join(texts) if texts else None}
        if calls:
            message["tool_calls"] = calls
        messages.append(message | _further(given))
    if not messages:
        raise UnfitError(f"a message of the {role} holds no text")
    return messages


def _text(content: Any, what: str) -> str:
    if isinstance(content, str):
        return content
    texts = []
    for block in content if isinstance(content, list) else [content]:
        if not isinstance(block, Mapping) or block.get("type") not in _TEXTS:
            raise UnfitError(f"the {what} holds {abridge(block)}, which is no text")
        texts.append(str(block["text"]))
    return "".join(texts)


def _call(call: Any) -> dict[str, Any]:
    """Return a call of a tool as OpenAI's form has it: its arguments are JSON text."""
    if not isinstance(call, Mapping):
        raise UnfitError(f"a tool's call is {abridge(call)}, no object")
    if isinstance(call.get("function"), Mapping):
        return dict(call)
    arguments = call.get("input", call.get("args", {}))
    function = {"name": call.get("name"), "arguments": json.dumps(arguments, ensure_ascii=False)}
    return {"id": call.get("id"), "type": "function", "function": function}
