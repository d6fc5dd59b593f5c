"""What went in and came out, from a span's attributes: one attribute, one for each part, or one for each leaf."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

_WHOLE = {
    "input": ("input.value", "traceloop.entity.input"),
    "output": ("output.value", "traceloop.entity.output"),
}
"""Attributes that hold all that went in, and all that came out."""
_PARTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "input": {
        "system": ("gen_ai.system_instructions",),
        "messages": ("gen_ai.input.messages", "llm.input_messages", "gen_ai.prompt"),
        "prompts": ("llm.prompts",),
        "tools": ("gen_ai.tool.definitions", "llm.tools"),
        "arguments": ("gen_ai.tool.call.arguments", "tool.parameters"),
        "query": ("gen_ai.retrieval.query.text", "reranker.query"),
        "documents": ("reranker.input_documents",),
    },
    "output": {
        "messages": ("gen_ai.output.messages", "llm.output_messages", "gen_ai.completion"),
        "choices": ("llm.choices",),
        "result": ("gen_ai.tool.call.result",),
        "documents": ("gen_ai.retrieval.documents", "retrieval.documents", "reranker.output_documents"),
        "embeddings": ("embedding.embeddings",),
    },
}
"""Key of the inputs or outputs -> attributes: one of that name, or many that begin so (``llm.prompts.0.…``)."""


def read_payload(rest: dict[str, Any], side: str) -> dict[str, Any]:
    """Take what went in, or came out, from a span's attributes; empty where they don't tell.

    Args:
        rest: The attributes; what is told is removed.
        side: ``input`` or ``output``.
    """
    rest.pop(f"{side}.mime_type", None)
    whole = next((decode(rest.pop(name)) for name in _WHOLE[side] if name in rest), None)
    parts = {key: _part(rest, names) for key, names in _PARTS[side].items()}
    told = {key: value for key, value in parts.items() if value is not None}
    if whole is None:
        arguments = told.get("arguments")
        if isinstance(arguments, dict) and len(told) == 1:
            return arguments
        return told
    if isinstance(whole, dict):  # the messages, attribute by attribute, are in it
        told.pop("messages", None)
        return {**told, **whole}
    return {**told, side: whole}


def _part(rest: dict[str, Any], names: Sequence[str]) -> Any:
    found = [value for value in (take(rest, name) for name in names) if value is not None]
    if found:
        return found[0]
    return None


def take(rest: dict[str, Any], name: str) -> Any:
    """Take the attribute ``name`` out of ``rest``, or all that begin with it as one list."""
    if name in rest:
        return decode(rest.pop(name))
    below = [
        key for key in rest if key.startswith(f"{name}.") and key[len(name) + 1 :].split(".")[0].isdigit()
    ]
    tree: dict[str, Any] = {}
    for key in below:
        *path, last = key[len(name) + 1 :].split(".")
        node = tree
        for step in path:
            inner = node.get(step)
            if not isinstance(inner, dict):
                inner = node[step] = {}
            node = inner
        node[last] = rest.pop(key)
    if below:
        return _unnumbered(tree)
    return None


def _unnumbered(node: Any) -> Any:
    """Turn objects whose keys are numbers into lists, and ``{"message": {…}}`` in them into what it wraps."""
    if not isinstance(node, dict):
        return node
    if not all(key.isdigit() for key in node):
        return {key: _unnumbered(value) for key, value in node.items()}
    items = [_unnumbered(node[key]) for key in sorted(node, key=int)]
    return [_unwrapped(item) for item in items]


def _unwrapped(item: Any) -> Any:
    if isinstance(item, dict) and len(item) == 1:
        (only,) = item.values()
        if isinstance(only, dict):
            return only
        return item
    return item


def decode(value: Any) -> Any:
    """Return an attribute's value, parsed where it is an object or a list as JSON."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    if isinstance(value, tuple):
        return list(value)
    return value


def as_list(value: Any) -> Sequence[Any]:
    """Return a value that may be one or several as several."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    return (value,)
