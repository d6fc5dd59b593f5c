"""Which recording is told to be the nearest: 200 questions were asked with five prompts each."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.replay.canonical import canonicalise
from pytest_llmobs.replay.cleaning.replies import clean_request
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.misses.miss import Miss
from pytest_llmobs.replay.misses.search import Search
from pytest_llmobs.replay.names import RecordingKey
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from tests.unit.replay.recordings import question, record

OPENINGS = (
    "How do I {} {}?",
    "Can you please {} {} for me, and tell me what it costs?",
    "I wanted to {} {} last week, but nobody answered.",
    "{} {}",
)
VERBS = ("return", "cancel", "insure", "upgrade", "track", "collect", "repair", "exchange", "rent", "sell")
THINGS = ("my parcel", "a bicycle", "the blue lamp", "our contract", "this voucher")
QUESTIONS = [opening.format(verb, thing) for opening in OPENINGS for verb in VERBS for thing in THINGS]
TOPICS = ("politeness", "brevity", "sources", "refunds", "languages")


def prompt(topic: str) -> str:
    lines = ["You are the assistant of a shop for household goods."]
    for number, verb in enumerate(VERBS):
        lines.append(
            f"Rule {number}, on {topic}: when customers {verb} something, mention {topic} in one line."
        )
    return "\n".join(lines)


PROMPTS = list(map(prompt, TOPICS))


@pytest.fixture(scope="module")
def cassettes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cassettes")
    for system in PROMPTS:
        record(root, *QUESTIONS, system=system)
    return root


def missing(root: Path, text: str, repeat: int = 1, **parameters: Any) -> Miss:
    request = canonicalise(question(text, **parameters))
    key = RecordingKey(request, repeat)
    return Search(CassetteFolder(root)).miss(key, clean_request(request, Redaction()), "", "")


def asked(root: Path, miss: Miss) -> tuple[str, str]:
    """Return the prompt and the question of the recording that was found."""
    assert miss.nearest is not None
    folder = CassetteFolder(root)
    body = folder.request_of(folder.read_file(miss.nearest))["body"]
    return body["system"], body["messages"][0]["content"]


def chosen(number: int, of: Sequence[str] = QUESTIONS) -> list[str]:
    return random.Random(5).sample(list(of), number)


def test_an_edited_line_of_a_prompt_finds_the_same_question(cassettes: Path) -> None:
    for system in PROMPTS:
        edited = re.sub("Rule 4, on .*", "Rule 4: say where the parcel is right now.", system)
        for text in chosen(8):
            miss = missing(cassettes, text, system=edited)
            assert asked(cassettes, miss) == (system, text)
            assert [change.path for change in miss.changes] == ["system"]


def test_an_edited_question_finds_its_old_form(cassettes: Path) -> None:
    long = [text for text in QUESTIONS if len(text.split()) > 8]
    for system in PROMPTS:
        for text in chosen(8, long):
            edited = text.replace("tell me what it costs", "say how long it takes").replace(
                "nobody", "no one"
            )
            miss = missing(cassettes, edited, system=system)
            assert asked(cassettes, miss) == (system, text)
            assert [change.path for change in miss.changes] == ["messages[0].content"]


@pytest.mark.parametrize(
    ("then", "now"), [("Where is it?", "Where was it?"), ("Hello", "Hello!"), ("Öl?", "Öl")]
)
def test_a_short_question_finds_its_old_form(cassettes: Path, then: str, now: str) -> None:
    record(cassettes, then, system=PROMPTS[2])
    assert asked(cassettes, missing(cassettes, now, system=PROMPTS[2])) == (PROMPTS[2], then)


def test_a_changed_parameter_finds_the_same_question_and_prompt(cassettes: Path) -> None:
    for text in chosen(8):
        miss = missing(cassettes, text, system=PROMPTS[3], temperature=0.7)
        assert asked(cassettes, miss) == (PROMPTS[3], text)
        assert [change.path for change in miss.changes] == ["temperature"]


def test_a_question_written_without_spaces_finds_its_old_form(tmp_path: Path) -> None:
    record(
        tmp_path, *QUESTIONS[:30], "注文した青いランプはどこにありますか。", "返品の方法を教えてください。"
    )
    then = "注文した青いランプはどこにありますか。"
    assert asked_text(tmp_path, missing(tmp_path, then.replace("青い", "赤い"))) == then


def asked_text(root: Path, miss: Miss) -> str:
    assert miss.nearest is not None
    text: str = CassetteFolder(root).read_file(miss.nearest).request["body"]["messages"][0]["content"]
    return text


def test_files_with_names_like_those_of_recordings_are_passed_over(tmp_path: Path) -> None:
    record(tmp_path, "How do I return a bicycle?")
    (recorded,) = tmp_path.rglob("*.json")
    recorded.with_name(f"._{recorded.name}").write_bytes(b"what macOS leaves on foreign disks")
    recorded.with_name(f"Copy of {recorded.name}").write_bytes(recorded.read_bytes())
    assert missing(tmp_path, "How do I return a lamp?").nearest == recorded
