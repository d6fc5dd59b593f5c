"""The main job on the real anthropic SDK against a server on loopback: from an empty folder to red and back."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from tests.anthropic_server import Answer, Request, Server, serve, text, tool_use
from tests.e2e.conftest import plain_environment
from tests.e2e.warm import programs

APP = """
import anthropic

client = anthropic.Anthropic()
PROMPT = open(__file__.replace("support_bot.py", "prompt.txt")).read()

def support_agent(customer_name, query):
    message = client.messages.create(
        model="claude-haiku-4-5",
        max_tokens=300,
        system=PROMPT.replace("{customer_name}", customer_name),
        messages=[{"role": "user", "content": query}],
    )
    return message.content[0].text
"""

SUITE = """
import pytest
from pytest_llmobs.evaluators import Judge, forbidden_phrases, required_keywords
from support_bot import support_agent

tone = Judge("tone_quality", rubric="Does the reply match the expected tone and solve the query?")

@pytest.mark.llm_dataset("support_golden.jsonl", target=support_agent,
                         evaluators=[forbidden_phrases, required_keywords, tone])
def test_support_agent(example, llm_run):
    assert llm_run.score(forbidden_phrases) == 1.0
    assert llm_run.score(tone) >= 0.7
    assert llm_run.latency < 10
"""

QUERIES = {
    "double-charge": ("Ada", "charged twice"),
    "csv-export": ("Grace", "CSV?"),
    "add-seats": ("Zoë", "seats"),
}
GOOD = "You help {customer_name}. Be kind."
BROKEN = "You help {customer}. Be kind."


def reply(request: Request) -> Answer:
    """Answer as the support agent, or as the judge where its forced tool is asked for."""
    body = request.body
    if body.get("tools"):
        kind = "Dear" in json.dumps(body["messages"], ensure_ascii=False)
        return tool_use(body["tools"][0]["name"], verdict(body["tools"][0], kind))
    name = body["system"].removeprefix("You help ").partition(".")[0]
    usage = {
        "input_tokens": 40,
        "output_tokens": 12,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 0,
    }
    return text(f"Dear {name}, done." if "{" not in name else "Whatever.", usage=usage)


def verdict(tool: dict[str, object], kind: bool) -> dict[str, object]:
    """Fill in the judge's own schema: a reason, and its score at the top or bottom of what the schema allows."""
    filled: dict[str, object] = {}
    for key, schema in tool["input_schema"]["properties"].items():  # type: ignore[index]
        if "enum" in schema:
            filled[key] = schema["enum"][-1 if kind else 0]
        elif schema.get("type") == "boolean":
            filled[key] = kind
        elif schema.get("type") in ("number", "integer"):
            filled[key] = schema.get("maximum", 1) if kind else schema.get("minimum", 0)
        else:
            filled[key] = "It is kind." if kind else "It ignores the customer."
    return filled


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(reply) as running:
        yield running


class Folder:
    """A user's folder, with the server's address in the environment."""

    def __init__(self, path: Path, server: Server) -> None:
        self.path = path
        self.server = server
        self.environment = {
            **plain_environment(),
            "ANTHROPIC_API_KEY": "sk-ant-api03-test-key-that-must-not-leak-0123456789abcdefghij",
            "ANTHROPIC_BASE_URL": server.url,
            "COLUMNS": "100",
        }
        rows = (
            {
                "id": key,
                "inputs": {"customer_name": name, "query": query},
                "outputs": {"required_keywords": [name], "forbidden_phrases": ["Whatever"]},
            }
            for key, (name, query) in QUERIES.items()
        )
        path.joinpath("support_golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        path.joinpath("support_bot.py").write_text(APP)
        path.joinpath("test_support.py").write_text(SUITE)
        self.prompt(GOOD)

    def prompt(self, text: str) -> None:
        self.path.joinpath("prompt.txt").write_text(text)

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [programs() / "pytest", *arguments],
            cwd=self.path,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def sql(self, query: str) -> list[tuple[object, ...]]:
        runs = f"read_parquet('{self.path}/.llmobs/runs/**/*.parquet', hive_partitioning=true)"
        rows: list[tuple[object, ...]] = duckdb.sql(query.replace("RUNS", runs)).fetchall()
        return rows


@pytest.fixture
def folder(tmp_path: Path, server: Server) -> Folder:
    return Folder(tmp_path, server)


class Job(NamedTuple):
    """A folder with a baseline and a green experiment named ``alone``."""

    folder: Folder
    recorded: str
    """What recording printed."""


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Job:
    folder = Folder(tmp_path_factory.mktemp("job"), server)
    recorded = folder.pytest("--llm-experiment", "--llm-update-baseline")
    assert recorded.returncode == 0, recorded.stdout
    alone = folder.pytest("--llm-experiment", "--llm-name", "alone")
    assert alone.returncode == 0, alone.stdout
    return Job(folder, recorded.stdout)


def test_record_break_go_red_restore_go_green(job: Job) -> None:
    folder = job.folder
    assert "15 passed" in job.recorded
    assert "commit this" in job.recorded

    folder.prompt(BROKEN)
    verdicts = []
    for name, workers in (("broken", ()), ("stealing", ("-n2", "--dist", "worksteal"))):
        red = folder.pytest("--llm-experiment", "--llm-name", name, *workers)
        assert red.returncode == 1, red.stdout
        assert "3 failed" in red.stdout
        assert "tone_quality" in red.stdout
        assert all(key in red.stdout for key in QUERIES)
        assert "- You help ⟨customer_name⟩. Be kind." in red.stdout
        assert "+ You help {customer}. Be kind." in red.stdout
        assert "--llm-experiment --llm-update-baseline" in red.stdout
        verdicts.append([line for line in red.stdout.splitlines() if re.search("REGRESSED|RED:", line)])
    assert verdicts[0] == verdicts[1]
    broken, stealing = stored_trials(folder, "broken"), stored_trials(folder, "stealing")
    assert len(broken) >= 3
    assert broken == stealing

    folder.prompt(GOOD)
    green = folder.pytest("--llm-experiment")
    assert green.returncode == 0, green.stdout
    assert "3 passed" in green.stdout
    assert len(stored_trials(folder, "alone")) == 3


def stored_trials(folder: Folder, experiment: str) -> list[tuple[object, ...]]:
    """Return what an experiment has stored of each trial."""
    return folder.sql(
        f"""select name, example_id, scores, trial_status from RUNS
            where project = '{experiment}' and attempt = 'consumed' order by all"""
    )


def test_tokens_and_cost_can_be_queried_by_model_with_judges_apart(job: Job) -> None:
    rows = job.folder.sql(
        """select r.model, count(*), sum(r.input_tokens), sum(r.cache_read_tokens), sum(r.output_tokens),
                  sum(r.total_cost) > 0, any_value(r.request_id) is not null, any_value(r.stop_reason)
           from RUNS r join RUNS root on r.trace_id = root.id
           where r.run_type = 'llm' and root.evaluates is null and r.project = 'alone' group by 1"""
    )
    assert rows == [("claude-haiku-4-5", 3, 420, 300, 36, True, True, "end_turn")]
    judges = job.folder.sql("select count(*) from RUNS where evaluates is not null and project = 'alone'")
    assert judges == [(3,)]


def test_the_api_key_is_in_no_file(job: Job) -> None:
    files = [
        path for path in job.folder.path.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    assert any(path.suffix == ".parquet" for path in files)
    assert any("llm-baselines" in path.parts for path in files)
    assert not [path for path in files if b"must-not-leak" in path.read_bytes()]


# The 50th test waits for the signal: Python handles a signal between any two instructions, and at some of them
# (1 Ctrl-C of 60 among trivial tests, measured) pytest fails to print where it was and exits with 1.
STOPPED_SUITE = """
import os
import signal
from pathlib import Path
import pytest
from support_bot import support_agent

finished = Path("finished.txt")

@pytest.mark.llm_dataset("support_golden.jsonl", target=support_agent)
def test_support_agent(example, llm_run):
    with finished.open("a") as file:
        file.write(llm_run.id + "\\n")
    if finished.read_text().count("\\n") == 50:
        os.write(int(os.environ["WAITING"]), b"!")
        signal.pause()
"""


def stopped_in_the_middle(folder: Folder, by: signal.Signals) -> tuple[int, set[str]]:
    """Run 200 trials, send a signal in the 50th; return the exit status and the ids of finished runs."""
    rows = ({"id": f"e{n:03}", "inputs": {"customer_name": f"N{n}", "query": "?"}} for n in range(200))
    folder.path.joinpath("support_golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    folder.path.joinpath("test_support.py").write_text(STOPPED_SUITE)
    finished = folder.path / "finished.txt"
    waiting, told = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "--llm-experiment", "-p", "no:cacheprovider"],
        cwd=folder.path,
        env={**folder.environment, "WAITING": str(told)},
        stdout=subprocess.DEVNULL,
        pass_fds=[told],
    )
    os.close(told)
    try:
        with os.fdopen(waiting, "rb", buffering=0) as pipe:
            assert select.select([pipe], [], [], 60)[0]
            assert pipe.read(1) == b"!", "the session ended before it could be stopped"
        process.send_signal(by)
        status = process.wait(60)
    finally:
        process.kill()
        process.wait()
    ids = {line for line in finished.read_text().split("\n") if len(line) == 36}
    assert len(ids) == 50
    return status, ids


def test_what_had_finished_before_a_kill_is_there_afterwards(folder: Folder) -> None:
    _, ids = stopped_in_the_middle(folder, signal.SIGKILL)
    assert not list(folder.path.glob(".llmobs/runs/**/*.parquet"))
    shown = subprocess.run(
        [sys.executable, "-m", "pytest_llmobs.cli", "show", sorted(ids)[0]],
        cwd=folder.path,
        env=folder.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    stored = {row[0] for row in folder.sql("select id from RUNS where parent_id is null")}
    assert ids <= stored


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_keeps_what_ran_and_calls_it_interrupted(folder: Folder) -> None:
    status, ids = stopped_in_the_middle(folder, signal.SIGINT)
    assert status == pytest.ExitCode.INTERRUPTED
    stored = {row[0] for row in folder.sql("select id from RUNS where parent_id is null")}
    assert ids <= stored
    summaries = list(folder.path.glob(".llmobs/experiments/*.json"))
    assert len(summaries) == 1
    assert json.loads(summaries[0].read_text())["interrupted"] is True
