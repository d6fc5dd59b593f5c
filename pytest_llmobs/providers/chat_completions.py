"""OpenAI's chat completions, completions and embeddings: what a reply and a stream of chunks say. No SDK here."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_llmobs.providers.base import Reply, without_nones
from pytest_llmobs.providers.prices import priced
from pytest_llmobs.providers.streams import Event, StreamedReply, describe_error, in_order
from pytest_llmobs.records.runs import NO_USAGE

_ORDINARY = (None, "auto", "default", "standard")
"""Service tiers whose price is the listed one."""
_SAID_ONCE = frozenset({"id", "role", "type", "name", "index", "finish_reason", "object", "expires_at"})
"""Texts of a delta that are whole; every other text is a piece."""


def read_completion(body: Mapping[str, Any], provider: str, asked: str | None = None) -> Reply:
    """Return what a chat completion says, or one of the older completions.

    Args:
        body: As the API returns it.
        provider: Whose price list holds.
        asked: The model that was asked for; the body says which one answered.
    """
    reasons = dict.fromkeys(choice.get("finish_reason") for choice in body.get("choices") or ())
    columns = {"stop_reason": ", ".join(filter(None, reasons)) or None}
    return read_usage(Reply(outputs=dict(body), columns=columns), body, provider, asked)


def read_embeddings(body: Mapping[str, Any], provider: str, asked: str | None = None) -> Reply:
    """Return what came of embedding texts; of the vectors only how many numbers each has."""
    data = []
    for item in body.get("data") or ():
        data.append({**item, "embedding": _dimensions(item.get("embedding"))})
    return read_usage(Reply(outputs={**body, "data": data}), body, provider, asked)


def read_usage(reply: Reply, body: Mapping[str, Any], provider: str, asked: str | None) -> Reply:
    """Return ``reply`` with the columns that all of OpenAI's bodies fill: ids, tokens, cost."""
    usage, answered, tier = body.get("usage"), body.get("model"), body.get("service_tier")
    columns = {
        **reply.columns,
        "response_id": body.get("id"),
        "model": asked or answered,
        "service_tier": tier,
    }
    if not isinstance(usage, Mapping):
        return replace(reply, columns=columns)
    variant = {}
    if tier not in _ORDINARY:
        variant["service_tier"] = str(tier)
    reply = replace(reply, columns=columns | usage_columns(usage))
    return priced(reply, provider, [answered or asked], variant=variant)


def usage_columns(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a ``usage`` object. OpenAI's input tokens hold the cached ones already, as ours do."""
    total = uncached = usage.get("prompt_tokens", usage.get("input_tokens"))
    inputs = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
    outputs = usage.get("completion_tokens_details") or usage.get("output_tokens_details") or {}
    read, write = inputs.get("cached_tokens"), inputs.get("cache_write_tokens")
    if total is not None:
        uncached = total - (read or 0) - (write or 0)
    return {
        "input_tokens": total,
        "uncached_input_tokens": uncached,
        "cache_read_tokens": read,
        "cache_write_tokens": write,
        "output_tokens": usage.get("completion_tokens", usage.get("output_tokens")),
        "thinking_tokens": outputs.get("reasoning_tokens"),
    }


class StreamedCompletion(StreamedReply):
    """Puts a completion together from the chunks of a stream."""

    def __init__(self) -> None:
        """Start with nothing."""
        super().__init__()
        self._choices: dict[int, dict[str, Any]] = {}
        self._sounds: dict[int, list[str]] = {}
        """Of each choice the pieces of its sound, in base64."""

    @property
    def complete(self) -> bool:
        """True where every choice said why it ended."""
        if not self._choices:
            return False
        return all(choice.get("finish_reason") for choice in self._choices.values())

    def add(self, event: Event) -> None:
        """Take in one chunk."""
        if event.get("error"):
            self.error = describe_error(event["error"])
        chunk = without_nones(event)
        for choice in chunk.pop("choices", ()):
            self._add_choice(dict(choice))
        self.body.update(chunk)

    def _add_choice(self, choice: dict[str, Any]) -> None:
        index, delta = choice.get("index", 0), choice.pop("delta", None)
        _grow(self._choices.setdefault(index, {}), {**choice, "message": delta})
        sound = ((delta or {}).get("audio") or {}).get("data")
        if sound:
            self._sounds.setdefault(index, []).append(sound)

    def finish(self) -> dict[str, Any]:
        """Return the completion as far as it came."""
        for index, pieces in self._sounds.items():
            self._choices[index]["message"]["audio"]["data"] = _joined(pieces)
        if "object" in self.body:
            self.body["object"] = self.body["object"].removesuffix(".chunk")
        if self._choices:
            self.body["choices"] = in_order(self._choices)
        return self.body


def read_chunks(chunks: Iterable[Event], provider: str, asked: str | None = None) -> Reply:
    """Return what a stream of chunks says; ``incomplete`` where it broke off."""
    stream = StreamedCompletion()
    body = stream.read(chunks)
    reply = read_completion(body, provider, asked)
    if stream.complete and "usage" not in body:
        reply = replace(reply, metadata={NO_USAGE: "streamed without its usage"})
    return stream.ended(reply)


def _grow(grown: dict[str, Any], delta: Mapping[str, Any]) -> None:
    """Add a delta to what came before it: texts and lists grow, all else is replaced."""
    for key, value in delta.items():
        if value is None:
            continue
        known = grown.get(key)
        if isinstance(value, Mapping):
            _grow(grown.setdefault(key, {}), value)
        elif isinstance(value, list):
            _grow_list(grown.setdefault(key, []), value)
        elif isinstance(value, str) and isinstance(known, str) and key not in _SAID_ONCE:
            grown[key] = known + value
        else:
            grown[key] = value


def _grow_list(grown: list[Any], delta: list[Any]) -> None:
    for item in delta:
        if isinstance(item, Mapping):
            _grow(_item_at(grown, item.get("index")), item)
        else:
            grown.append(item)


def _item_at(items: list[Any], index: int | None) -> dict[str, Any]:
    """Return the item of that index; a new one where there is none yet, or the delta doesn't tell its index."""
    if index is not None:
        for item in items:
            if item.get("index") == index:
                return item  # type: ignore[no-any-return]
    added: dict[str, Any] = {}
    items.append(added)
    return added


def _joined(pieces: list[str]) -> str:
    """Return the base64 text of a sound whose pieces were encoded each by itself."""
    try:
        return b64encode(b"".join(map(b64decode, pieces))).decode()
    except ValueError:
        return "".join(pieces)


def _dimensions(vector: Any) -> Any:
    if isinstance(vector, list):
        return {"dimensions": len(vector)}
    # The SDK asks for base64: four bytes a number.
    if isinstance(vector, str):
        return {"dimensions": len(b64decode(vector)) // 4}
    return vector
