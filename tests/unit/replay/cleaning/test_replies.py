"""What a cassette holds of requests and replies that aren't streams."""

from __future__ import annotations

import base64
import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmobs.files import parse_json
from pytest_llmobs.replay.bodies.aws_frames import MEDIA_TYPE
from pytest_llmobs.replay.bodies.forms import as_chunks
from pytest_llmobs.replay.canonical import canonicalise
from pytest_llmobs.replay.cassette import Cassette
from pytest_llmobs.replay.cleaning.replies import clean_request
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.layout import laid_out
from pytest_llmobs.replay.names import RecordingKey
from pytest_llmobs.replay.recorder import CassetteWarning, Recorder
from pytest_llmobs.tracing.redaction.pipeline import Redaction, RedactorError
from pytest_llmobs.tracing.redaction.redactors import Redactor
from tests.unit.replay.bodies.streams import server_sent
from tests.unit.replay.cleaning.cleaned import KEY, assert_not_stored, cleaned, cut
from tests.unit.replay.recordings import answer, question

_JSON = "application/json"


class Failing(Redactor):
    """A user's redactor with a fault."""

    name = "failing"

    def redact(self, text: str) -> str:
        raise ZeroDivisionError


class FailingSuspicion(Failing):
    """A user's redactor whose look at a payload has a fault."""

    prefilters = ()

    def suspects(self, payload: bytes) -> bool:
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (json.dumps({"content": [{"text": f"It is {KEY}"}]}), _JSON),
        (json.dumps({"password": 12345, "headers": [["x-api-key", KEY]]}), _JSON),
        (f'{{"a": 1, "a": "{KEY}"}}', _JSON),
        (f"Service unavailable for {KEY}", "text/html"),
        (f'{{"custom_id": "1", "text": "{KEY}"}}\n{{"custom_id": "2"}}\n', "application/octet-stream"),
        (json.dumps({"text": "so it is " * 600_000 + KEY}), _JSON),
    ],
)  # fmt: skip
def test_a_secret_in_a_reply(content: str, media_type: str) -> None:
    reply = cleaned(content.encode(), media_type=media_type)
    assert_not_stored(reply, KEY)
    assert b"[redacted: " in b"".join(as_chunks(reply.body))


def _token(token: str) -> dict[str, Any]:
    told = {"token": token, "logprob": -0.5, "bytes": list(token.encode())}
    return {**told, "top_logprobs": [told]}


def test_a_secret_in_the_tokens_of_logprobs() -> None:
    tokens = ["Take", " ", *cut(KEY, 15), " now"]
    logprobs = {"content": list(map(_token, tokens))}
    choice = {"index": 0, "message": {"content": "".join(tokens)}, "logprobs": logprobs}
    reply = cleaned(json.dumps({"choices": [choice]}).encode(), media_type=_JSON)
    (replayed,) = reply.body["json"]["choices"]
    told = replayed["logprobs"]["content"]
    assert "".join(token["token"] for token in told) == replayed["message"]["content"]
    assert b"".join(bytes(token["bytes"]) for token in told) == b"Take [redacted: anthropic key] now"
    assert (len(told), told[0], told[-1]) == (len(tokens), _token("Take"), _token(" now"))
    assert_not_stored(reply, KEY)


def test_tool_arguments_are_cleaned_by_their_names() -> None:
    call = {"function": {"name": "log_in", "arguments": '{"password": 12345, "user": "ann"}'}}
    reply = cleaned(json.dumps({"tool_calls": [call]}).encode(), media_type=_JSON)
    arguments = reply.body["json"]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(arguments) == {"password": "[redacted: password]", "user": "ann"}


def test_a_secret_within_a_sound() -> None:
    noise = random.Random(1).randbytes(200_000)
    reply = cleaned(noise + f"comment: {KEY}\0".encode() + noise, media_type="audio/mpeg")
    (content,) = as_chunks(reply.body)
    assert KEY.encode() not in content
    assert (
        content.replace(b"[redacted: anthropic key]", KEY.encode())
        == noise + f"comment: {KEY}\0".encode() + noise
    )


def test_a_secret_in_what_an_exception_said() -> None:
    assert_not_stored(cleaned(b"", end="failed", message=f"no route with {KEY}"), KEY)


def test_a_secret_in_a_request() -> None:
    sent = question(f"Why is {KEY} refused?", system=[{"text": f"never say {KEY}"}])
    shown = json.dumps(clean_request(canonicalise(sent), Redaction()))
    assert KEY not in shown
    assert "sk-ant-none" not in shown
    assert shown.count("[redacted: anthropic key]") == 2


def test_headers_say_what_came_and_nothing_else() -> None:
    assert cleaned(b"{}").headers == {"content-type": "text/event-stream", "x-request-id": "req_1"}


@pytest.mark.parametrize("redactor", [Failing(), FailingSuspicion()])
@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b'{"a": "b"}', _JSON),
        (b"plain", "text/plain"),
        (b"\xff plain text", "audio/mpeg"),
        (server_sent([{"a": "b"}]), "text/event-stream"),
    ],
)
def test_what_a_redactor_fails_at_is_refused(redactor: Redactor, content: bytes, media_type: str) -> None:
    with pytest.raises(RedactorError, match=r"redactor.* raised"):
        cleaned(content, redactor, media_type=media_type)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b'"text"',
        b'{"a":1e400}',
        b'{"a":NaN}',
        b'{"a":1,"a":2}',
        b'{"a":123456789012345678901234567890}',
        b'{"a":"\\ud83d"}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":' * 500 + b"1" + b"}" * 500,
        b"[" + b"9" * 5_000 + b"]",
        "schön\r\nund gut\u2028".encode(),
        gzip.compress(b"a", mtime=0),
        base64.b64decode("iVBORw0KGgo="),
    ],
)  # fmt: skip
def test_nothing_is_changed_silently(content: bytes) -> None:
    reply = cleaned(content, media_type=_JSON)
    assert b"".join(as_chunks(reply.body)) == content


def test_json_is_handed_out_as_the_same_value() -> None:
    content = b'{\n  "b" : [1.0, 1e2, -0.5, true],\n  "a" : "\\u00e9" }\n'
    reply = cleaned(content, media_type=_JSON)
    (chunk,) = as_chunks(reply.body)
    assert list(json.loads(chunk).items()) == list(json.loads(content).items())


class FaultyFolder(CassetteFolder):
    """A folder with a fault of ours in it."""

    def write(self, key: RecordingKey, cassette: Cassette) -> str:
        raise ZeroDivisionError("division by zero")


def test_a_fault_of_ours_costs_the_recording_and_not_the_call(tmp_path: Path) -> None:
    turn = Recorder(FaultyFolder(tmp_path), "reuse", Redaction()).take(question("Which?"), None)
    with pytest.warns(
        CassetteWarning, match=r"A reply to messages isn't recorded \(ZeroDivisionError: division by"
    ):
        assert turn.keep(answer("Bright")) == ""


_JSON_PARTS = st.sampled_from(
    [
        b"data: ",
        b"event: x\n",
        b'{"a":',
        b'"b',
        b'"',
        b"}",
        b"[1,",
        b"]",
        b"\n",
        b"\n\n",
        b"\r\n",
        b"\xff",
        b"\\u00",
        KEY[:30].encode(),
        KEY[30:].encode(),
        b"\\ud83d",
        b"1e999",
        b":",
        b"\x00\x00\x00 \x00\x00\x00\x01",
        b"\xe2\x82",
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    parts=st.lists(_JSON_PARTS, max_size=14),
    media_type=st.sampled_from([_JSON, "text/event-stream", MEDIA_TYPE]),
)
def test_whatever_comes_is_kept_without_its_secrets(parts: list[bytes], media_type: str) -> None:
    reply = cleaned(b"".join(parts), media_type=media_type)
    assert parse_json(laid_out(reply.document())) == reply.document()
    assert KEY.encode() not in b"".join(as_chunks(reply.body))
