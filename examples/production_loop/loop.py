"""The whole loop in one command: production, feedback, review, examples, a red build, the fix, a green build.

``python loop.py`` works in a temporary copy of this folder; ``python loop.py FOLDER`` keeps that copy.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import customers
from bookshop import UNSURE

from pytest_llmobs import Client

HERE = Path(__file__).parent
QUEUE, DATASET = "doubtful", "bookshop"
PRODUCTION = {
    "LLMOBS_TRACING": "true",
    "LLMOBS_PROJECT": "production",
    "LLMOBS_SAMPLE_RATE": "0.5",
    "LLMOBS_REDACT": "pii",
}
MISTAKE = "- return, send back: You can return a book within 14 days.\n"
FIX = f"- return, send back: {customers.RETURNS}\n- gift card: {customers.GIFT_CARDS}\n"


def main() -> None:
    """Go once around the loop."""
    if len(sys.argv) > 1:
        go_round(Path(sys.argv[1]).absolute())
        return
    with tempfile.TemporaryDirectory() as folder:
        go_round(Path(folder) / "production_loop")


def go_round(folder: Path) -> None:
    """Copy the example into a folder that isn't there yet, and do everything there."""
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns(".llmobs", "__pycache__"))
    os.chdir(folder)
    say("Four workers answer customers; half of the traces is kept, without personal data.")
    with service() as url:
        asked = customers.ask_and_rate(url)
    stored = [run.inputs["question"] for run in Client().list_runs(project_name="production", is_root=True)]
    print(f"{asked} questions asked, {len(stored)} runs stored, such as:\n  {min(stored)}")

    say("What customers disliked, and what the agent wasn't sure of, waits for a person already.")
    llmobs("review")
    say("The next day somebody calls about an answer: late feedback is found by the same rules.")
    Client().create_feedback(a_praised_run(), "user_rating", score=False, comment="Called: it is wrong.")
    llmobs("review", "route", "--since", "1d")

    say("Two people review, each at the keys; half of the items is seen by both.")
    for reviewer in ("ada", "ben"):
        os.environ["LLMOBS_REVIEWER"] = reviewer  # for the client, which is asked what waits for whom
        llmobs("review", QUEUE, "--reviewer", reviewer, keys=review_keys())
    llmobs("review", "agreement", QUEUE)

    say("What they agree on becomes examples of the committed dataset.")
    llmobs("curate", "--from-queue", QUEUE, "--dataset", DATASET, "--no-embed", "--yes")

    say("The next build tests what production has taught, and is red.")
    pytest("--llm-experiment", expected=1)
    say("Somebody corrects the prompt, and the build is green.")
    prompt = folder / "prompts" / "bookshop.md"
    prompt.write_text(prompt.read_text().replace(MISTAKE, FIX))
    print(f"  - {MISTAKE}  + " + "  + ".join(FIX.splitlines(keepends=True)), end="")
    pytest("--llm-experiment", expected=0)


@contextmanager
def service():
    """Serve the app by four workers; yields its address. SIGTERM ends them, and each seals what it has traced."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--workers", "4"]
    process = subprocess.Popen(
        [*command, "--log-level", "error", "--no-access-log"], env={**os.environ, **PRODUCTION}
    )
    try:
        while process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=60).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def a_praised_run() -> str:
    """Return a run that its customer liked."""
    liked = 'and(eq(feedback_key, "user_rating"), eq(feedback_score, 1))'
    return min(run.id for run in Client().list_runs(project_name="production", filter=liked))


def review_keys() -> str:
    """Return what a reviewer types who knows the shop: to each item that waits, then what is to be said of it."""
    keys = []
    waiting = list(Client().list_runs_from_annotation_queue(QUEUE, status="needs_my_review"))
    for run in sorted(waiting, key=lambda run: run.id):
        right = customers.truth(run.inputs["question"])
        keys.append(f"/{run.id}\n")
        if run.outputs["answer"] == right:
            keys.append("a")
        else:
            mode = "i" if run.outputs["answer"] == UNSURE else "w"  # incomplete, wrong fact
            keys.append(f"e{right}\n{mode}")
    return "".join(keys)


def say(what: str) -> None:
    """Print what happens next."""
    print(f"\n== {what}\n", flush=True)


def llmobs(*words: str, keys: str | None = None) -> None:
    """Run a command of ours, and show what it prints."""
    run(["llmobs", *words], [sys.executable, "-m", "pytest_llmobs.cli", *words], 0, keys)


def pytest(*words: str, expected: int) -> None:
    """Run the tests, and show what they print."""
    words = ("-q", "--tb=no", *words)
    run(["pytest", *words], [sys.executable, "-m", "pytest", *words], expected)


def run(shown: list[str], command: list[str], expected: int, keys: str | None = None) -> None:
    """Run a command in the current folder; end where its exit status isn't the expected one."""
    print("$", *shown, flush=True)
    done = subprocess.run(command, input=keys, capture_output=True, text=True, check=False)
    print(done.stdout, flush=True)
    if done.returncode != expected:
        sys.exit(f"exit status {done.returncode}, not {expected}:\n{done.stderr}")


if __name__ == "__main__":
    main()
