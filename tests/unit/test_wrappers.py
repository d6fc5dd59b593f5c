"""Names that scripts written for LangSmith import."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_llmobs
from pytest_llmobs import schemas
from pytest_llmobs.errors import NotSupported
from pytest_llmobs.tracing import active
from pytest_llmobs.wrappers import wrap_anthropic, wrap_openai
from tests.anthropic_server import serve

APP = """
import anthropic
from pytest_llmobs import Client
from pytest_llmobs.wrappers import wrap_anthropic

client = wrap_anthropic(anthropic.Anthropic(), chat_name="Claude")
client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=[{"role": "user", "content": "Hello?"}])
(run,) = Client().list_runs(run_type="llm")
print(run.name, run.total_tokens)
"""


def test_a_client_is_returned_as_it_is() -> None:
    client = object()
    try:
        assert wrap_openai(client, chat_name="x") is client
        assert wrap_anthropic(client) is client
    finally:
        active.set_host(None)


def test_what_would_be_lost_is_refused() -> None:
    with pytest.raises(NotSupported, match="tracing_context"):
        wrap_openai(object(), tracing_extra={"tags": ["a"]})


def test_the_calls_of_a_wrapped_client_are_logged(tmp_path: Path) -> None:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LLMOBS")}
    with serve("Fine.") as server:
        done = subprocess.run(
            [sys.executable, "-c", APP],
            cwd=tmp_path,
            env={
                **kept,
                "ANTHROPIC_API_KEY": "k",
                "ANTHROPIC_BASE_URL": server.url,
                "LLMOBS_TRACING": "true",
            },
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.split()[0] == "anthropic.messages"


def test_the_records_have_langsmiths_module() -> None:
    assert (schemas.Run, schemas.Example) == (pytest_llmobs.Run, pytest_llmobs.Example)
    assert (schemas.Dataset, schemas.Feedback) == (pytest_llmobs.Dataset, pytest_llmobs.Feedback)
    assert schemas.TracerSession is schemas.Project


def test_examples_to_be_made_or_changed_are_dicts_of_langsmiths_names() -> None:
    assert schemas.ExampleCreate(inputs={"q": "a"}, split="hard") == {"inputs": {"q": "a"}, "split": "hard"}
    assert schemas.ExampleUpdate(id="a", outputs={}) == {"id": "a", "outputs": {}}
    assert schemas.DataType.kv == "kv"
