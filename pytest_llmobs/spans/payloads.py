"""What went in and came out, from a span's attributes: one attribute, one for each part, or one for each leaf."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
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
    whole = _take_whole(rest, side)
    parts = _take_parts(rest, side)
    if whole is None:
        arguments = parts.get("arguments")
        if isinstance(arguments, dict) and len(parts) == 1:
            return arguments
        return parts
    if isinstance(whole, dict):  # the messages, attribute by attribute, are in it
        parts.pop("messages", None)
        return {**parts, **whole}
    return {**parts, side: whole}


def _take_whole(rest: dict[str, Any], side: str) -> Any:
    for name in present(_WHOLE[side], rest):
        return decode(rest.pop(name))
    return None


def _take_parts(rest: dict[str, Any], side: str) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for key, names in _PARTS[side].items():
        for name in names:  # all are taken, though the first one counts: the others say the same
            value = take(rest, name)
            if value is not None:
                parts.setdefault(key, value)
    return parts


def take(rest: dict[str, Any], name: str) -> Any:
    """Take the attribute ``name`` out of ``rest``, or all that begin with it as one list."""
    if name in rest:
        return decode(rest.pop(name))
    tree: dict[str, Any] = {}
    for key in _numbered_keys(rest, name):
        _plant(tree, key.removeprefix(f"{name}.").split("."), rest.pop(key))
    if not tree:
        return None
    return _unnumbered(tree)


def _numbered_keys(rest: Mapping[str, Any], name: str) -> list[str]:
    """Return the attributes below ``name`` that are numbered (``llm.prompts.0.…``)."""
    prefix = f"{name}."
    keys = []
    for key in rest:
        if key.startswith(prefix) and key[len(prefix) :].partition(".")[0].isdigit():
            keys.append(key)
    return keys


def _plant(tree: dict[str, Any], path: Sequence[str], value: Any) -> None:
    node = tree
    for step in path[:-1]:
        if not isinstance(node.get(step), dict):
            node[step] = {}
        node = node[step]
    node[path[-1]] = value


def _unnumbered(node: Any) -> Any:
    """Turn objects whose keys are numbers into lists, and ``{"message": {…}}`` in them into what it wraps."""
    if not isinstance(node, dict):
        return node
    if not all(map(str.isdigit, node)):
        return {key: _unnumbered(value) for key, value in node.items()}
    return [_unwrapped(_unnumbered(node[key])) for key in sorted(node, key=int)]


def _unwrapped(item: Any) -> Any:
    if isinstance(item, dict) and len(item) == 1:
        (only,) = item.values()
        if isinstance(only, dict):
            return only
    return item


def present(names: Iterable[str], attributes: Mapping[str, Any]) -> list[str]:
    """Return those of ``names`` that there are attributes of."""
    return [name for name in names if name in attributes]


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
