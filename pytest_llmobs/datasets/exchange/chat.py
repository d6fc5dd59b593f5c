"""Lines of messages, ``{"messages": […]}``, as chat models are fine-tuned with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_llmobs.datasets.base import Row
from pytest_llmobs.datasets.columns import FIELDS
from pytest_llmobs.datasets.exchange.messages import Message, answer_of, messages_of, prompt_of
from pytest_llmobs.errors import DatasetError

_FURTHER = ("tools", "parallel_tool_calls")
"""Keys of a line besides its messages."""


def is_chat(rows: Iterable[Row]) -> bool:
    """Tell whether rows are such lines."""
    rows = list(rows)
    return bool(rows) and all(map(_is_line, rows))


def _is_line(row: Row) -> bool:
    data = row.data
    return isinstance(data, Mapping) and isinstance(data.get("messages"), list) and "inputs" not in data


def example_row(row: Row) -> Row:
    """Return a line as a row of ours: its last message, where it is the assistant's, is the reference.

    What else a line says of itself becomes metadata.

    Raises:
        DatasetError: It has no messages but that one.
    """
    data = dict(row.data)
    messages = list(data.pop("messages"))
    outputs: dict[str, Any] = {}
    if messages and isinstance(messages[-1], Mapping) and messages[-1].get("role") == "assistant":
        outputs = {"message": messages.pop()}
    if not messages:
        raise DatasetError(
            f"{row.place}: 'messages' has nothing that was asked. Put the user's message first."
        )
    inputs = {"messages": messages}
    fields: dict[str, Any] = {"inputs": inputs, "outputs": outputs}
    metadata: dict[str, Any] = {}
    for key, value in data.items():
        if key in _FURTHER:
            inputs[key] = value
        elif key in FIELDS:
            fields[key] = value
        else:
            metadata[key] = value
    if metadata:
        fields["metadata"] = {**metadata, **(fields.get("metadata") or {})}
    return row._replace(data=fields)


def line_of(inputs: Mapping[str, Any], outputs: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what was asked and answered as such a line.

    Raises:
        UnfitError: It is no conversation.
    """
    asked = prompt_of(inputs)
    messages: list[Message] = [{"role": "user", "content": asked}] if isinstance(asked, str) else list(asked)
    line: dict[str, Any] = {"messages": [*messages, answer_of(outputs)]}
    if messages_of(inputs) is not None:
        tools = inputs.get("tools")
        if isinstance(tools, list) and tools:
            line["tools"] = _functions(tools)
        if inputs.get("parallel_tool_calls") is not None:
            line["parallel_tool_calls"] = inputs["parallel_tool_calls"]
    return line


def _functions(tools: Sequence[Any]) -> list[Any]:
    """Return tools in OpenAI's form; Anthropic's have their parameters under ``input_schema``."""
    functions = []
    for tool in tools:
        if isinstance(tool, Mapping) and "input_schema" in tool:
            function = {"name": tool.get("name"), "description": tool.get("description", "")}
            functions.append(
                {"type": "function", "function": {**function, "parameters": tool["input_schema"]}}
            )
        else:
            functions.append(tool)
    return functions
