"""200 trials against a model that takes 200 ms: the plugin beside a bare thread pool making the same SDK calls.

``python benchmarks/concurrency.py``: in one process, then with two xdist workers beside two pools that share the
threads. Both sides run alternately in fresh processes; the ratio is that of the medians. The clock runs from the first
target's start to the last test's end, on the bare side from the first call to the last answer. Exits with 1 where the
ratio is above its bar.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
BAR = 1.25

APP = """
import os, threading, time
import anthropic

client = anthropic.Anthropic(api_key="none", base_url=os.environ["MODEL_URL"], max_retries=0)
starts = []

def answer(question):
    starts.append(time.time())
    message = client.messages.create(
        model="claude-haiku-4-5", max_tokens=256, messages=[{"role": "user", "content": question}]
    )
    return message.content[0].text
"""

BARE = """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
import app

questions = [json.loads(line)["inputs"]["question"] for line in open("golden.jsonl")]
share, of, threads = map(int, sys.argv[1:])
with ThreadPoolExecutor(threads) as pool:
    assert all("answer" in text for text in pool.map(app.answer, questions[share::of]))
print("SPAN", min(app.starts), time.time())
"""

SUITE = """
import pytest
from app import answer

@pytest.mark.llm_dataset("golden.jsonl", target=answer)
def test_answer(example, llm_run):
    assert "answer" in llm_run.outputs["output"]
"""

CONFTEST = """
import time
import pytest

@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    import app
    if app.starts:
        with open("spans.txt", "a") as file:
            file.write(f"SPAN {min(app.starts)} {session.ended}\\n")

@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish(nodeid):
    SESSION.ended = time.time()

def pytest_sessionstart(session):
    global SESSION
    SESSION = session
"""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds")
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument(
        "--workers",
        type=int,
        nargs="*",
        default=(0, 2),
        help="xdist workers, 0 for none; the bare side runs as many pools",
    )
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    server = subprocess.Popen(
        [sys.executable, str(HERE / "model_server.py"), str(options.latency)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    environment = {**os.environ, "MODEL_URL": f"http://127.0.0.1:{server.stdout.readline().strip()}"}
    environment.pop("CI", None)
    try:
        with tempfile.TemporaryDirectory() as folder:
            prepare(Path(folder), options.trials)
            held = [compare(folder, environment, workers, options) for workers in options.workers]
    finally:
        server.kill()
        server.wait()
    return 0 if all(held) else 1


def compare(folder: str, environment: dict[str, str], workers: int, options: argparse.Namespace) -> bool:
    """Print how the two sides compare; return whether the bar holds."""
    spans: dict[str, list[float]] = {"bare pool": [], "pytest-llmobs": []}
    for _ in range(options.repetitions + 1):
        spans["bare pool"].append(bare(folder, environment, workers, options.concurrency))
        spans["pytest-llmobs"].append(ours(folder, environment, workers, options.concurrency))
    medians = {
        name: statistics.median(values[1:]) for name, values in spans.items()
    }  # the first one warms up
    ratio = medians["pytest-llmobs"] / medians["bare pool"]
    ideal = options.trials * options.latency / options.concurrency
    print(f"{workers} workers" if workers else "one process")
    for name, median in medians.items():
        print(f"{name:14} {median:6.2f} s   {median / ideal:5.2f} x latency * trials / concurrency")
    print(f"ratio {ratio:.3f} (bar {BAR})")
    return ratio <= BAR


def prepare(folder: Path, trials: int) -> None:
    rows = ({"id": f"e{n:03}", "inputs": {"question": f"What is {n}? " * 20}} for n in range(trials))
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


def bare(folder: str, environment: dict[str, str], workers: int, concurrency: int) -> float:
    pools = workers or 1
    commands = [
        [sys.executable, "bare.py", str(share), str(pools), str(concurrency // pools)]
        for share in range(pools)
    ]
    running = [
        subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
        for command in commands
    ]
    return span("".join(process.communicate()[0] for process in running))


def ours(folder: str, environment: dict[str, str], workers: int, concurrency: int) -> float:
    Path(folder, "spans.txt").unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "--llm-experiment", "-p", "no:cacheprovider"]
    command += ["--llm-concurrency", str(concurrency)]
    command += ["-n", str(workers)] if workers else []
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout[-3000:] + done.stderr[-2000:])
    return span(Path(folder, "spans.txt").read_text())


def span(text: str) -> float:
    times = [line.split()[1:] for line in text.splitlines() if line.startswith("SPAN")]
    return max(float(end) for _, end in times) - min(float(start) for start, _ in times)


if __name__ == "__main__":
    sys.exit(main())
