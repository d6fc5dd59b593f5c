"""The same decorators in a running app: on by the environment, off at next to no cost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb

from tests.anthropic_server import serve

APP = """
import os
import sys
import anthropic
from pytest_llmobs import traceable

client = anthropic.Anthropic()

@traceable
def answer(question):
    message = client.messages.create(
        model="claude-haiku-4-5", max_tokens=10, messages=[{"role": "user", "content": question}]
    )
    return message.content[0].text

for number in range(3):
    answer(f"Question {number}?")
os.chdir("..")  # as daemons do: the store stays where it was
print(sorted(name for name in sys.modules if name in ("pytest", "_pytest", "pyarrow")))
"""


WITHOUT_A_MODEL = "from pytest_llmobs import trace\nwith trace('answer'):\n    pass\n"


def run(folder: Path, url: str, script: str = APP, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LLMOBS")}
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**kept, "ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url, **environment},
        capture_output=True,
        text=True,
        check=True,
    )


def test_the_environment_turns_tracing_on_and_the_exit_seals(tmp_path: Path) -> None:
    with serve("Fine.") as server:
        done = run(tmp_path, server.url, LLMOBS_TRACING="true", LLMOBS_PROJECT="production")
    assert done.stdout.strip() == "[]"  # neither pytest nor, before the first sealing, pyarrow
    runs = f"read_parquet('{tmp_path}/.llmobs/runs/**/*.parquet', hive_partitioning=true)"
    rows = duckdb.sql(f"select project, name, run_type, model from {runs} order by start_time").fetchall()
    assert (
        rows
        == [
            ("production", "answer", "chain", None),
            ("production", "anthropic.messages", "llm", "claude-haiku-4-5"),
        ]
        * 3
    )


def test_without_the_environment_nothing_is_written(tmp_path: Path) -> None:
    with serve("Fine.") as server:
        run(tmp_path, server.url)
    assert list(tmp_path.iterdir()) == []


def test_a_store_of_its_own(tmp_path: Path) -> None:
    variables = {"LLMOBS_TRACING": "true", "LLMOBS_STORE": str(tmp_path / "elsewhere")}
    run(tmp_path, "", WITHOUT_A_MODEL, **variables)
    assert list((tmp_path / "elsewhere" / "runs").glob("**/*.parquet"))
    assert [path.name for path in tmp_path.iterdir()] == ["elsewhere"]
