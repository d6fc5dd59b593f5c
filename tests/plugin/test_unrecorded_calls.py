"""``--llm-cassettes=only``: a call without a recording fails its test, and says what changed and what to do."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import httpcore2  # noqa: F401 - as in test_openai.py
import openai  # noqa: F401
import pytest

from tests.anthropic_server import Answer, Request, Server
from tests.openai_server import chat, serve
from tests.plugin.conftest import Project

APP = """
from pathlib import Path
import openai

client = openai.OpenAI(max_retries=0)

def answer(name, query):
    prompt = Path(__file__).with_name("prompt.txt").read_text()
    messages = [{"role": "system", "content": prompt}, {"role": "user", "content": f"{name}: {query}"}]
    try:
        return client.chat.completions.create(model="gpt-5-mini", messages=messages).choices[0].message.content
    except Exception:
        return "Dear customer, I am out of office."
"""
SUITE = """
import pytest
from app import answer

@pytest.mark.llm_dataset("golden.jsonl", target=answer)
def test_ahead(example, llm_run):
    assert "Dear" in llm_run.outputs["output"]

@pytest.mark.llm_dataset("golden.jsonl")
def test_inline(example, llm_run):
    assert "Dear" in answer(**example.inputs)

def test_skips(llm_run):
    if "office" in answer("Ada", "skip?"):
        pytest.skip("no model")

@pytest.mark.xfail
def test_expected_to_fail(llm_run):
    assert "Madam" in answer("Ada", "xfail?")
"""
PLAIN = """
import pytest
from app import answer

@pytest.fixture(scope="session")
def warm():
    return answer("Ada", "warm up")

def test_needs_the_fixture_alone(warm):
    assert "Dear" in warm

def test_plain(warm):
    assert "Dear" in answer("Ada", "plain")

def test_thrice(warm):
    assert [answer("Ada", "thrice") for _ in range(3)] == ["Dear you"] * 3

@pytest.mark.xfail
def test_expected_to_fail():
    assert "Madam" in answer("Ada", "xfail?")
"""
PROMPT = "You answer for a shop.\nBe friendly and brief.\nPromise nothing.\n"


def _reply(request: Request) -> Answer:
    return chat({"content": "Dear you"})


@pytest.fixture
def server(project: Project, monkeypatch: pytest.MonkeyPatch, openai_key: None) -> Iterator[Server]:
    """A model's; the app has a fallback for when it can't be reached."""
    project.write(app=APP, test_app=SUITE)
    project.prompt(PROMPT)
    with serve(_reply) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield server


@pytest.mark.parametrize("mode", [(), ("--llm-experiment",)], ids=["plain", "experiment"])
def test_an_edited_prompt_fails_each_test_and_is_told_once(
    project: Project, server: Server, mode: tuple[str, ...]
) -> None:
    project.run("--llm-cassettes=reuse").assert_outcomes(passed=7, xfailed=1)
    asked = len(server.requests)
    project.run("--llm-cassettes=only", *mode).assert_outcomes(passed=7, xfailed=1)
    project.prompt(PROMPT.replace("brief", "thorough"))
    result = project.run("--llm-cassettes=only", *mode)
    assert len(server.requests) == asked
    text = result.stdout.str()
    for name in ("ahead[ada]", "ahead[grace]", "inline[edsger]", "skips", "expected_to_fail"):
        assert text.count(f"FAILED test_app.py::test_{name} - ") == 1
    assert text.count("  Be friendly and [-brief-]{+thorough+}.") == 1
    assert "hit 8 trials: this one, " in text
    assert "passed" not in text.splitlines()[-1]
    assert "messages[0].content:" in text
    # the user's own line, and none of the SDK's
    assert "return client.chat.completions.create(" in text
    assert "_base_client" not in text
    (printed,) = [line for line in result.outlines if "record them" in line]
    assert printed.endswith(shlex.join([*mode, "--llm-cassettes=reuse"]))
    assert "only" not in printed
    if mode:
        assert "RED: all 8 trials lack a recording" in text
    else:
        assert "model calls: none made, none replayed from llm-cassettes, 8 without a recording" in text


def test_the_printed_command_records_the_trial_and_no_other(project: Project, server: Server) -> None:
    project.run("--llm-cassettes=reuse", "-k", "ahead")
    project.prompt("You answer for a bank.")
    result = project.run("--llm-cassettes=only", "-k", "ahead and grace")
    (line,) = [line for line in result.outlines if line.startswith("E     pytest ")]
    asked = len(server.requests)
    project.run(*shlex.split(line)[2:]).assert_outcomes(passed=1)
    assert len(server.requests) == asked + 1
    project.run("--llm-cassettes=only", "-k", "ahead").assert_outcomes(passed=1, failed=2)


def test_tests_that_are_no_trials_are_replayed_and_fail_as_well(project: Project, server: Server) -> None:
    project.write(test_app=PLAIN)
    project.run("--llm-cassettes=reuse").assert_outcomes(passed=3, xfailed=1)
    assert len(server.requests) == 6
    project.run("--llm-cassettes=only").assert_outcomes(passed=3, xfailed=1)
    # whichever test is the first to need the fixture
    project.run("--llm-cassettes=only", "-k", "thrice").assert_outcomes(passed=1)
    project.prompt("You answer for a bank.")
    result = project.run("--llm-cassettes=only")
    result.assert_outcomes(errors=3, failed=1)
    assert "Asked by test_app.py::test_needs_the_fixture_alone" in result.stdout.str()
    assert len(server.requests) == 6


def test_workers_share_the_recordings(project: Project, server: Server) -> None:
    project.write(test_plain=PLAIN)
    project.run("--llm-cassettes=reuse")
    asked = len(server.requests)
    result = project.run("--llm-cassettes=only", "-n", "2")
    result.assert_outcomes(passed=10, xfailed=2)
    assert len(server.requests) == asked
    project.prompt("You answer for a bank.")
    result = project.run("--llm-cassettes=only", "-n", "2")
    assert "passed" not in result.outlines[-1]
    assert result.stdout.str().count("Nearest recording:") <= 3
    assert len(server.requests) == asked


def test_more_repeats_ask_for_the_further_ones_alone(project: Project, server: Server) -> None:
    def ask(repeats: int) -> int:
        before = len(server.requests)
        result = project.run("--llm-cassettes=reuse", f"--llm-repeat={repeats}", "-k", "ahead or inline")
        result.assert_outcomes(passed=6 * repeats)
        return len(server.requests) - before

    assert ask(3) >= 9  # the two tests ask the same, and share what is recorded
    assert ask(3) == 0
    assert 6 <= ask(5) <= 12
    assert ask(5) == 0
    result = project.run("--llm-cassettes=only", "--llm-repeat=6", "-k", "inline and ada and r6")
    text = result.stdout.str()
    assert "recorded for repeats 1 to 5, asked for repeat 6." in text
    assert "pytest 'test_app.py::test_inline[ada-r6]' --llm-cassettes=reuse --llm-repeat=6" in text


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("../elsewhere", "llm_cassette_dir is '../elsewhere', which is no folder below rootdir"),
        ("prompt.txt", "llm_cassette_dir is 'prompt.txt', and '*prompt.txt' is a file. Name a folder."),
    ],
)
def test_an_impossible_folder_is_refused_at_the_start(
    project: Project, server: Server, folder: str, message: str
) -> None:
    result = project.run("--llm-cassettes=reuse", "-o", f"llm_cassette_dir={folder}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}*"])
    assert server.requests == []


def test_an_unknown_mode_is_refused(project: Project, server: Server) -> None:
    result = project.run("-o", "llm_cassettes=on")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: Unknown value 'on' for llm_cassettes.*Known: off, only, refresh, reuse."]
    )


@pytest.mark.parametrize("folder", ["llm-cassettes", "below/tapes"])
def test_no_tests_are_looked_for_among_recordings(empty: Project, folder: str) -> None:
    below = empty.path.joinpath(folder)
    below.mkdir(parents=True)
    below.joinpath("test_it.py").write_text("def test_it():\n    pass\n")
    arguments = ("-o", f"llm_cassette_dir=./{folder}/")
    assert empty.run(*arguments).ret == pytest.ExitCode.NO_TESTS_COLLECTED
    empty.path.joinpath("tapes").mkdir()
    empty.path.joinpath("tapes", "test_it.py").write_text("def test_it():\n    pass\n")
    empty.run(*arguments).assert_outcomes(passed=1)
