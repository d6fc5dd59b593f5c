"""Model calls of threads that outlive a trial: each is the trial's that it was made for, or is told of by name."""

from __future__ import annotations

import gc
import json
import warnings
from collections.abc import Iterator

import httpcore2  # noqa: F401 - as in test_openai.py
import openai  # noqa: F401
import pytest

from tests.anthropic_server import Answer, Request
from tests.openai_server import chat, serve
from tests.plugin.conftest import Project

APP = """
import collections, queue, threading
import openai

client = openai.OpenAI(max_retries=0)

def ask(name):
    reply = client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": name}])
    return reply.choices[0].message.content

known, unknown, more = queue.Queue(), collections.deque(), threading.Semaphore(0)

def serve_queue():
    while (job := known.get()) is not None:
        job[1].append(ask(job[0]))
        job[2].set()

def serve_list():
    while more.acquire() and (job := unknown.popleft()) is not None:
        job[1].append(ask(job[0]))
        job[2].set()

threads = [threading.Thread(target=serve_queue, name="queue"), threading.Thread(target=serve_list, name="batcher")]
for thread in threads: thread.start()

def stop():
    known.put(None)
    unknown.append(None)
    more.release()
    for thread in threads: thread.join()
    client.close()

def answer(name, query):
    job = name, [], threading.Event()
    if query == "by queue":
        known.put(job)
    else:
        unknown.append(job)
        more.release()
    assert job[2].wait(60)
    return job[1][0]
"""
SUITE = """
import pytest
import app

@pytest.fixture(scope="session", autouse=True)
def stopped():
    yield
    app.stop()

@pytest.mark.llm_dataset("golden.jsonl", target=app.answer)
def test_answer(example, llm_run):
    expected = 1 if example.inputs["query"] == "by queue" else 0
    assert len(llm_run.llm_calls) == expected
"""


def _reply(request: Request) -> Answer:
    return chat({"content": "hello"})


@pytest.fixture
def app(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Six examples, four of which a queue's worker answers."""
    rows = []
    for number in range(6):
        query = "by list" if number in (2, 5) else "by queue"
        rows.append({"id": f"e{number}", "inputs": {"name": f"n{number}", "query": query}})
    project.write(app=APP, test_app=SUITE)
    (project.path / "golden.jsonl").write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with serve(_reply) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield project
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.unfreeze()
        gc.collect()


def test_each_call_is_its_trials_or_is_told_of(app: Project) -> None:
    result = app.experiment("-o", "llm_max_calls=100")
    result.assert_outcomes(passed=6)
    told = " ".join(result.stdout.str().split())
    assert "! 2 model calls ran in threads that belong to no trial: 'batcher' (" in told
    assert "(4 calls, " in told
