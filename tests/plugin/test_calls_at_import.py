"""``--llm-cassettes`` and the calls that a module makes as it is imported, before any test runs."""

from __future__ import annotations

from collections.abc import Iterator

import httpcore2  # noqa: F401 - as in test_openai.py
import openai  # noqa: F401
import pytest

from tests.anthropic_server import Server
from tests.openai_server import serve
from tests.plugin.conftest import Project

ASKING = """
import openai

client = openai.OpenAI(max_retries=0)
try:
    messages = [{"role": "user", "content": "ada@example.com"}]
    reply = client.chat.completions.create(model="gpt-5-mini", messages=messages)
    TONE = reply.choices[0].message.content
except Exception:
    TONE = "none"

def test_tone(llm_run):
    assert TONE == "kind"
"""
REDACTOR = """
import pytest_llmobs

@pytest_llmobs.hookimpl
def pytest_llmobs_redact():
    return [lambda text: text.replace("ada@example.com", "[somebody]")]
"""


@pytest.fixture
def server(project: Project, monkeypatch: pytest.MonkeyPatch, openai_key: None) -> Iterator[Server]:
    """A model's, for two modules that ask it the same; redaction lies beside them, and is loaded after the session."""
    folder = project.pytester.mkpydir("inner")
    folder.joinpath("conftest.py").write_text(REDACTOR)
    for name in ("test_one.py", "test_two.py"):
        folder.joinpath(name).write_text(ASKING)
    with serve("kind") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield server


def test_they_are_recorded_replayed_counted_and_cleaned(project: Project, server: Server) -> None:
    result = project.run("--llm-cassettes=reuse")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["model calls: 1 made and recorded, 1 replayed from llm-cassettes*"])
    [recording] = project.path.glob("llm-cassettes/openai/*/*.json")
    assert "[somebody]" in recording.read_text()
    assert "ada@" not in recording.read_text()
    result = project.run("--llm-cassettes=only", "--llm-experiment")
    result.assert_outcomes(passed=5)
    assert len(server.requests) == 1


def test_one_without_a_recording_fails_its_module_though_that_has_caught_the_error(
    project: Project, server: Server
) -> None:
    result = project.run("--llm-cassettes=only")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "*ERROR collecting inner/test_one.py*",
            "CassetteError: No recording of openai chat.completions: *",
            "Asked by inner/test_one.py",
            "  pytest inner/test_one.py --llm-cassettes=reuse",
        ]
    )
    assert server.requests == []


HOOKS = """
import openai

def ask(text):
    try:
        messages = [{"role": "user", "content": text}]
        openai.OpenAI(max_retries=0).chat.completions.create(model="gpt-5-mini", messages=messages)
    except Exception:
        pass

def pytest_sessionstart():
    ask("Are you there?")

def pytest_sessionfinish():
    ask("Farewell")
"""


def test_hooks_before_and_after_the_tests_ask_as_tests_do(project: Project, server: Server) -> None:
    project.write(conftest=HOOKS)
    for arguments in ((), ("-n1",)):
        result = project.run("--llm-cassettes=only", "test_app.py", *arguments)
        assert result.ret != 0
        assert server.requests == []
    result.stdout.fnmatch_lines(["CassetteError: No recording of openai chat.completions: *"])
    result = project.run("--llm-cassettes=reuse", "test_app.py")
    result.stdout.fnmatch_lines(["model calls: 2 made and recorded, none replayed from llm-cassettes"])
    result = project.run("--llm-cassettes=only", "test_app.py")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["model calls: none made, 2 replayed from llm-cassettes*"])
    assert len(server.requests) == 2
