"""Forms with files: keyed by what their parts hold, as a real HTTP library writes them."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx2
import pytest

from pytest_llmobs.replay.canonical import CanonicalRequest, canonicalise
from tests.unit.replay.canonical.requests import sent

SOUND = b"RIFF\xff\x00\r\n--\x80"


def form(files: Any, data: Any = None) -> CanonicalRequest:
    """Return what becomes of a form that is uploaded; its boundary is another one each time."""
    request = httpx2.Request("POST", "https://api.openai.com/v1/audio", files=files, data=data or {})
    request.read()
    return canonicalise(sent(content=request.content, headers=dict(request.headers)))


def test_a_form_is_its_parts_with_texts_as_text_and_other_files_by_their_hash() -> None:
    files = {"file": ("a.wav", SOUND, "audio/wav"), "batch": ("b.jsonl", b'{"a": 1}\n', "application/jsonl")}
    canonical = form(files, {"model": "whisper-1"})
    assert canonical.form == "parts"
    assert canonical.body == [
        {"name": "batch", "filename": "b.jsonl", "type": "application/jsonl", "text": '{"a": 1}\n'},
        {
            "name": "file",
            "filename": "a.wav",
            "type": "audio/wav",
            "sha256": hashlib.sha256(SOUND).hexdigest(),
            "bytes": len(SOUND),
        },
        {"name": "model", "text": "whisper-1"},
    ]
    assert canonical.headers["content-type"] == "multipart/form-data"


def test_neither_the_boundary_nor_the_order_of_fields_decides() -> None:
    file = {"file": ("a.wav", SOUND, "audio/wav")}
    first = form(file, {"model": "m", "language": "en"})
    assert form(file, {"language": "en", "model": "m"}).hash == first.hash


@pytest.mark.parametrize(
    "file",
    [
        ("b.wav", SOUND, "audio/wav"),
        ("a.wav", SOUND, "audio/mpeg"),
        ("a.wav", SOUND + b"\0", "audio/wav"),
        ("a.wav", b"", "audio/wav"),
        (None, SOUND),
    ],
)
def test_a_files_name_type_and_content_decide(file: Any) -> None:
    assert form({"file": file}).hash != form({"file": ("a.wav", SOUND, "audio/wav")}).hash


def test_the_order_of_files_of_one_name_decides() -> None:
    first, second = ("file", ("a", b"1")), ("file", ("b", b"2"))
    assert form([first, second]).hash != form([second, first]).hash


def test_names_that_are_written_in_unusual_ways_stay_different() -> None:
    names = ['a"b', "a%22b", "a\\b", "a\\\\b", "ä", "a; filename=x", 'a"; filename="x']
    assert len({form({name: ("f", b"1")}).hash for name in names}) == len(names) - 1
    # an HTTP library writes the first two in the same way
    assert form({names[0]: ("f", b"1")}).hash == form({names[1]: ("f", b"1")}).hash


def test_parameters_that_hardly_any_part_has_count() -> None:
    def hash_of(disposition: str) -> str:
        content = f"--x\r\nContent-Disposition: {disposition}\r\nX-Other: 1\r\n\r\n1\r\n--x--\r\n".encode()
        return canonicalise(
            sent(content=content, headers={"content-type": 'multipart/form-data; boundary="x"'})
        ).hash

    dispositions = [
        "form-data; name=a",
        'form-data; name="a"',
        'form-data; name="a"; size=1',
        "form-data; name=a; filename*=UTF-8''%e2%82%ac",
        "form-data; name=a; filename*=UTF-8''%e2%82%ad",
    ]
    assert len(set(map(hash_of, dispositions))) == len(dispositions)


def test_a_form_without_files() -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}

    def canonical(content: bytes) -> CanonicalRequest:
        return canonicalise(sent(content=content, headers=headers))

    assert canonical(b"a=1&b=2&b=3&c=").body == {"a": "1", "b": ["2", "3"], "c": ""}
    assert canonical(b"b=2&a=1").hash == canonical(b"a=1&b=2").hash
    assert canonical(b"a=%ff").hash != canonical(b"a=%fe").hash
