"""OpenAI's chat completions, completions and embeddings: what a reply and a stream of chunks say. No SDK here."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_llmobs.providers.base import Reply
from pytest_llmobs.providers.prices import COUNTED, priced
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
    reasons = [choice.get("finish_reason") for choice in body.get("choices") or ()]
    columns = {"stop_reason": ", ".join(dict.fromkeys(reason for reason in reasons if reason)) or None}
    return read_usage(Reply(outputs=dict(body), columns=columns), body, provider, asked)


def read_embeddings(body: Mapping[str, Any], provider: str, asked: str | None = None) -> Reply:
    """Return what came of embedding texts; of the vectors only how many numbers each has."""
    data = [{**each, "embedding": _dimensions(each.get("embedding"))} for each in body.get("data") or ()]
    return read_usage(Reply(outputs={**body, "data": data}), body, provider, asked)


def read_usage(reply: Reply, body: Mapping[str, Any], provider: str, asked: str | None) -> Reply:
    """Return ``reply`` with the columns that all of OpenAI's bodies fill: ids, tokens, cost."""
    usage, answered = body.get("usage"), body.get("model")
    columns = {
        "response_id": body.get("id"),
        "model": asked or answered,
        "service_tier": body.get("service_tier"),
    }
    reply = replace(reply, columns={**reply.columns, **columns})
    if not isinstance(usage, Mapping):
        return reply
    counted = usage_columns(usage)
    units = {key: counted[key] for key in COUNTED}
    tier = body.get("service_tier")
    variant = {} if tier in _ORDINARY else {"service_tier": str(tier)}
    reply = replace(reply, columns={**reply.columns, **counted})
    return priced(reply, provider, [answered or asked], units, variant)


def usage_columns(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a ``usage`` object. OpenAI's input tokens hold the cached ones already, as ours do."""
    given = usage.get("prompt_tokens", usage.get("input_tokens"))
    inside = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
    outside = usage.get("completion_tokens_details") or usage.get("output_tokens_details") or {}
    read, write = inside.get("cached_tokens"), inside.get("cache_write_tokens")
    return {
        "input_tokens": given,
        "uncached_input_tokens": None if given is None else given - (read or 0) - (write or 0),
        "cache_read_tokens": read,
        "cache_write_tokens": write,
        "output_tokens": usage.get("completion_tokens", usage.get("output_tokens")),
        "thinking_tokens": outside.get("reasoning_tokens"),
    }


class Accumulator:
    """Puts a completion together from the chunks of a stream."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.body: dict[str, Any] = {}
        self.error: str | None = None
        self._choices: dict[int, dict[str, Any]] = {}
        self._sounds: dict[int, list[str]] = {}

    @property
    def complete(self) -> bool:
        """True where every choice said why it ended."""
        return bool(self._choices) and all(choice.get("finish_reason") for choice in self._choices.values())

    def add(self, chunk: Mapping[str, Any]) -> None:
        """Take in one chunk."""
        if chunk.get("error"):
            self.error = said_error(chunk["error"])
        known = {key: value for key, value in chunk.items() if value is not None and key != "choices"}
        self.body.update(known)
        for choice in chunk.get("choices") or ():
            index, delta = choice.get("index", 0), choice.get("delta")
            whole = {key: value for key, value in choice.items() if key != "delta"}
            _grow(self._choices.setdefault(index, {}), {**whole, "message": delta})
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
            self.body["choices"] = [self._choices[index] for index in sorted(self._choices)]
        return self.body


def read_chunks(chunks: Iterable[Mapping[str, Any]], provider: str, asked: str | None = None) -> Reply:
    """Return what a stream of chunks says; ``incomplete`` where it broke off."""
    gathered = Accumulator()
    for chunk in chunks:
        gathered.add(chunk)
    reply = read_completion(gathered.finish(), provider, asked)
    if gathered.complete and "usage" not in gathered.body:
        reply = replace(reply, metadata={NO_USAGE: "streamed without its usage"})
    return ended(reply, gathered.error, gathered.complete)


def ended(reply: Reply, error: str | None, complete: bool) -> Reply:
    """Return the reply that a stream made, with how the stream ended."""
    broken_off = not complete and error is None and reply.error is None
    return replace(
        reply,
        outputs=reply.outputs or None,
        error=error or reply.error,
        status="incomplete" if broken_off else None,
        streamed=True,
    )


def said_error(error: Any, where: str = "sent in the stream") -> str:
    """Return an error that arrived as data, as a text."""
    said = error if isinstance(error, Mapping) else {"message": error}
    kind = said.get("code") or said.get("type") or "error"
    return f"{kind}: {said.get('message') or ''} ({where})"


def _grow(whole: dict[str, Any], delta: Mapping[str, Any]) -> None:
    for key, value in delta.items():
        if value is None:
            continue
        known = whole.get(key)
        if isinstance(value, Mapping):
            _grow(whole.setdefault(key, {}), value)
        elif isinstance(value, list):
            _grow_list(whole.setdefault(key, []), value)
        elif isinstance(value, str) and isinstance(known, str) and key not in _SAID_ONCE:
            whole[key] = known + value
        else:
            whole[key] = value


def _grow_list(whole: list[Any], delta: list[Any]) -> None:
    for item in delta:
        index = item.get("index") if isinstance(item, Mapping) else None
        if not isinstance(item, Mapping):
            whole.append(item)
            continue
        match = next((each for each in whole if index is not None and each.get("index") == index), None)
        if match is None:
            match = {}
            whole.append(match)
        _grow(match, item)


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
