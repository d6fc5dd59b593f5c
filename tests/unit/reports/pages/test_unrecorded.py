"""What is told of a request that has no recording."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.replay.misses.miss import ABSENT, Change, Miss
from pytest_llmobs.reports.pages.recordings.unrecorded import headline, unrecorded

PROMPT = "You are the assistant of a shop.\nAnswer in two friendly sentences.\nNever promise a refund."


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def of(here: Path, *changes: Change, **fields: Any) -> Miss:
    nearest = here / "llm-cassettes/anthropic/3f/3f-00-1.json" if changes else None
    known = {"nodeid": "test_it.py::test_it[ada]", "folder": here / "llm-cassettes", "nearest": nearest}
    return Miss(provider="anthropic", operation="messages", changes=changes, **{**known, **fields})


def test_a_changed_prompt_is_shown_word_by_word_with_what_records_the_trial(here: Path) -> None:
    changes = Change("system", PROMPT, PROMPT.replace("two friendly", "three")), Change("temperature", 0, 0.7)
    assert unrecorded(of(here, *changes), here).splitlines() == [
        "No recording of anthropic messages: it differs from the nearest one in system, temperature.",
        "Asked by test_it.py::test_it[ada]",
        "Nearest recording:",
        "  llm-cassettes/anthropic/3f/3f-00-1.json",
        "system:",
        "  You are the assistant of a shop.",
        "  Answer in [-two friendly-]{+three+} sentences.",
        "  Never promise a refund.",
        "temperature: 0 → 0.7",
        "Record it:",
        "  pytest 'test_it.py::test_it[ada]' --llm-cassettes=reuse",
    ]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (Change("model", "claude-a", "claude-b"), "model: claude-a → claude-b"),
        (Change("top_p", ABSENT, 0.5), "top_p: not set → 0.5"),
        (Change("stream", True, ABSENT), "stream: true → not set"),
        (Change("stop", ["a"], ["a", "b"]), 'stop: ["a"] → ["a", "b"]'),
        (Change("headers.anthropic-beta", ABSENT, "x"), "headers.anthropic-beta: not set → x"),
        (Change("host", "localhost", "\x1b[31mevil"), "host: localhost → \\x1b[31mevil"),
    ],
)
def test_a_changed_value_is_shown_on_a_line(here: Path, change: Change, line: str) -> None:
    assert line in unrecorded(of(here, change), here).splitlines()


def test_nothing_but_paths_and_commands_is_wider_than_the_page(here: Path) -> None:
    changes = (
        Change("system", "word " * 2000, "word " * 1000 + "other " + "word " * 1000),
        Change(
            "tools.find", ABSENT, {"name": "find", "input_schema": {"properties": {"id": "number " * 50}}}
        ),
        Change("messages[0].content", "a" * 10_000, "b" * 10_000),
        *(Change(f"parameter_{number}", number, number + 1) for number in range(30)),
    )
    text = unrecorded(of(here, *changes), here)
    assert max(map(len, text.splitlines()[1:])) <= 76
    assert len(text.splitlines()) < 60
    assert "and parameter_2, parameter_3, parameter_4 and 25 more" in text
    assert "{+other+}" in text


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"has_folder": False}, "the folder 'llm-cassettes' doesn't exist"),
        ({}, "nothing of anthropic is recorded in 'llm-cassettes'"),
        ({"repeats": {1: 1, 2: 1, 3: 1}, "repeat": 4}, "recorded for repeats 1 to 3, asked for repeat 4"),
        ({"repeats": {2: 1}, "repeat": 1}, "recorded for repeat 2, asked for repeat 1"),
        ({"repeats": {1: 1, 3: 1}, "repeat": 2}, "recorded for repeats 1, 3, asked for repeat 2"),
        ({"repeats": {1: 1}, "occurrence": 2}, "asked 2 times, and 1 reply is recorded"),
        ({"repeats": {1: 21}, "occurrence": 22}, "asked 22 times, and 21 replies are recorded"),
    ],
)
def test_where_nothing_is_compared_it_says_why(here: Path, fields: dict[str, Any], why: str) -> None:
    miss = of(here, **fields)
    assert headline(miss) == f"No recording of anthropic messages: {why}."
    assert "Nearest" not in unrecorded(miss, here)


def test_a_folder_that_is_not_there_is_looked_for_in_a_place_that_is_named(here: Path) -> None:
    lines = unrecorded(of(here, has_folder=False), here).splitlines()
    assert f"Looked for in the rootdir, {here}" in lines
    assert "Recorded elsewhere? Then it isn't committed, or a .gitignore names it." in lines


@pytest.mark.parametrize(
    ("provider", "remedy"),
    [
        ("anthropic", "name the one that was recorded, such as by ANTHROPIC_BASE_URL."),
        ("azure", "name the one that was recorded."),
    ],
)
def test_of_another_host_it_says_what_names_it(here: Path, provider: str, remedy: str) -> None:
    change = Change("host", "gateway.example", "api.anthropic.com")
    miss = replace(of(here, change), provider=provider)
    assert f"The host is the client's base_url: {remedy}" in " ".join(unrecorded(miss, here).split())


def test_of_a_header_that_was_recorded_before_it_was_ignored_it_says_so(here: Path) -> None:
    change = Change("headers.anthropic-version", "2026-10-21", ABSENT)
    beta = Change("headers.anthropic-beta", ABSENT, "x")
    miss = of(here, change, beta, ignored_headers=frozenset({"anthropic-version"}))
    said = " ".join(unrecorded(miss, here).split())
    assert (
        "Recorded before anthropic-version was to be ignored: record all anew, with --llm-cassettes=refresh."
        in said
    )
    assert "anthropic-beta was to be ignored" not in said


def test_what_only_redaction_hides_is_said(here: Path) -> None:
    miss = of(here, nearest=here / "near.json")
    assert "it differs from the nearest one in nothing but what redaction takes out." in headline(miss)
    lines = unrecorded(miss, here).splitlines()
    assert "A reply is replayed as redaction left it: an app that sends on what was" in lines


def test_the_command_names_the_repeat_and_the_path_from_here(here: Path) -> None:
    below = here / "below"
    below.mkdir()
    miss = of(below, nodeid="tests/test_it.py::test_it[Ada's-r4]", repeat=4)
    *_, command = unrecorded(miss, below).splitlines()
    expected = (
        """  pytest 'below/tests/test_it.py::test_it[Ada'"'"'s-r4]' --llm-cassettes=reuse --llm-repeat=4"""
    )
    assert command == expected


def test_an_evaluation_is_told_what_to_say_once(here: Path) -> None:
    text = unrecorded(of(here, nodeid="", example_id="ada", repeat=2), here)
    assert "Asked by example 'ada' (repeat 2)" in text
    assert text.endswith(
        "Record it: the same again with cassettes='reuse' (llmobs eval and replay: --cassettes=reuse)."
    )
