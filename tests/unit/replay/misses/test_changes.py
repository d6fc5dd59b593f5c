"""Where two requests differ, and which difference is told first."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_llmobs.replay.canonical import canonicalise
from pytest_llmobs.replay.cassette import stored
from pytest_llmobs.replay.misses.changes import changes_between, distance
from pytest_llmobs.replay.misses.miss import ABSENT, Change
from tests.unit.replay.recordings import question

FIND = {"name": "find", "input_schema": {"type": "object", "properties": {"id": {"type": "string"}}}}
FIND_BY_NUMBER = {
    "name": "find",
    "input_schema": {"type": "object", "properties": {"id": {"type": "integer"}}},
}
SEND = {"name": "send", "input_schema": {"type": "object"}}


def changes(
    then: dict[str, Any], now: dict[str, Any], text: str = "Hi", text_now: str = "Hi"
) -> list[Change]:
    before, after = canonicalise(question(text, **then)), canonicalise(question(text_now, **now))
    return changes_between(stored(before), stored(after))


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ({}, {"temperature": 0.7}, Change("temperature", ABSENT, 0.7)),
        ({"temperature": 0}, {"temperature": 0.7}, Change("temperature", 0, 0.7)),
        ({"stream": True}, {}, Change("stream", True, ABSENT)),
        ({"model": "a"}, {"model": "b"}, Change("model", "a", "b")),
        ({"n": 1}, {"n": True}, Change("n", 1, True)),
        (
            {"tools": [FIND, SEND]},
            {"tools": [FIND_BY_NUMBER, SEND]},
            Change("tools.find.input_schema.properties.id.type", "string", "integer"),
        ),
        ({"tools": [SEND]}, {"tools": [FIND, SEND]}, Change("tools.find", ABSENT, FIND)),
        (
            {"tools": [FIND, SEND]},
            {"tools": [SEND, FIND]},
            Change("tools (order)", "find, send", "send, find"),
        ),
        (
            {"tools": [{"type": "function", "function": FIND}]},
            {"tools": [{"type": "function", "function": {**FIND, "strict": True}}]},
            Change("tools.find.function.strict", ABSENT, True),
        ),
        (
            {"system": [{"type": "text", "text": "Be kind."}]},
            {"system": [{"type": "text", "text": "Be brief."}]},
            Change("system[0].text", "Be kind.", "Be brief."),
        ),
        (
            {"stop_sequences": ["a", "b"]},
            {"stop_sequences": ["a"]},
            Change("stop_sequences", ["a", "b"], ["a"]),
        ),
    ],
)
def test_a_change_is_told_by_its_path(then: dict[str, Any], now: dict[str, Any], expected: Change) -> None:
    assert changes(then, now) == [expected]


def test_the_prompt_is_told_first_and_what_surrounds_the_body_last() -> None:
    then = {"system": "Be kind.", "model": "a", "temperature": 0, "tools": [FIND]}
    now = {"system": "Be brief.", "model": "b", "temperature": 1, "tools": [SEND]}
    paths = [change.path for change in changes(then, now, "Hi", "Hello")]
    assert paths == ["system", "tools.find", "tools.send", "model", "temperature", "messages[0].content"]


def test_headers_and_hosts_are_told_too() -> None:
    there, here = stored(canonicalise(question("Hi"))), stored(canonicalise(question("Hi")))
    here["headers"] = {**here["headers"], "anthropic-beta": "context-1m"}
    here["host"] = "gateway.example"
    assert changes_between(there, here) == [
        Change("headers.anthropic-beta", ABSENT, "context-1m"),
        Change("host", "api.anthropic.com", "gateway.example"),
    ]


def test_a_message_that_came_is_told_whole() -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]
    assert changes({}, {"messages": messages}) == [Change("messages[1]", ABSENT, messages[1])]


def test_a_word_less_is_nearer_than_two() -> None:
    one = changes({"system": "Be kind and brief."}, {"system": "Be kind and short."})
    two = changes({"system": "Be kind and brief."}, {"system": "Be rude and short."})
    assert 0 < distance(one) < distance(two)
