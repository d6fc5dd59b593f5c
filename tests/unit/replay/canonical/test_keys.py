"""Which requests share a recording: those that are alike, and no others."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmobs.replay.canonical import canonicalise
from tests.unit.replay.canonical.requests import (
    HEADERS,
    SCALARS,
    key,
    meaning_of_body,
    mutated,
    random_body,
    rewritten,
    sent,
)

BODY = {"model": "claude-sonnet-5", "max_tokens": 16, "messages": [{"role": "user", "content": "Hi"}]}
NAMES = st.sampled_from(["a", "b"])
VALUES = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
BODIES = st.dictionaries(NAMES, VALUES, max_size=2)


def with_content(text: str) -> bytes:
    return f'{{"model": "m", "messages": [{{"role": "user", "content": {text}}}]}}'.encode()


def test_a_request_with_another_leaf_has_another_key() -> None:
    keys: dict[str, Any] = {}
    compared = 0
    for seed in range(4_000):
        chance = random.Random(seed)
        body = random_body(chance)
        other = mutated(body, chance)
        if not isinstance(other, dict):
            continue
        for each in (body, other):
            meant = meaning_of_body(each)
            assert keys.setdefault(key(each), meant) == meant
        compared += meaning_of_body(body) != meaning_of_body(other)
    assert compared > 3_000


def test_a_request_written_otherwise_has_the_same_key() -> None:
    for seed in range(2_000):
        chance = random.Random(seed)
        body = random_body(chance)
        text = rewritten({**body, "top_k": None, "metadata": None}, chance)
        headers = {name.upper(): value for name, value in HEADERS.items()}
        assert key(content=text.encode(), headers=headers) == key(body), text


@settings(max_examples=300, deadline=None, database=None)
@given(BODIES, BODIES)
def test_two_small_requests_share_a_key_where_they_say_the_same(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert (key(one) == key(other)) is (meaning_of_body(one) == meaning_of_body(other))


KEYS_OF_A_PROCESS = """
import locale, random, sys
from tests.unit.replay.canonical.requests import key, random_body
locale.setlocale(locale.LC_ALL, "")
print([key(random_body(random.Random(seed))) for seed in range(50)])
"""


def test_a_key_is_the_same_in_every_process() -> None:
    printed = set()
    for seed, zone, language in (("1", "Asia/Tokyo", "C"), ("2", "America/Caracas", "C.UTF-8")):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "TZ": zone,
            "LC_ALL": language,
            "PYTHONPATH": ".",
        }
        command = [sys.executable, "-c", KEYS_OF_A_PROCESS]
        printed.add(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)
    keys = str([key(random_body(random.Random(seed))) for seed in range(50)])
    assert printed == {f"{keys}\n".encode()}


def test_a_key_is_the_same_in_every_version() -> None:
    # another one here would make a miss of every recording that there is
    assert key(BODY) == "af705143618670ce800fbf0ad38c43bec93358e9b9b623ec3977b2f7be67ec87"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1.0"),
        ("1", "1e0"),
        ("0.5", "5e-1"),
        ("0.50", "0.5"),
        ("0", "-0.0"),
        ("1E3", "1000"),
        ("1e23", "100000000000000000000000"),
        ('"\\u00e9"', '"é"'),
        ('"\\ud83d\\ude00"', '"😀"'),
        ('"\\/"', '"/"'),
    ],
)
def test_one_value_in_two_forms_has_one_key(one: str, other: str) -> None:
    assert key(content=with_content(one)) == key(content=with_content(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "true"),
        ("1", '"1"'),
        ("0", "false"),
        ("null", '"null"'),
        ("null", "{}"),
        ('""', "null"),
        ("[]", "{}"),
        ("9007199254740993", "9007199254740992"),
        ("9007199254740993.0", "9007199254740992"),
        ("0.1", "0.10000000000000002"),
        ('"\u00e9"', '"e\u0301"'),
        ('"a"', '"a "'),
        ('"a\\r\\n"', '"a\\n"'),
        ('"\\ud83d"', '"\\ufffd"'),
        ('"\\ud83d"', '"\\ud83e"'),
        ("[1, 2]", "[2, 1]"),
        ("[[1], 2]", "[1, [2]]"),
        ('{"a": null}', "{}"),
    ],
)
def test_two_values_have_two_keys(one: str, other: str) -> None:
    assert key(content=with_content(one)) != key(content=with_content(other))


def test_a_parameter_that_is_null_is_an_absent_one() -> None:
    assert key({**BODY, "system": None}) == key(BODY)


def test_null_within_a_tools_input_is_content() -> None:
    call = {"type": "tool_use", "id": "1", "name": "find", "input": {"city": None}}
    without = {**call, "input": {}}
    bodies = [{**BODY, "messages": [{"role": "assistant", "content": [block]}]} for block in (call, without)]
    assert key(bodies[0]) != key(bodies[1])


@pytest.mark.parametrize("field", ["provider", "method", "url"])
def test_who_is_asked_and_how_decides(field: str) -> None:
    other = {"provider": "aws.bedrock", "method": "PUT", "url": "https://api.anthropic.com/v1/complete"}
    assert key(BODY, **{field: other[field]}) != key(BODY)


def test_no_body_is_not_an_empty_one() -> None:
    contents = (b"", b"null", b"{}", b'""', b"[]")
    assert len({key(content=content) for content in contents}) == len(contents)


def test_a_text_is_not_the_json_that_it_reads_like() -> None:
    plain = {**HEADERS, "content-type": "text/plain"}
    keys = {
        key(BODY),
        key(BODY, headers=plain),
        key(json.dumps(BODY)),
        key(content=json.dumps(BODY).encode("utf-16"), headers=plain),
    }
    assert len(keys) == 4


def test_a_compressed_body_decides_by_its_bytes() -> None:
    headers = {**HEADERS, "content-encoding": "gzip"}
    canonical = canonicalise(sent(content=b"\x1f\x8b\x08\x00", headers=headers))
    assert canonical.form == "bytes"
    assert canonical.body["bytes"] == 4
    assert canonical.hash != key(content=b"\x1f\x8b\x08\x01", headers=headers)
