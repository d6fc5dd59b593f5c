"""The text in the chunks of a stream: plain text, and the events of the SDKs and of LangChain that carry text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def join(chunks: Sequence[Any]) -> Any:
    """Return the text of all chunks where every one is text or an event of a text, else the chunks."""
    texts: list[str] = []
    for chunk in chunks:
        text = _text_of(chunk)
        if text is None:
            return list(chunks)
        texts.append(text)
    return "".join(texts)


def _text_of(chunk: Any) -> str | None:
    """Return the text in a chunk, empty for an event around a text; None where it is, or may be, something else."""
    if isinstance(chunk, str):
        return chunk
    family = type(chunk).__module__.partition(".")[0]
    read = _FAMILIES.get(family)
    if read is None:
        return None
    return read(chunk)


def _of_anthropic(event: Any) -> str | None:
    match event.type:
        case "content_block_delta":
            return _text_if(event.delta, "text_delta", "text")
        case "content_block_start":
            return _empty_if(event.content_block, "text")
        case "content_block_stop" | "message_start" | "message_delta" | "message_stop" | "ping":
            return ""
        case "text":  # a helper's event, beside the one that it is made of
            return ""
    return None


def _of_openai(event: Any) -> str | None:
    if hasattr(event, "choices"):
        return _of_chat(event)
    kind = getattr(event, "type", "")
    if kind == "response.output_text.delta":
        return str(event.delta)
    if kind in ("response.output_item.added", "response.output_item.done"):
        return _empty_if(event.item, "message")
    if kind in ("response.content_part.added", "response.content_part.done"):
        return _empty_if(event.part, "output_text")
    if kind in _AROUND_A_RESPONSE:
        return ""
    return None


_AROUND_A_RESPONSE = frozenset(
    {"response.created", "response.queued", "response.in_progress", "response.completed"}
    | {"response.output_text.done"}
)


def _of_chat(chunk: Any) -> str | None:
    if not chunk.choices:  # the last one, with the usage
        return ""
    if len(chunk.choices) > 1 or chunk.choices[0].index:
        return None
    delta = chunk.choices[0].delta
    for other in ("tool_calls", "function_call", "refusal", "audio"):
        if getattr(delta, other, None):
            return None
    return delta.content or ""


def _of_langchain(message: Any) -> str | None:
    content = getattr(message, "content", None)
    if not isinstance(content, str) or getattr(message, "tool_call_chunks", None):
        return None
    return content


def _text_if(part: Any, kind: str, name: str) -> str | None:
    if part.type != kind:
        return None
    return str(getattr(part, name))


def _empty_if(part: Any, kind: str) -> str | None:
    if part.type != kind:
        return None
    return ""


_FAMILIES: Mapping[str, Callable[[Any], str | None]] = {
    "anthropic": _of_anthropic,
    "openai": _of_openai,
    "langchain_core": _of_langchain,
}
"""By the package that a chunk's class comes from."""
