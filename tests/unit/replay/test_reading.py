"""Files of cassettes that were cut, merged, edited, renamed or replaced: each is named, with line and remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.replay.canonical import canonicalise
from pytest_llmobs.replay.cassette import digest_of
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.names import RecordingKey
from tests.unit.damage import damaged
from tests.unit.replay.recordings import answer, question, record, recorder

REMEDY = "Restore it, or delete it: then --llm-cassettes=reuse records it anew.\n  git restore -- {0}"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (file,) = record(tmp_path / "llm-cassettes", "Which lamp?")
    return file


def refusal(path: Path, mode: Any = "reuse") -> str:
    """Return what a run that needs the recording says; it names the file, and asks no model."""
    with pytest.raises(CassetteError) as error:
        recorder(path.parents[2], mode).take(question("Which lamp?"), None)
    shown = path.relative_to(Path.cwd()).as_posix()
    remedy = REMEDY.format(shown)
    message = str(error.value)
    assert message.startswith(f"The cassette '{shown}'")
    if not message.endswith("Upgrade it."):
        assert message.endswith(remedy)
    return message.removeprefix(f"The cassette '{shown}'").removesuffix(remedy).strip()


def edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def conflicted(text: str) -> str:
    lines = text.splitlines()
    return "\n".join([*lines[:5], "<<<<<<< HEAD", lines[5], "=======", lines[5], ">>>>>>> other", *lines[6:]])


@pytest.mark.parametrize("mode", ["reuse", "only"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "", ": it is empty."),
        (lambda text: "\0" * 300, ": it is empty."),
        (lambda text: text[:40], ", line 3: it was cut short, after 40 characters."),
        (lambda text: text[: text.index("claude") + 4], "it was cut short, after "),
        (lambda text: text.replace(",", "", 1), "it is no JSON (Expecting ',' delimiter)."),
        (
            lambda text: text.replace("Answer", "Reply"),
            ": its content isn't what was recorded (the digest differs)",
        ),
        (lambda text: text.replace("Which lamp?", "Which?"), ": its content isn't what was recorded"),
        (lambda text: text.replace('"repeat": 1', '"repeat": NaN'), ": its content isn't what was recorded"),
        (lambda text: "[]", ": it is no cassette."),
        (lambda text: "{}", ": it is no cassette."),
        (lambda text: '{"cassette": true}', ": it is no cassette."),
        (lambda text: "[" * 100_000, ": it is nested too deep."),
        (
            lambda text: "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
            ": Git LFS has left a pointer in its place; `git lfs pull` fetches the file.",
        ),
    ],
)
def test_a_damaged_file_is_never_recorded_over(
    path: Path, mode: str, change: Callable[[str], str], message: str
) -> None:
    edit(path, change)
    content = path.read_bytes()
    assert message in refusal(path, mode)
    assert path.read_bytes() == content


def test_of_a_merge_conflict_one_side_is_kept_whole_since_git_restores_no_unmerged_file(path: Path) -> None:
    edit(path, conflicted)
    with pytest.raises(CassetteError) as error:
        recorder(path.parents[2], "only").take(question("Which lamp?"), None)
    said = str(error.value)
    assert (
        ", line 6: an unresolved merge conflict (<<<<<<<). Two branches have recorded the same call." in said
    )
    assert said.endswith(f"\n  git checkout --ours -- {path.relative_to(Path.cwd()).as_posix()}")


def test_what_stands_on_the_line_that_is_named(path: Path) -> None:
    edit(path, lambda text: text.replace('"operation": "messages",', '"operation": "messages"'))
    line = refusal(path).partition("line ")[2].partition(":")[0]
    assert "operation" in path.read_text(encoding="utf-8").splitlines()[int(line) - 2]


def test_a_newer_version_asks_for_an_upgrade(path: Path) -> None:
    edit(path, lambda text: text.replace('"cassette": 1', '"cassette": 2'))
    assert refusal(path) == "has version 2; this version of pytest-llmobs reads up to 1. Upgrade it."


def test_content_that_makes_no_sense_with_a_digest_that_fits(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    for reply in ({}, {"status": 200, "headers": {}, "nothing": 1}, None, [1]):
        document["reply"] = reply
        document["digest"] = digest_of(document)
        path.write_text(json.dumps(document), encoding="utf-8")
        if reply != {}:
            assert "its content makes no sense" in refusal(path)
    del document["reply"]
    document["digest"] = digest_of(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    assert "its content makes no sense (KeyError: 'reply')" in refusal(path)


def test_bytes_that_are_no_text(path: Path) -> None:
    path.write_bytes(b"\x89PNG")
    assert refusal(path) == ": it can't be read (it is no UTF-8 at byte 0)."


def test_a_folder_in_its_place(path: Path) -> None:
    path.unlink()
    path.mkdir()
    assert refusal(path) == ": it can't be read (it is no file)."


def test_a_link_to_itself_and_one_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)
    assert "Too many levels of symbolic links" in refusal(path)
    path.unlink()
    path.symlink_to("nowhere")
    assert refusal(path) == ": it is a link to a file that isn't there."


@pytest.mark.parametrize("name", ["1.2", "2", "10"])
def test_a_copy_for_another_repeat(path: Path, name: str) -> None:
    copy = path.with_name(path.name.replace("-1.json", f"-{name}.json"))
    copy.write_bytes(path.read_bytes())
    with pytest.raises(
        CassetteError, match=r"its name isn't that of what it holds: it was renamed or copied"
    ):
        CassetteFolder(path.parents[2]).read_file(copy)
    repeat, _, occurrence = name.partition(".")
    key = RecordingKey(canonicalise(question("Which lamp?")), int(repeat), int(occurrence or 1))
    with pytest.raises(CassetteError, match=r"it was renamed or copied"):
        CassetteFolder(path.parents[2]).read(key)


def test_the_recording_of_another_request_under_its_name(path: Path) -> None:
    (other,) = record(path.parents[2], "Where?")
    path.write_bytes(other.read_bytes())
    assert refusal(path) == ": its name isn't that of what it holds: it was renamed or copied."


def test_a_checkout_or_a_formatter_may_lay_it_out_otherwise(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    others = [text.replace("\n", "\r\n"), f"\ufeff{text}", json.dumps(json.loads(text)), f"{text}\n\n"]
    for other in others:
        path.write_bytes(other.encode())
        assert recorder(path.parents[2], "only").take(question("Which lamp?"), None).reply is not None


def test_any_damage_is_an_error_or_changes_nothing(path: Path) -> None:
    content = path.read_bytes()
    folder = CassetteFolder(path.parents[2])
    whole = folder.read_file(path)
    refused = 0
    for seed in range(500):
        path.write_bytes(damaged(content, seed))
        try:
            assert folder.read_file(path) == whole, seed
        except CassetteError:
            refused += 1
    assert refused > 400


@pytest.mark.parametrize("text", ["\ud83d", "\udc00\ud800", "é e\u0301 \u2028 \x85", "\0\r\n\t", "😀" * 50])
def test_texts_of_all_kinds_come_back(tmp_path: Path, text: str) -> None:
    here = recorder(tmp_path)
    turn = here.take(question(text, metadata={"number": 0.1, "large": 2**70}), None)
    turn.keep(answer("Hello"))
    cassette = here.folder.read(turn.key)
    assert cassette is not None
    assert here.folder.request_of(cassette)["body"] == json.loads(
        question(text, metadata={"number": 0.1, "large": 2**70}).content or b""
    )
    if "é" in text:
        assert text in here.folder.path_of(turn.key).read_bytes().decode()


def test_two_halves_of_a_character_become_one(tmp_path: Path) -> None:
    sent = question("??")
    content = (sent.content or b"").replace(b"??", b"\xed\xa0\xbd\xed\xb8\x80")
    here = recorder(tmp_path)
    turn = here.take(replace(sent, content=content), None)
    assert turn.keep(answer("Hello"))
    cassette = here.folder.read(turn.key)
    assert cassette is not None
    assert here.folder.request_of(cassette)["body"]["messages"][0]["content"] == "😀"
