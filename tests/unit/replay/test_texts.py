"""What is large in requests lies beside the cassettes, once; a cassette stays small whatever its request holds."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.records.http_calls import ReceivedReply
from pytest_llmobs.replay.cassette import Cassette, stored
from pytest_llmobs.replay.names import RecordingKey
from tests.unit.replay.canonical.requests import random_body
from tests.unit.replay.recordings import MODEL, question, recorder

PROMPT = "You answer questions about lamps.\n\nBe brief, and “kind”.\n" * 20
TOOL = {
    "name": "find",
    "description": "Finds a lamp. " * 30,
    "input_schema": {"type": "object", "properties": {}},
}
REPLY = {
    "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
    "type": "message",
    "content": [{"type": "text", "text": "Hello."}],
}


class Recorded:
    """One recorded call."""

    def __init__(self, root: Path, text: str, reply: Any = REPLY, **parameters: Any) -> None:
        recorder_here = recorder(root)
        self.folder = recorder_here.folder
        turn = recorder_here.take(question(text, **parameters), None)
        headers = {"content-type": "application/json", "request-id": "req_018EeWyXxfu5pfWYrHMjVG"}
        assert turn.keep(
            ReceivedReply(status=200, headers=headers, content=json.dumps(reply, ensure_ascii=False).encode())
        )
        self.key: RecordingKey = turn.key
        self.path = self.folder.path_of(turn.key)

    @property
    def cassette(self) -> Cassette:
        cassette = self.folder.read(self.key)
        assert cassette is not None
        return cassette

    @property
    def whole(self) -> dict[str, Any]:
        return self.folder.request_of(self.cassette)

    @property
    def bound(self) -> float:
        reply = json.dumps(self.cassette.reply.body["json"], ensure_ascii=False, separators=(",", ":"))
        return 1.15 * len(reply.encode()) + 1024


def texts(root: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted((root / "texts").glob("*"))}


def test_a_small_call_is_one_file(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "Which lamp is bright?", system="Be brief.", temperature=0.5)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [recorded.path]
    assert recorded.cassette.request["body"]["system"] == "Be brief."


def test_a_long_prompt_is_text_in_a_file_that_calls_share(tmp_path: Path) -> None:
    first, second = (Recorded(tmp_path, text, system=PROMPT) for text in ("Which?", "Where?"))
    content = f"{PROMPT}\n"
    assert texts(tmp_path) == {f"{hashlib.sha256(content.encode()).hexdigest()[:32]}.txt": content}
    assert first.whole["body"]["system"] == PROMPT
    assert second.whole == stored(second.key.request)
    assert second.cassette.texts == [next(iter(texts(tmp_path))).removesuffix(".txt")]


def test_tools_are_json_that_people_can_read(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "Which?", tools=[TOOL, TOOL])
    ((name, content),) = texts(tmp_path).items()
    assert name.endswith(".json")
    assert json.loads(content) == [TOOL, TOOL]
    assert content.count("\n") > 4
    assert recorded.whole["body"]["tools"] == [TOOL, TOOL]


def test_of_a_long_message_its_text_is_the_file(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, PROMPT)
    assert list(texts(tmp_path).values()) == [f"{PROMPT}\n"]
    assert recorded.cassette.request["body"]["messages"][0]["role"] == "user"
    assert recorded.whole == stored(recorded.key.request)


@pytest.mark.parametrize(
    "text",
    ["\r\n", "\ufeffmark", "half \ud83d", "\0", "<texts/" + "0" * 32 + ".txt>", "\u2028", "ends\n", ""],
)
def test_texts_come_back_as_they_were(tmp_path: Path, text: str) -> None:
    for long in (text, text + PROMPT + text):
        recorded = Recorded(tmp_path, "Which?", system=long)
        assert recorded.whole["body"]["system"] == long
        assert recorded.cassette.digest


@pytest.mark.parametrize("names", [["a/b"], ["a~b"], ["~1"], ["~0/"], ["", "/"]])
def test_keys_with_marks_of_pointers_come_back_as_they_were(tmp_path: Path, names: list[str]) -> None:
    value: Any = PROMPT
    for name in names[1:]:
        value = {name: value}
    recorded = Recorded(tmp_path, "Which?", **{names[0]: value})
    assert "/body" not in recorded.cassette.places
    assert recorded.whole["body"][names[0]] == value


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"system": PROMPT},
        {"system": PROMPT, "tools": [TOOL] * 9},
        {
            "system": [{"type": "text", "text": PROMPT, "cache_control": {"type": "ephemeral"}}],
            "tools": [TOOL] * 9,
        },
        {f"parameter_{number}": number for number in range(200)},
        {"stop_sequences": ["a" * 40] * 50, "metadata": {"user_id": "u" * 400}},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}, "top_k": 40, "top_p": 0.95, "stream": True},
    ],
    ids=["plain", "prompt", "tools", "blocks", "parameters", "lists", "usual"],
)
@pytest.mark.parametrize(
    "reply", [{"input_tokens": 5}, REPLY, {"content": [{"type": "text", "text": PROMPT}]}]
)
def test_a_cassette_is_small_whatever_its_request_holds(tmp_path: Path, parameters: Any, reply: Any) -> None:
    for text in ("Which?", PROMPT):
        recorded = Recorded(tmp_path, text, reply, **parameters)
        assert recorded.path.stat().st_size <= recorded.bound, recorded.path.read_text(encoding="utf-8")
        assert recorded.whole == stored(recorded.key.request)


def test_of_a_form_the_text_of_its_file_is_the_file(tmp_path: Path) -> None:
    lines = '{"custom_id": "1"}\n' * 100
    files = {"file": ("b.jsonl", lines, "application/jsonl"), "purpose": (None, "batch")}
    upload = httpx2.Request("POST", "https://api.openai.com/v1/files", files=files)
    upload.read()
    here = recorder(tmp_path)
    turn = here.take(replace(question(""), content=upload.content, headers=dict(upload.headers)), None)
    assert turn.keep(ReceivedReply(status=200, headers={}, content=b"{}"))
    assert list(texts(tmp_path).values()) == [f"{lines}\n"]
    cassette = here.folder.read(turn.key)
    assert cassette is not None
    assert cassette.places == ["/body/0/text"]
    assert here.folder.request_of(cassette) == stored(turn.key.request)


def random_reply(chance: random.Random, depth: int) -> Any:
    if depth == 0:
        return chance.choice([1, 0.25, None, True, "", "word " * chance.randrange(6)])
    size = chance.randrange(6)
    if chance.random() < 0.4:
        return [random_reply(chance, depth - 1) for _ in range(size)]
    return {f"key_{number}": random_reply(chance, depth - 1) for number in range(size)}


def test_random_cassettes_are_small(tmp_path: Path) -> None:
    for seed in range(200):
        chance = random.Random(seed)
        values = [1, "x" * chance.randrange(90), [1, 2, 3], {"a": {"b": 1}}]
        parameters = {f"parameter_{number}": chance.choice(values) for number in range(chance.randrange(14))}
        reply = {"id": "msg", "content": random_reply(chance, chance.randrange(6))}
        recorded = Recorded(tmp_path, "q" * chance.randrange(150) + str(seed), reply, **parameters)
        assert recorded.path.stat().st_size <= recorded.bound, recorded.path.read_text(encoding="utf-8")


def test_random_requests_come_back_as_they_were(tmp_path: Path) -> None:
    for seed in range(150):
        chance = random.Random(seed)
        body = random_body(chance) | {"system": PROMPT * chance.randrange(3)}
        body = {name: value for name, value in body.items() if name not in ("model", "messages")}
        recorded = Recorded(tmp_path, "Which?" * chance.randrange(200), **body)
        assert recorded.whole == stored(recorded.key.request)


def test_a_replay_reads_no_text(tmp_path: Path) -> None:
    Recorded(tmp_path, "Which?", system=PROMPT)
    (tmp_path / "texts" / next(iter(texts(tmp_path)))).unlink()
    assert recorder(tmp_path, "only").take(question("Which?", system=PROMPT), None).reply is not None


def test_a_text_that_is_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    recorded = Recorded(tmp_path, "Which?", system=PROMPT)
    name = next(iter(texts(tmp_path)))
    (tmp_path / "texts" / name).unlink()
    with pytest.raises(CassetteError) as error:
        _ = recorded.whole
    assert str(error.value) == (
        f"The text 'texts/{name}' of a recorded messages can't be used: No such file or directory. Restore it from "
        "version control, or record anew with --llm-cassettes=refresh."
    )


def test_a_text_that_was_edited_is_named(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "Which?", system=PROMPT)
    path = tmp_path / "texts" / next(iter(texts(tmp_path)))
    path.write_text(path.read_text(encoding="utf-8").replace("brief", "verbose"), encoding="utf-8")
    with pytest.raises(CassetteError, match="its name is no longer its content's hash"):
        _ = recorded.whole


def test_a_checkout_may_end_lines_otherwise(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "Which?", system=PROMPT, tools=[TOOL, TOOL])
    for path in [*(tmp_path / "texts").glob("*"), recorded.path]:
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert recorded.whole == stored(recorded.key.request)


def test_a_text_that_a_full_disk_has_cut_is_written_again(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "Which?", system=PROMPT)
    (tmp_path / "texts" / next(iter(texts(tmp_path)))).write_bytes(b"")
    Recorded(tmp_path, "Where?", system=PROMPT)
    assert recorded.whole["body"]["system"] == PROMPT


def test_a_name_where_none_was_put_is_refused(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "Which?", system=PROMPT)
    for places in (["/body/model"], ["/nowhere"], ["/body/messages/7"], [""]):
        forged = replace(recorded.cassette, places=places)
        with pytest.raises(CassetteError, match="its request names no text at"):
            recorded.folder.request_of(forged)


def test_images_are_said_by_their_hash_and_size(tmp_path: Path) -> None:
    image = random.Random(1).randbytes(3_000)
    source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(image).decode()}
    url = f"data:image/png;base64,{source['data']}"
    recorded = Recorded(tmp_path, "Which?", system=[{"source": source}, {"url": url}])
    summary = f"<sha256 {hashlib.sha256(image).hexdigest()}, 3,000 bytes>"
    first, second = recorded.whole["body"]["system"]
    assert first["source"]["data"] == summary
    assert second["url"] == f"data:image/png;base64,{summary}"
    assert source["data"][:100] not in "".join(texts(tmp_path).values()) + recorded.path.read_text(
        encoding="utf-8"
    )
    changed = source["data"][:-8] + "AAAA" + source["data"][-4:]
    other = recorder(tmp_path).take(
        question("Which?", system=[{"source": {**source, "data": changed}}]), None
    )
    assert other.key.request.hash != recorded.key.request.hash


@pytest.mark.parametrize("text", ["x" * 4_000, "Lampe" * 300, "lamp-" * 300 + "1A%"])
def test_a_long_word_is_no_image(tmp_path: Path, text: str) -> None:
    assert Recorded(tmp_path, text).whole["body"] == {
        "model": MODEL,
        "max_tokens": 50,
        "messages": [{"role": "user", "content": text}],
    }
