"""The text in the chunks of a stream: plain text, and the events of the SDKs and of LangChain that carry text.

Events around a text, and a model's thinking, add nothing to it. Whatever else may come, such as a call of a tool, makes
a stream more than a text.
"""

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
    read = _FAMILIES.get(type(chunk).__module__.partition(".")[0])
    if read is None:
        return None
    return read(chunk)


def _of_anthropic(event: Any) -> str | None:
    kind = _kind(event)
    if kind == "content_block_delta":
        return _text_in(event.delta, {"text_delta": "text"}, _THINKING_DELTAS)
    if kind == "content_block_start":
        return _text_in(event.content_block, {}, {"text", "thinking", "redacted_thinking"})
    return _empty_if(kind in _AROUND_A_MESSAGE)


_THINKING_DELTAS = frozenset({"thinking_delta", "signature_delta", "citations_delta"})
_AROUND_A_MESSAGE = frozenset(
    {"content_block_stop", "message_start", "message_delta", "message_stop", "ping"}
    | {"text", "thinking", "signature", "citation"}  # a helper's, each beside the one that it is made of
)


def _of_openai(event: Any) -> str | None:
    kind = _kind(event)
    if hasattr(event, "choices"):
        return _of_chat(event)
    if kind == "chunk":  # a helper's; an event of its own tells the text
        return _empty_if(_of_chat(event.chunk) is not None)
    if kind in ("response.output_text.delta", "content.delta"):
        return str(event.delta)
    if kind in ("response.output_item.added", "response.output_item.done"):
        return _text_in(event.item, {}, {"message", "reasoning"})
    if kind in ("response.content_part.added", "response.content_part.done"):
        return _text_in(event.part, {}, {"output_text", "reasoning_text"})
    return _empty_if(kind in _AROUND_A_RESPONSE or kind.startswith("response.reasoning"))


_AROUND_A_RESPONSE = frozenset(
    {"response.created", "response.queued", "response.in_progress", "response.completed"}
    | {"response.output_text.done", "content.done"}
)


def _of_chat(chunk: Any) -> str | None:
    if not chunk.choices:  # the last one, with the usage
        return ""
    if len(chunk.choices) > 1 or chunk.choices[0].index:
        return None
    delta = getattr(chunk.choices[0], "delta", None)
    if delta is None:  # of the older completions, whose choices hold the text itself
        return chunk.choices[0].text or ""
    for other in ("tool_calls", "function_call", "refusal", "audio"):
        if getattr(delta, other, None):
            return None
    return delta.content or ""


def _of_langchain(message: Any) -> str | None:
    content = getattr(message, "content", None)
    if not isinstance(content, str) or getattr(message, "tool_call_chunks", None):
        return None
    return content


def _kind(event: Any) -> str:
    return str(getattr(event, "type", ""))


def _text_in(part: Any, texts: Mapping[str, str], around: frozenset[str] | set[str]) -> str | None:
    """Return the text of a part of an event.

    Args:
        part: It has a type.
        texts: Types of parts with text -> the attribute that holds it.
        around: Types of parts that add nothing to a text.
    """
    kind = _kind(part)
    if kind in texts:
        return str(getattr(part, texts[kind]))
    return _empty_if(kind in around)


def _empty_if(is_around: bool) -> str | None:
    if is_around:
        return ""
    return None


_FAMILIES: Mapping[str, Callable[[Any], str | None]] = {
    "anthropic": _of_anthropic,
    "openai": _of_openai,
    "langchain_core": _of_langchain,
}
"""By the package that a chunk's class comes from."""
