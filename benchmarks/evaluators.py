"""Evaluators: 10,000 rule-based scores, and 20 judges on 50 trials beside a bare thread pool making the same calls.

``python benchmarks/evaluators.py [--rules | --judges]``. The rules' measure is CPU time in this process. For the
judges both sides run alternately in fresh processes against a loopback model that takes 200 ms, with 32 calls at
once; the clock runs from the first call to the end of the last test, on the bare side to the last answer, and the
ratio is that of the medians. Ends with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model_server import Connection

RULES_BAR = 0.5
JUDGES_BAR = 1.25

REPLY = (
    "Hi Alex, I'm sorry about the double charge. I have refunded the second payment of $49 to your card; it takes "
    "3 to 5 business days to arrive. Your invoice INV-4711 is attached. Reply here if anything is unclear. "
) * 4
REFERENCE = {
    "required_keywords": ["refund", "invoice", ["card", "account"], "business days"],
    "forbidden_phrases": ["as an AI", "guarantee", "cannot help", "policy"],
    "min_length": 80,
    "max_length": 2000,
    "pattern": r"INV-\d{4}",
    "expected": REPLY,
}

APP = """
import os, time
import anthropic
from pytest_llmobs.evaluators import Judge

starts = []
client = anthropic.Anthropic(api_key="none", base_url=os.environ["MODEL_URL"], max_retries=0)

def answer(question):
    starts.append(time.time())
    return "The answer to " + question

judges = [Judge(f"judge_{n}", rubric=f"Rubric number {n}.") for n in range(20)]
"""
SUITE = """
import pytest
from app import answer, judges

@pytest.mark.llm_dataset("golden.jsonl", target=answer, evaluators=judges)
def test_answer(example, llm_run):
    assert all(llm_run.score(judge) == 0.5 for judge in judges)
"""
BARE = """
import json, time
from concurrent.futures import ThreadPoolExecutor
from app import client, judges
from pytest_llmobs.evaluators.judging.model import DEFAULT_MODEL

tool = {"name": "verdict", "input_schema": {"type": "object"}}

def ask(text):
    message = client.messages.create(
        model=DEFAULT_MODEL, max_tokens=1024, tools=[tool], tool_choice={"type": "tool", "name": "verdict"},
        messages=[{"role": "user", "content": text}],
    )
    return message.content[0].input["score"]

questions = [json.loads(line)["inputs"]["question"] for line in open("golden.jsonl")]
calls = [judge.rubric + question for question in questions for judge in judges]
started = time.time()
with ThreadPoolExecutor(32) as pool:
    assert set(pool.map(ask, calls)) == {0.5}
print("SPAN", started, time.time())
"""
CONFTEST = """
import time
import pytest

@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish(nodeid):
    global ended
    ended = time.time()

@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    import app
    with open("span.txt", "w") as file:
        file.write(f"SPAN {min(app.starts)} {ended}")
"""


class Verdicts(Connection):
    """A model that always finds half of the rubric met."""

    def _answer(self, request: dict[str, object]) -> None:
        block = {
            "type": "tool_use",
            "id": "t",
            "name": "verdict",
            "input": {"reason": "It is half met.", "score": 0.5},
        }
        message = {
            "id": "msg_bench",
            "type": "message",
            "role": "assistant",
            "model": request["model"],
            "content": [block],
            "stop_reason": "tool_use",
            "stop_sequence": None,
            "usage": {"input_tokens": 500, "output_tokens": 50},
        }
        body = json.dumps(message).encode()
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        if not self._transport.is_closing():
            self._transport.write(head % len(body) + body)


async def serve(latency: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Verdicts(latency), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rules", action="store_true", help="only the rules")
    parser.add_argument("--judges", action="store_true", help="only the judges")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        asyncio.run(serve(options.serve))
    good = True
    if not options.judges:
        good &= rules()
    if not options.rules:
        good &= judges(options.repetitions)
    return 0 if good else 1


def rules(count: int = 10_000) -> bool:
    from pytest_llmobs.evaluators import bind, builtin
    from pytest_llmobs.evaluators.binding.subject import Subject
    from pytest_llmobs.records.examples import Example
    from pytest_llmobs.records.runs import Run

    now = datetime.now(UTC)
    outputs, example = {"response": REPLY}, Example("e", {"question": "Charged twice"}, REFERENCE)
    run = Run(
        id="r",
        trace_id="r",
        parent_id=None,
        name="app",
        run_type="chain",
        project="p",
        start_time=now,
        end_time=now,
    )
    subject = Subject(run, example, example.inputs, outputs, REFERENCE)
    names = ["required_keywords", "forbidden_phrases", "min_length", "exact_match", "regex_match"]
    bound = [bind(builtin()[name], {}) for name in names]
    total = cpu(lambda: [each.score(subject) for each in bound], count // len(bound))
    for each in bound:
        print(
            f"{each.key:20} {cpu(lambda each=each: each.score(subject), 2000) / 2000 * 1e6:7.1f} µs a score"
        )
    print(f"{count:,} rule-based scores of {len(REPLY)} characters: {total:.3f} s CPU (bar {RULES_BAR})")
    return total <= RULES_BAR


def cpu(work: Any, times: int) -> float:
    work()
    started = time.process_time()
    for _ in range(times):
        work()
    return time.process_time() - started


def judges(repetitions: int) -> bool:
    command = [sys.executable, __file__, "--serve", "0.2"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    environment = {**os.environ, "MODEL_URL": url, "ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "none"}
    environment.pop("CI", None)
    spans: dict[str, list[float]] = {"bare pool": [], "pytest-llmobs": []}
    try:
        with tempfile.TemporaryDirectory() as folder:
            prepare(Path(folder))
            for _ in range(repetitions + 1):  # the first one warms up
                spans["bare pool"].append(bare(folder, environment))
                spans["pytest-llmobs"].append(ours(folder, environment))
    finally:
        server.kill()
        server.wait()
    medians = {name: statistics.median(values[1:]) for name, values in spans.items()}
    ratio = medians["pytest-llmobs"] / medians["bare pool"]
    for name, median in medians.items():
        print(
            f"{name:14} {median:6.2f} s   {median / (1000 * 0.2 / 32):5.2f} x latency * calls / concurrency"
        )
    print(f"20 judges on 50 trials: ratio {ratio:.3f} (bar {JUDGES_BAR})")
    return ratio <= JUDGES_BAR


def prepare(folder: Path) -> None:
    rows = ({"id": f"e{n:03}", "inputs": {"question": f"What is {n}? " * 20}} for n in range(50))
    (folder / "golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    files = {
        "app.py": APP,
        "bare.py": BARE,
        "test_answer.py": SUITE,
        "conftest.py": CONFTEST,
        "pytest.ini": "[pytest]\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)


def bare(folder: str, environment: dict[str, str]) -> float:
    return span(run([sys.executable, "bare.py"], folder, environment))


def ours(folder: str, environment: dict[str, str]) -> float:
    options = ["-q", "--llm-experiment", "--llm-concurrency", "32", "-p", "no:cacheprovider"]
    options += ["-o", "llm_judge_cache=false"]  # or the second session would ask nothing
    run([sys.executable, "-m", "pytest", *options], folder, environment)
    return span(Path(folder, "span.txt").read_text())


def run(command: list[str], folder: str, environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout[-3000:] + done.stderr[-2000:])
    return done.stdout


def span(text: str) -> float:
    _, start, end = text.split()[-3:]
    return float(end) - float(start)


if __name__ == "__main__":
    sys.exit(main())
