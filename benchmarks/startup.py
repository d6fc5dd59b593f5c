"""The first use: what an experiment of one trial takes beyond a plain test, and the client beyond a bare Python.

``python benchmarks/startup.py [--beside FOLDER]``. Both sides run alternately in fresh processes; CPU is that of the
whole process (user + system), Arrow's import and sealing included; no SDK is imported. ``--beside`` measures another
checkout in the same run. Exits with 1 where a bar is missed: 0.35 s of CPU, 0.06 s for the client, and 0.12 s for
``llmobs --help``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BAR = 0.35
CLIENT_BAR = 0.06
HELP_BAR = 0.12
HELP = "from pytest_llmobs.cli import main; main(['--help'])"
CLIENT = "from pytest_llmobs import Client; Client()"
PLAIN = """
import pytest

@pytest.mark.parametrize("question", ["why?"])
def test_answer(question):
    assert question[::-1]
"""
OURS = """
import pytest

@pytest.mark.llm_dataset([{"inputs": {"question": "why?"}}], target=lambda question: question[::-1])
def test_answer(example, llm_run):
    assert llm_run.outputs["output"]
"""
BLOCKED = ("cacheprovider", "asyncio", "anyio", "hypothesispytest")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--beside", type=Path, help="another checkout, measured in the same run")
    parser.add_argument("--repetitions", type=int, default=15)
    options = parser.parse_args()
    checkouts = [Path(__file__).parents[1]]
    if options.beside is not None:
        checkouts.append(options.beside.resolve())
    extra: dict[Path, list[float]] = {checkout: [] for checkout in checkouts}
    for repetition in range(options.repetitions + 1):
        for checkout in checkouts:
            seconds = session(checkout, OURS, ["--llm-experiment"]) - session(checkout, PLAIN, [])
            if repetition:  # the first one compiles
                extra[checkout].append(seconds)
    medians = {checkout: statistics.median(seconds) for checkout, seconds in extra.items()}
    for checkout, seconds in medians.items():
        print(f"{checkout.name:12} {seconds:.3f} s CPU beyond a plain test (bar {BAR})")
    client = beyond_python(checkouts[0], CLIENT, options.repetitions)
    print(f"{'client':12} {client:.3f} s CPU for its import, beyond a bare Python (bar {CLIENT_BAR})")
    shown = beyond_python(checkouts[0], HELP, options.repetitions)
    print(f"{'--help':12} {shown:.3f} s CPU for llmobs --help, beyond a bare Python (bar {HELP_BAR})")
    return 0 if medians[checkouts[0]] <= BAR and client <= CLIENT_BAR and shown <= HELP_BAR else 1


def beyond_python(checkout: Path, code: str, repetitions: int) -> float:
    """Return the median seconds of CPU that some code takes, beyond a Python that does nothing."""
    return statistics.median(python(checkout, code) - python(checkout, "pass") for _ in range(repetitions))


def python(checkout: Path, code: str) -> float:
    """Run some code in a process of its own; return its seconds of CPU."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=folder,
            env={**environment, "PYTHONPATH": str(checkout)},
            stdout=subprocess.DEVNULL,
        )
        return finished(process, code)


def finished(process: subprocess.Popen[bytes], what: object) -> float:
    """Wait for a process; return its seconds of CPU."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{what}: exit status {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def session(checkout: Path, source: str, arguments: list[str]) -> float:
    """Run one session in a process of its own; return its seconds of CPU."""
    blocked: list[str] = []
    for name in BLOCKED:
        blocked += ["-p", f"no:{name}"]
    # Where bytecode can't be kept, pytest compiles every module of a plugin anew: that isn't what is measured.
    unwanted = ("CI", "PYTHONDONTWRITEBYTECODE")
    environment = {key: value for key, value in os.environ.items() if key not in unwanted}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_answer.py").write_text(source)
        Path(folder, "pytest.ini").write_text("[pytest]\n")
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", *blocked, *arguments],
            cwd=folder,
            env={**environment, "PYTHONPATH": str(checkout)},
            stdout=subprocess.DEVNULL,
        )
        return finished(process, checkout)


if __name__ == "__main__":
    sys.exit(main())
