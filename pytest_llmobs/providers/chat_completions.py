"""OpenAI's chat completions, completions and embeddings: what a reply and a stream of chunks say. No SDK here."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_llmobs.providers.calls import Reply, without_nones
from pytest_llmobs.providers.prices import LISTED_TIERS, cost_unknown, priced, without_usage
from pytest_llmobs.providers.streams import END, Event, StreamedReply, describe_error, in_order
from pytest_llmobs.providers.usage_fields import Metered, count_of

_COUNTS = ("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens")
_NO_FEES = Metered()
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
    fees = _NO_FEES.but_unknown(_untold_sound(body))
    return read_usage(Reply(outputs=dict(body), columns=columns), body, provider, asked, fees)


def _untold_sound(body: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a usage that has no tokens of the sound that was made: they cost more than text."""
    usage = body.get("usage")
    if isinstance(usage, Mapping) and not (usage.get("completion_tokens_details") or {}).get("audio_tokens"):
        for choice in body.get("choices") or ():
            if (choice.get("message") or {}).get("audio"):
                return "the tokens of its sound aren't told"
    return None


def read_embeddings(body: Mapping[str, Any], provider: str, asked: str | None = None) -> Reply:
    """Return what came of embedding texts; of the vectors only how many numbers each has."""
    data = []
    for item in body.get("data") or ():
        data.append({**item, "embedding": _dimensions(item.get("embedding"))})
    reply = Reply(outputs={**body, "data": data})
    return read_usage(reply, {**body, "usage": _all_input(body.get("usage"))}, provider, asked)


def _all_input(usage: Any) -> Any:
    """Return the usage of embeddings: where only a total is told, it is the input."""
    if not isinstance(usage, Mapping) or usage.keys() & {"prompt_tokens", "input_tokens"}:
        return usage
    return {**usage, "prompt_tokens": usage.get("total_tokens")}


def read_usage(
    reply: Reply,
    body: Mapping[str, Any],
    provider: str,
    asked: str | None,
    fees: Metered = _NO_FEES,
) -> Reply:
    """Return ``reply`` with the columns that all of OpenAI's bodies fill: ids, tokens, cost.

    Args:
        reply: What was read of the body otherwise.
        body: As the API returns it.
        provider: Whose price list holds.
        asked: The model that was asked for; the body says which one answered.
        fees: What is billed beside the tokens.
    """
    usage, answered, tier = body.get("usage"), body.get("model"), body.get("service_tier")
    columns = {
        **reply.columns,
        "response_id": body.get("id"),
        "model": asked or answered,
        "service_tier": tier,
    }
    reply = replace(reply, columns=columns)
    metered = Metered()
    if isinstance(usage, Mapping):
        metered = Metered.of_openai(usage)
        reply = replace(reply, columns=columns | _usage_columns(usage, metered.units))
    metered = metered.and_units(**fees.units).but_unknown(*fees.unknown)
    if not metered.units and not _says_zero(usage):
        if reply.error is not None:  # an error that the API reports costs nothing
            return reply
        return without_usage(reply, "the reply says nothing of its usage")
    variant = {}
    if tier == "batch":
        variant["processing"] = "batch"
    elif tier not in LISTED_TIERS:
        variant["service_tier"] = str(tier)
    reply = priced(reply, provider, [answered or asked], metered, variant=variant)
    return _not_below(reply, usage)


def _says_zero(usage: Any) -> bool:
    return isinstance(usage, Mapping) and any(count_of(usage.get(name)) == 0 for name in _COUNTS)


def _not_below(reply: Reply, usage: Any) -> Reply:
    """Return ``reply`` without its cost where the server itself says that it was more (OpenRouter's ``usage.cost``)."""
    stated, ours = (usage or {}).get("cost"), reply.columns.get("total_cost")
    if ours is None or not isinstance(stated, int | float) or stated <= ours * 1.001 + 1e-9:
        return reply
    return cost_unknown(
        reply, f"the server says that it cost ${stated:g}, its tokens ${ours:g} by the price list"
    )


def _usage_columns(usage: Mapping[str, Any], units: Mapping[str, float]) -> dict[str, Any]:
    """Return the columns of a ``usage`` object. OpenAI's input tokens hold the cached ones already, as ours do."""
    inputs = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
    outputs = usage.get("completion_tokens_details") or usage.get("output_tokens_details") or {}
    total = uncached = _count(units, "input_tokens", usage, "prompt_tokens", "input_tokens")
    read = _count(units, "cache_read_tokens", inputs, "cached_tokens")
    write = _count(units, "cache_write_tokens", inputs, "cache_write_tokens")
    if total is not None:
        uncached = max(total - (read or 0) - (write or 0), 0)
    return {
        "input_tokens": total,
        "uncached_input_tokens": uncached,
        "cache_read_tokens": read,
        "cache_write_tokens": write,
        "output_tokens": _count(units, "output_tokens", usage, "completion_tokens", "output_tokens"),
        "thinking_tokens": _count(units, "output_reasoning_tokens", outputs, "reasoning_tokens"),
    }


def _count(units: Mapping[str, float], unit: str, said: Mapping[str, Any], *names: str) -> int | None:
    """Return a unit's count, 0 where one of ``names`` says so, else None: it isn't known."""
    if unit in units:
        return count_of(units[unit])
    for name in names:
        if count_of(said.get(name)) == 0:
            return 0
    return None


class StreamedCompletion(StreamedReply):
    """Puts a completion together from the chunks of a stream."""

    def __init__(self) -> None:
        """Start with nothing."""
        super().__init__()
        self._choices: dict[int, dict[str, Any]] = {}
        self._sounds: dict[int, list[str]] = {}
        """Of each choice the pieces of its sound, in base64."""
        self._over = False

    @property
    def complete(self) -> bool:
        """True where every choice said why it ended, or the stream that it was over: some servers leave out why."""
        if self._over:
            return True
        if not self._choices:
            return False
        return all(choice.get("finish_reason") for choice in self._choices.values())

    def add(self, event: Event) -> None:
        """Take in one chunk."""
        if event is END:
            self._over = True
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
    if stream.complete and not body.get("usage"):
        reply = without_usage(reply, "streamed without its usage")
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
