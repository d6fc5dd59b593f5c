"""Text of others is printed such that it acts on nothing, and commands stay ready to paste."""

from __future__ import annotations

import io
import json
import re
import subprocess

import pytest

from pytest_llmobs.cli.console import Console
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import inert, shell_line, without_commands

HOSTILE = [
    "::error file=x::gone",
    "  ::add-mask::a",
    "fine\n\t::set-output name=a::b",
    "fine\r::error::x",
    "##[error]x",
    "see ##vso[task.setvariable variable=a]b",
    "##teamcity[buildStatus text='x']",
    "###[group]",
    "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1b[2J\x1b[H",
    "\x9b31m",
    "\x1b]0;title\x07",
    "section_start:1:a\r\x1b[0K",
    "a\x08\x08b",
    "safe\u202etxt.exe",
    "a\u200bb\u2066c\ufeff",
    "tag\U000e0041",
    "half \ud83d",
    "a\u2028::error::b",
    "x\x00y\x7f",
]


def acts(line: str) -> bool:
    """Tell whether a terminal, GitHub, Azure or TeamCity would do something about a line."""
    unseen = re.search(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\U000e0041]", line
    )
    return bool(unseen) or line.lstrip().startswith("::") or bool(re.search(r"##(\[|vso\[|teamcity\[)", line))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert(text: str) -> None:
    assert any(map(acts, text.split("\n")))
    assert not any(map(acts, inert(text).split("\n")))
    assert inert(inert(text)) == inert(text)


@pytest.mark.parametrize(
    "text",
    ["plain", "tests/a.py::test_b[c]", "a\tb\nc", "Grüße, 你好, 👩‍👩‍👧", "# title\n## part", "x: ::y", ""],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert inert(text) == text


def test_what_is_escaped_is_shown() -> None:
    assert inert("\x1b[31m\u202e ::error::") == r"\x1b[31m\u202e ::error::"
    assert inert("::error::x") == r"\x3a:error::x"
    assert inert("##[error]x") == r"\x23#[error]x"


def test_laying_out_makes_no_command() -> None:
    page = Page(width=20)
    lines = page.wrapped("0123456789012345678 ::error::the end")
    assert any(line.startswith("::") for line in lines)
    finished = page.finished("\n".join(lines))
    assert not any(map(acts, finished.split("\n")))
    assert without_commands("\x1b[31m ::error::x\x1b[0m") == "\x1b[31m \\x3a:error::x\x1b[0m"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "cp1252", "no-such"])
def test_every_text_can_be_printed_on_every_stream(encoding: str) -> None:
    known = "ascii" if encoding == "no-such" else encoding
    out, err = io.TextIOWrapper(io.BytesIO(), known), io.TextIOWrapper(io.BytesIO(), known)
    console = Console(Page(encoding=encoding), out, err)
    for text in [*HOSTILE, "你好 👩‍👩‍👧 \udc80"]:
        console.say(console.page.text(text))
        console.note(text)
        console.json({"text": text})
    for stream in (out, err):
        stream.flush()
        printed = stream.buffer.raw.getvalue() if hasattr(stream.buffer, "raw") else stream.buffer.getvalue()
        assert not any(map(acts, printed.decode(known).split("\n")))


def test_notes_are_broken_between_words_where_somebody_watches() -> None:
    note = "No example is in a split 'tset' yet. Did you mean 'test'?"
    for wraps, printed in ((True, note.replace(" you", "\nyou")), (False, note)):
        err = io.StringIO()
        Console(Page(width=40), io.StringIO(), err, wraps_notes=wraps).note(note)
        assert err.getvalue() == f"{printed}\n"


def test_notes_that_are_laid_out_stay_so() -> None:
    err = io.StringIO()
    laid_out = f"eq(nmae, {'x' * 50})\n   ^"
    Console(Page(width=40), io.StringIO(), err, wraps_notes=True).note(laid_out)
    assert err.getvalue() == f"{laid_out}\n"


def test_json_stays_the_same_text() -> None:
    out = io.StringIO()
    Console(Page(), out, io.StringIO()).json({"a": "##[error]\u202e\x9b ::error::\x1b"})
    assert not any(map(acts, out.getvalue().split("\n")))
    assert json.loads(out.getvalue()) == {"a": "##[error]\u202e\x9b ::error::\x1b"}


@pytest.mark.parametrize(
    "word",
    [
        "plain",
        "a b",
        "it's",
        "$(touch x)",
        "`x`",
        "a\nb",
        "tab\tx",
        "###[x]",
        "##vso[y]'",
        "\x1b[31m",
        "\\n'\n",
        "ü\u202e",
    ],
)
def test_a_command_is_one_inert_line_that_the_shell_reads_right(word: str) -> None:
    line = shell_line(["printf", "%s|", "tests/a.py::t", word])
    assert "\n" not in line
    assert not acts(line)
    run = subprocess.run(
        ["bash", "-c", line],
        check=True,
        capture_output=True,
        env={"LC_ALL": "C.UTF-8", "PATH": "/bin:/usr/bin"},
    )
    assert run.stdout.decode() == f"tests/a.py::t|{word}|"
