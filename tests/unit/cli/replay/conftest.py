"""Stored runs of an app that asks models, made by the real SDKs against servers on loopback."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_llmobs.extensions import Extensions, standalone_manager
from pytest_llmobs.prompts.committing import commit
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.recognition import Recognition
from pytest_llmobs.providers.imports import instrument_on_import, uninstrument
from pytest_llmobs.records.runs import Run
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.tracer import Tracer
from tests import anthropic_server, openai_server
from tests.unit.cli.conftest import llmobs  # noqa: F401 - a fixture

APP = """
import anthropic
import openai
from pytest_llmobs import Client, trace, traceable


@traceable
def answer(question, tier="pro"):
    return ask(question, system=Client().pull_prompt("support").format(customer_name="Ada", tier=tier))


def ask(question, **more):
    messages = [{"role": "user", "content": question}]
    reply = anthropic.Anthropic().messages.create(
        model="claude-sonnet-4-6", max_tokens=100, messages=messages, **more
    )
    return reply.content[0].text


def stream(question):
    with anthropic.Anthropic().messages.stream(
        model="claude-sonnet-4-6", max_tokens=100, messages=[{"role": "user", "content": question}]
    ) as replies:
        return replies.get_final_text()


def chat(question):
    messages = [{"role": "system", "content": "Be nice."}, {"role": "user", "content": question}]
    return openai.OpenAI().chat.completions.create(model="gpt-4o", temperature=1, messages=messages)


@traceable
async def twice(*questions, tone="kind"):
    return [ask(question) for question in questions]


@traceable
def both(question):
    return ask(question) + chat(question).choices[0].message.content


@traceable
def remembered(question):
    return "As before." if "again" in question else ask(question)


@traceable
def careful(question):
    try:
        return answer(question)
    except Exception:
        return "Sorry."


class Agent:
    @traceable
    def reply(self, question):
        return ask(question)


@traceable(process_inputs=lambda inputs: {})
def private(question):
    return ask(question)


def block(question):
    with trace("block", inputs={"question": question}):
        return ask(question)
"""
FIRST = "You are the support agent of Acme.\nGreet {customer_name}, who has the {tier} plan."
BRIEF = FIRST.replace("Greet", "Be brief. Greet")
GERMAN = FIRST.replace("{customer_name}", "{customer_name} in {language}")


@dataclass
class Workplace:
    """A folder with an app, its prompts and its stored runs."""

    folder: Path
    app: ModuleType
    anthropic: anthropic_server.Server
    openai: openai_server.Server
    hashes: dict[str, str]
    """Of the prompt's commits: ``first``, ``brief``, ``german``."""

    @property
    def store(self) -> Store:
        """Opened anew: it sees what the command has written."""
        return Store(self.folder / ".llmobs")

    def stored(self, call: Callable[[], Any], project: str = "production") -> list[Run]:
        """Return the runs that a call leaves behind, in the order they started."""
        with self.traced(project):
            call()
        return list(self.store.runs(project))

    @contextmanager
    def traced(self, project: str) -> Iterator[Tracer]:
        spool = self.store.spool("session")
        tracer = Tracer(project=project, sink=spool)
        tracer.know_prompts(Recognition(self.folder / "prompts"))
        install(tracer)
        instrument_on_import(Extensions(standalone_manager()).providers)
        try:
            yield tracer
        finally:
            uninstrument()
            uninstall()
            spool.close()

    def replays(self, of: Run) -> list[Run]:
        """Return the runs that repeat one, in the order they started."""
        return [run for run in self.store.runs("replays") if run.columns.get("replay_of") == of.id]


@pytest.fixture
def replies() -> list[str]:
    """What the model says, one reply a request, the last one again and again."""
    return ["Dear Ada, it was paid twice and we are sorry.", "Dear Ada, we refunded it at once."]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replies: list[str]) -> Iterator[Workplace]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").touch()
    folder = PromptFolder(tmp_path / "prompts")
    folder.folder.mkdir()
    hashes: dict[str, str] = {}
    for name, text in (("german", GERMAN), ("brief", BRIEF), ("first", FIRST)):
        (folder.folder / "support.md").write_text(text)
        hashes[name] = commit(folder, "support").commit_hash
    app = ModuleType("replayed_app")
    monkeypatch.setitem(sys.modules, app.__name__, app)
    exec(compile(APP, "replayed_app.py", "exec"), app.__dict__)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    monkeypatch.setenv("OPENAI_API_KEY", "test-key")
    with anthropic_server.serve(list(replies)) as claude, openai_server.serve(list(replies)) as gpt:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", claude.url)
        monkeypatch.setenv("OPENAI_BASE_URL", gpt.url)
        yield Workplace(tmp_path, app, claude, gpt, hashes)
