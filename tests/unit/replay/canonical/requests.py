"""Requests for tests, as an SDK hands them over, and random ones. No pytest."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_llmobs.records.http_calls import SentRequest
from pytest_llmobs.replay.canonical import canonicalise

HEADERS = {
    "accept": "application/json",
    "accept-encoding": "gzip, deflate",
    "anthropic-version": "2023-06-01",
    "connection": "keep-alive",
    "content-length": "123",
    "content-type": "application/json",
    "host": "api.anthropic.com",
    "user-agent": "Anthropic/Python 0.93.0",
    "x-api-key": "sk-ant-api03-secret",
    "x-stainless-lang": "python",
    "x-stainless-retry-count": "0",
}


def sent(
    body: Any = None,
    *,
    content: bytes | None = b"",
    headers: Mapping[str, str] = HEADERS,
    url: str = "https://api.anthropic.com/v1/messages",
    **fields: Any,
) -> SentRequest:
    """Return a request with a JSON body, or with any content."""
    if body is not None:
        content = json.dumps(body).encode()
    request = SentRequest(
        provider="anthropic", operation="messages", method="POST", url=url, headers=headers, content=content
    )
    return replace(request, **fields)


def key(*arguments: Any, **fields: Any) -> str:
    """Return the hash of such a request."""
    return canonicalise(sent(*arguments, **fields)).hash


LETTERS = (
    "",
    "a",
    "A",
    "é",
    "e\u0301",
    "\ud83d",
    "😀",
    "\u2028",
    "0",
    "1",
    "true",
    "null",
    "1.0",
    " ",
    "\n",
    "\0",
)
SCALARS: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 0.1, 0.5, 1e-7, 2**53, 2**53 + 1, 10**30, 1e23, -3.25),
    *LETTERS,
)


def random_value(chance: random.Random, depth: int = 3) -> Any:
    """Return a value of JSON types."""
    kind = chance.random()
    if depth == 0 or kind < 0.5:
        return chance.choice(SCALARS)
    size = chance.randrange(4)
    if kind < 0.75:
        return [random_value(chance, depth - 1) for _ in range(size)]
    return {f"{chance.choice(LETTERS)}{number}": random_value(chance, depth - 1) for number in range(size)}


def random_body(chance: random.Random) -> dict[str, Any]:
    """Return a body as SDKs send them, with more in it than any would send."""
    turns = []
    for _ in range(chance.randrange(1, 4)):
        turns.append({"role": chance.choice(["user", "assistant"]), "content": random_value(chance)})
    return {
        "model": chance.choice(["claude-sonnet-5", "claude-haiku-4-5"]),
        "max_tokens": chance.choice([1, 16, 1024]),
        "messages": turns,
        "tools": random_value(chance),
        "temperature": chance.choice([0, 0.5, 1]),
        "stream": chance.random() < 0.5,
    }


def mutated(value: Any, chance: random.Random) -> Any:
    """Return a copy in which one leaf is another one, is gone, or is new."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(sorted(value))
        changed = mutated(value[name], chance)
        return {**value, name: changed}
    if isinstance(value, list) and value and chance.random() < 0.9:
        place = chance.randrange(len(value))
        return [*value[:place], mutated(value[place], chance), *value[place + 1 :]]
    way = chance.random()
    if isinstance(value, dict) and way < 0.5:
        return {**value, "new": chance.choice(SCALARS)}
    if isinstance(value, list) and way < 0.5:
        return [*value, chance.choice(SCALARS)]
    return chance.choice((*SCALARS, [], {}, [value], {"": value}, json.dumps(value)))


def meaning(value: Any) -> Any:
    """Return what a value says, in a form that Python compares as a model reads it: True is no 1, and 1.0 is 1."""
    if isinstance(value, dict):
        return "object", frozenset((name, meaning(item)) for name, item in value.items())
    if isinstance(value, list):
        return "list", tuple(map(meaning, value))
    if isinstance(value, bool) or value is None:
        return "constant", str(value)
    return ("text", value) if isinstance(value, str) else ("number", value)


def meaning_of_body(body: Mapping[str, Any]) -> Any:
    """Return what a body says: a parameter that is null is none."""
    return meaning({name: value for name, value in body.items() if value is not None})


def rewritten(value: Any, chance: random.Random) -> str:
    """Return JSON of the same value in another form: keys shuffled, numbers and characters written otherwise."""
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        items = [f"{rewritten(name, chance)} :{rewritten(value[name], chance)}" for name in names]
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[ " + ",\n".join(rewritten(item, chance) for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=chance.random() < 0.5 or not value.isascii())
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int) and abs(value) < 2**53:
        return chance.choice([f"{value}", f"{value}.0", f"{value}e0", f"{value}.00E+0", f"{value * 10}e-1"])
    if isinstance(value, float):
        return chance.choice([repr(value), f"{value!r}0" if "e" not in repr(value) else repr(value).upper()])
    return json.dumps(value)
