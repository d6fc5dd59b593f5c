"""Names of cassettes: the same for what is alike, and such that every file system takes them."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import Any

import pytest

from pytest_llmobs.replay.canonical import canonicalise
from pytest_llmobs.replay.names import RecordingKey, is_name
from tests.unit.replay.canonical.requests import random_body, rewritten, sent

BODY = {"model": "claude-sonnet-5", "messages": [{"role": "user", "content": "Hi"}]}


def path(body: Any = BODY, repeat: int = 1, occurrence: int = 1, **fields: Any) -> str:
    return str(RecordingKey(canonicalise(sent(body, **fields)), repeat, occurrence).path)


def test_a_name_says_request_repeat_and_occurrence() -> None:
    hash = canonicalise(sent(BODY)).hash
    assert re.fullmatch(rf"anthropic/{hash[:2]}/{hash[:32]}-[0-9a-f]{{32}}-1\.json", path())
    assert path(repeat=2, occurrence=13).endswith("-2.13.json")
    assert (
        len({path(), path(repeat=2), path(occurrence=2), path(repeat=12), path(repeat=1, occurrence=22)}) == 5
    )


def test_a_request_written_otherwise_has_the_same_name() -> None:
    for seed in range(40):
        chance = random.Random(seed)
        body = random_body(chance)
        body["system"] = {"b": "first words " * 4000, "a": "last words " * 4000, "c": str(seed)}
        text = rewritten(body, chance)
        assert path(content=text.encode(), body=None) == path(body), text[:200]


@pytest.mark.parametrize(
    ("provider", "folder"),
    [
        ("anthropic", "anthropic"),
        ("aws.bedrock", "aws.bedrock"),
        ("OpenAI", "openai"),
        ("my/own\\gate:way?", "my-own-gate-way-"),
        ("..", "_"),
        ("", "_"),
        ("CON", "_con"),
        ("aux.x", "_aux.x"),
        ("texts", "_texts"),
        ("Ä" * 300, "-" * 40),
        ("a.", "a"),
    ],
)
def test_any_name_of_a_provider_makes_a_folder(provider: str, folder: str) -> None:
    name = path(repeat=10_000, occurrence=10_000, provider=provider)
    assert name.split("/")[0] == folder
    assert name == name.lower()
    assert len(name) < 130
    assert len(name.rpartition("/")[2]) < 120
    assert is_name(name.rpartition("/")[2])


def test_providers_whose_folders_are_the_same_have_names_of_their_own() -> None:
    assert path(provider="a/b") != path(provider="a?b")


def test_a_name_does_not_change_with_what_is_no_part_of_a_key() -> None:
    request = sent(BODY)
    later = replace(
        request, headers={**request.headers, "x-stainless-retry-count": "2", "authorization": "Bearer x"}
    )
    assert RecordingKey(canonicalise(later)).path == RecordingKey(canonicalise(request)).path
