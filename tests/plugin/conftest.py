"""A small user's project: an app whose prompt is a file, a dataset, and one test.

Most tests run pytest and ``llmobs`` in this process, which takes a quarter of the time. What needs a process of its own
says so: workers and further sessions have theirs anyway, and much of ``tests/e2e`` is run as users run it.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import pkgutil
import subprocess
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import duckdb
import filelock  # noqa: F401
import genai_prices.data  # noqa: F401
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet  # noqa: F401
import pytest
import tabulate  # noqa: F401
import wcwidth  # noqa: F401
import yaml  # noqa: F401

import pytest_llmobs
from pytest_llmobs.cli import main

APP = """
from pathlib import Path
from pytest_llmobs import traceable

@traceable(run_type="llm")
def complete(system, query):
    return f"{system} You asked: {query}"

def answer(name, query):
    prompt = Path(__file__).with_name("prompt.txt").read_text()
    return complete(prompt.format(name=name), query)
"""

SUITE = """
import pytest
from app import answer

def greets(outputs, inputs):
    return inputs["name"] in outputs["output"]

@pytest.mark.llm_dataset("golden.jsonl", target=answer, evaluators=[greets])
def test_answer(example, llm_run):
    assert "Dear" in llm_run.outputs["output"]
"""

GOOD = "Dear {name}, we read this."
BROKEN = "Hello there."
NAMES = ("Ada", "Grace", "Edsger")
PLUGINS = ("-p", "no:hypothesispytest", "-p", "no:asyncio")
"""They have no part in this, and the first takes a quarter of a second to load; the second is for ``ASYNCIO``."""
ASYNCIO = ("-p", "asyncio", "-o", "asyncio_default_fixture_loop_scope=function")
"""For tests whose suites are asynchronous; without its key, pytest-asyncio warns."""
OTHERS = "-p no:anyio -p no:platformdirs -p no:xdist.looponfail"
"""Of other packages, a tenth of a session's time. In the environment they are in no command that is printed."""


def _import_ours() -> None:
    """Import what a session may need before the first one does.

    pytester forgets what a session in this process has imported, and importing it anew took half of each session.
    """
    for module in pkgutil.walk_packages(pytest_llmobs.__path__, "pytest_llmobs."):
        part = module.name.split(".")[1]
        if part not in ("otel", "server", "spans") and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


_import_ours()


class Project:
    """What a test does to a user's project and sees of it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path

    def write(self, **files: str) -> None:
        self.pytester.makepyfile(**files)

    def prompt(self, text: str) -> None:
        self.path.joinpath("prompt.txt").write_text(text)

    def dataset(self, rows: Iterable[dict[str, Any]], name: str = "golden.jsonl") -> None:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        self.path.joinpath(name).write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in this process; with workers in one of its own, because they inherit the path it began with."""
        if any(argument.startswith("-n") for argument in arguments):
            return self.process(*arguments)
        return self.pytester.runpytest_inprocess(*PLUGINS, *arguments)

    def process(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in a process of its own."""
        return self.pytester.runpytest_subprocess(*PLUGINS, *arguments)

    def llmobs(self, *words: object) -> subprocess.CompletedProcess[str]:
        """Run the command in this process, as ``subprocess.run`` would."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        command = [str(word) for word in words]
        with redirect_stdout(out), redirect_stderr(err):
            try:
                code = main(command)
            except SystemExit as error:  # argparse
                code = int(error.code or 0)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read())
        return subprocess.CompletedProcess(command, code, *texts)

    def experiment(self, *arguments: str) -> pytest.RunResult:
        return self.run("--llm-experiment", *arguments)

    def record(self, *arguments: str) -> pytest.RunResult:
        return self.run("--llm-experiment", "--llm-update-baseline", *arguments)

    @property
    def baselines(self) -> list[Path]:
        return sorted(self.path.joinpath("llm-baselines").glob("*.json"))

    @property
    def summary(self) -> dict[str, Any]:
        """The newest experiment's file."""
        files = self.path.joinpath(".llmobs", "experiments").glob("*.json")
        newest = max(files, key=lambda file: file.stat().st_mtime_ns)
        loaded: dict[str, Any] = json.loads(newest.read_text())
        return loaded


@pytest.fixture
def empty(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A folder without anything in it."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("PYTEST_ADDOPTS", OTHERS)
    return Project(pytester)


@pytest.fixture
def project(empty: Project) -> Project:
    """A project that works."""
    empty.write(app=APP, test_app=SUITE)
    empty.prompt(GOOD)
    empty.dataset(
        {"id": name.lower(), "inputs": {"name": name, "query": f"Where is order {number}?"}}
        for number, name in enumerate(NAMES)
    )
    return empty


@pytest.fixture
def openai_key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let apps make clients of openai."""
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    yield
    # Each session of this process leaves the app's client open; whoever ran when it was collected would be blamed.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.unfreeze()  # an experiment keeps what it made from the collector
        gc.collect()


@pytest.fixture
def parquet() -> Callable[[Project, str], list[tuple[Any, ...]]]:
    """Run SQL over a project's runs, with DuckDB as a user would."""

    def query(project: Project, sql: str) -> list[tuple[Any, ...]]:
        source = f"read_parquet('{project.path}/.llmobs/runs/**/*.parquet', hive_partitioning=true)"
        rows: list[tuple[Any, ...]] = duckdb.sql(sql.replace("RUNS", source)).fetchall()
        return rows

    return query
