"""Replaying recorded model replies, with 50,000 of them on disk.

``python benchmarks/replay.py [calls] [nearest] [session]``, all unless some are named. They are recorded first, in
about half a minute; ``--folder PATH`` keeps them for the next time.

calls: 1,000 replays through the real anthropic SDK, traced, beside the same calls answered from memory by a
transport of the SDK's own HTTP library, untraced: CPU beyond the SDK's own; the 99th percentile of finding one.
nearest: the whole time of saying which recording is nearest to a request that has none.
session: 200 trials of a target that calls the SDK, ``--llm-cassettes=only``, the whole process by the clock.

The reference is a loop of ten million additions: bars hold where it takes 0.6 s. Exits with 1 where one is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.records.http_calls import ReceivedReply, SentRequest
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.recorder import Mode, Recorder
from pytest_llmobs.reports.misses import telling
from pytest_llmobs.tracing.redaction.pipeline import Redaction

RECORDINGS, CALLS, MISSES, TRIALS = 50_000, 1_000, 20, 200
CPU_BAR, TAKE_BAR, NEAREST_BAR, SESSION_BAR = 1.5, 0.001, 0.2, 4.0
"""Seconds."""
REFERENCE = 0.6
MODEL = "claude-haiku-4-5"
SYSTEM = "You answer customers of a shop. " * 60
"""About 2 KB."""
WORDS = [
    f"{first}{second}"
    for first in ("or", "de", "pa", "re", "li", "mo")
    for second in ("der", "lay", "ck", "turn")
]

missed: list[str] = []


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
    parser.add_argument("--folder", type=Path, help="keep the recordings here")
    options = parser.parse_args()
    reference = reference_time()
    slower = max(1.0, reference / REFERENCE)
    print(f"reference: {reference:.2f} s; bars of time are {slower:.1f} × as long here")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary, "llm-cassettes")
        if not folder.is_dir():
            record(folder)
        for part in options.parts or PARTS:
            PARTS[part](folder, slower)
    for what in missed:
        print(f"MISSED: {what}")
    return int(bool(missed))


def reference_time() -> float:
    start = time.process_time()
    total = 0
    for _ in range(10_000_000):
        total += 1  # noqa: SIM113 - the addition is what is timed
    return time.process_time() - start


def question(number: int) -> str:
    chance = random.Random(number)
    return f"{number}: " + " ".join(chance.choices(WORDS, k=12))


def body_of(text: str, system: str = SYSTEM) -> dict[str, Any]:
    return {
        "model": MODEL,
        "max_tokens": 300,
        "system": system,
        "messages": [{"role": "user", "content": text}],
    }


@cache
def sdk_headers() -> dict[str, str]:
    """Return the headers that the SDK sends: some decide which recording is meant."""
    client, sent = client_from_memory()
    client.messages.create(**body_of("?"))
    return dict(sent[0].headers)


def request_of(text: str, system: str = SYSTEM) -> SentRequest:
    return SentRequest(
        provider="anthropic",
        operation="messages",
        method="POST",
        url="https://api.anthropic.com/v1/messages",
        headers=sdk_headers(),
        content=json.dumps(body_of(text, system)).encode(),
    )


def answer_of(text: str) -> bytes:
    answer = f"About {text}: " + "it is on its way, and will be with you soon. " * 20
    usage = {"input_tokens": 500, "output_tokens": 200}
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "stop_reason": "end_turn",
    }
    return json.dumps({**message, "usage": usage, "content": [{"type": "text", "text": answer}]}).encode()


def recorder(folder: Path, mode: Mode) -> Recorder:
    return Recorder(CassetteFolder(folder), mode, Redaction(), tell=telling(Path.cwd()))


def record(folder: Path) -> None:
    recording = recorder(folder, "refresh")
    start = time.process_time()
    for number in range(RECORDINGS):
        text = question(number)
        headers = {"content-type": "application/json"}
        reply = ReceivedReply(status=200, headers=headers, content=answer_of(text))
        recording.take(request_of(text), None).keep(reply)
    seconds = time.process_time() - start
    size = sum(file.stat().st_size for file in folder.rglob("*.json"))
    print(
        f"recorded {RECORDINGS:,}: {seconds / RECORDINGS * 1e6:.0f} µs of CPU each, "
        f"{size / RECORDINGS:.0f} B each over replies of {len(answer_of(question(0)))} B"
    )


def calls(folder: Path, slower: float) -> None:
    """Print what 1,000 replays take beyond the SDK, and how long one is looked for."""
    replaying = recorder(folder, "only")
    taken = []
    for number in random.Random(1).sample(range(RECORDINGS), CALLS):
        request = request_of(question(number))
        start = time.perf_counter()
        replaying.take(request, None)
        taken.append(time.perf_counter() - start)
    taken.sort()
    print(f"finding and reading one: median {taken[CALLS // 2] * 1e6:.0f} µs, 99th percentile ", end="")
    judge("the 99th percentile of one replay", taken[CALLS * 99 // 100], TAKE_BAR * slower)
    beyond = sdk_calls(folder)
    print(f"{CALLS:,} replays beyond the SDK's own cost: ", end="")
    judge(f"{CALLS:,} replays", beyond, CPU_BAR * slower)


def sdk_calls(folder: Path) -> float:
    """Return the CPU seconds of 1,000 traced replays through the SDK beyond those of 1,000 answers from memory."""
    from pytest_llmobs.providers.anthropic import Anthropic
    from pytest_llmobs.providers.imports import instrument_on_import, uninstrument
    from pytest_llmobs.tracing.active import install, uninstall
    from pytest_llmobs.tracing.run_tree import start_root
    from pytest_llmobs.tracing.tracer import Tracer

    client, _ = client_from_memory()

    def ask(first: int) -> None:
        for number in range(first, first + CALLS):
            client.messages.create(**body_of(question(number)))

    ask(0)  # the first calls make classes
    own = cpu(lambda: ask(CALLS))
    instrument_on_import([Anthropic()])
    tracer = Tracer(project="benchmark", sink=None)
    tracer.recordings = recorder(folder, "only")
    install(tracer)
    root = start_root(tracer, "trial", collect=True)
    with root.activate():
        ask(0)
        replayed = cpu(lambda: ask(CALLS))
    uninstall()
    uninstrument()
    print(f"the SDK by itself {own / CALLS * 1e6:.0f} µs a call, replayed {replayed / CALLS * 1e6:.0f}")
    return replayed - own


def client_from_memory() -> tuple[Any, list[Any]]:
    """Return an SDK's client that is answered from memory, and the list of requests that it sends."""
    import anthropic
    import httpx2

    sent: list[Any] = []

    def answer(request: Any) -> Any:
        sent.append(request)
        text = json.loads(request.content)["messages"][0]["content"]
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=answer_of(text))

    http_client = httpx2.Client(transport=httpx2.MockTransport(answer))
    return anthropic.Anthropic(api_key="none", http_client=http_client), sent


def nearest(folder: Path, slower: float) -> None:
    """Print how long it takes to say which recording is nearest: in each session the first looks at the folder."""
    taken = []
    for number in range(MISSES):
        asking = recorder(folder, "only")
        request = request_of(question(number), SYSTEM.replace("shop", "bank", 1))
        start = time.perf_counter()
        with suppress(CassetteError):
            asking.take(request, None)
        taken.append(time.perf_counter() - start)
    taken.sort()
    print(
        f"a miss, nearest of {RECORDINGS:,} and the difference: median {taken[MISSES // 2] * 1e3:.0f} ms, worst ",
        end="",
    )
    judge("the nearest recording", taken[-1], NEAREST_BAR * slower)


SUITE = """
import anthropic, pytest

client = anthropic.Anthropic(api_key="none")

def answer(question):
    body = {body}
    reply = client.messages.create(**body | {{"messages": [{{"role": "user", "content": question}}]}})
    return reply.content[0].text

@pytest.mark.llm_dataset("golden.jsonl", target=answer)
def test_answer(example, llm_run):
    assert "on its way" in llm_run.outputs["output"]
"""


def session(folder: Path, slower: float) -> None:
    """Print how long 200 trials take with nothing but recordings."""
    with tempfile.TemporaryDirectory() as temporary:
        project = Path(temporary)
        rows = [json.dumps({"inputs": {"question": question(number)}}) for number in range(TRIALS)]
        project.joinpath("golden.jsonl").write_text("\n".join(rows))
        project.joinpath("test_answers.py").write_text(SUITE.format(body=body_of("")))
        project.joinpath("pytest.ini").write_text("[pytest]\n")
        project.joinpath("llm-cassettes").symlink_to(folder.resolve())
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--llm-experiment"]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        walls = []
        for _ in range(3):
            start = time.perf_counter()
            done = subprocess.run(
                [*command, "--llm-cassettes=only"],
                cwd=project,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            walls.append(time.perf_counter() - start)
            if f"{TRIALS} passed" not in done.stdout:
                print(done.stdout[-3000:], done.stderr[-2000:])
                missed.append(f"{TRIALS} trials did not pass")
                return
    walls.sort()
    print(f"{TRIALS} trials, the whole process: best {walls[0]:.2f} s, median ", end="")
    judge(f"{TRIALS} trials", walls[1], SESSION_BAR * slower)


def cpu(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def judge(what: str, seconds: float, bar: float) -> None:
    holds = seconds <= bar
    print(f"{seconds:.4f} s (bar {bar:.4f}){'' if holds else ' MISSED'}", flush=True)
    if not holds:
        missed.append(f"{what}: {seconds:.4f} s instead of {bar:.4f}")


PARTS: dict[str, Callable[[Path, float], None]] = {"calls": calls, "nearest": nearest, "session": session}


if __name__ == "__main__":
    sys.exit(main())
