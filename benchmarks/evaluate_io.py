"""``evaluate()`` over 200 examples of an application that takes 200 ms, 32 at once, beside bare pools and its peers.

``python benchmarks/evaluate_io.py [--peers FOLDER]``. The clock is that of the whole process, imports, scoring and
everything that is kept included. All sides run alternately in fresh processes; the figures are medians, the first round
warms up. ``--peers`` names a folder of virtual environments, made on the first run (1 GB): langsmith, with a service on
the loopback interface that throws everything away, pydantic-evals, and deepeval, where only metrics run side by side,
so that one calls the application. Exits with 1 where ``evaluate()`` takes more than 1.25 × a bare thread pool's time,
``aevaluate()`` more than 1.25 × bare tasks', or a peer is faster.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
BAR = 1.25
FLOORS = {"pytest-llmobs evaluate": "bare threads", "pytest-llmobs aevaluate": "bare async"}
"""Ours -> what it is measured by."""
PEERS = {
    "langsmith evaluate": "langsmith",
    "langsmith aevaluate": "langsmith",
    "pydantic-evals": "pydantic-evals",
    "deepeval": "deepeval",
}
"""Peer -> the package that it comes from, and the folder of its environment."""
QUIET = {
    "DEEPEVAL_TELEMETRY_OPT_OUT": "YES",
    "LANGSMITH_API_KEY": "none",
    "LANGSMITH_TRACING": "true",
    "COLUMNS": "120",
}
UNWANTED = ("CI", "LANGSMITH", "LANGCHAIN", "LLMOBS", "PYTHONDONTWRITEBYTECODE")
"""Beginnings of variables that would change what is measured."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds")
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--peers", type=Path, help="folder of the peers' environments; without it, no peers")
    options = parser.parse_args()
    pythons = dict.fromkeys((*FLOORS.values(), *FLOORS), sys.executable)
    if options.peers is not None:
        pythons.update(peers_in(options.peers.absolute()))
    walls: dict[str, list[float]] = {tool: [] for tool in pythons}
    with service() as address:
        for _ in range(options.repetitions + 1):
            for tool, python in pythons.items():
                walls[tool].append(whole_process(tool, python, address, options))
    medians = {tool: statistics.median(seconds[1:]) for tool, seconds in walls.items()}
    ideal = options.latency * -(-options.examples // options.concurrency)
    print(f"{options.examples} x {options.latency} s, {options.concurrency} at once: {ideal:.2f} s at best")
    for tool, median in medians.items():
        beside = median / medians["bare threads"]
        print(f"{tool:24} {median:6.2f} s  {beside:5.2f} x bare threads")
    return 0 if all(list(held(medians))) else 1


def held(medians: Mapping[str, float]) -> Iterator[bool]:
    """Print each bar, and yield whether it holds."""
    for tool, floor in FLOORS.items():
        ratio = medians[tool] / medians[floor]
        print(f"{tool}: {ratio:.3f} x {floor} (bar {BAR})")
        yield ratio <= BAR
    best = min(FLOORS, key=medians.__getitem__)
    for peer in filter(medians.__contains__, PEERS):
        print(f"{peer}: {medians[peer] / medians[best]:.2f} x {best} (bar: above 1)")
        yield medians[peer] > medians[best]


def whole_process(tool: str, python: str, address: str, options: argparse.Namespace) -> float:
    """Return the seconds of one side, from the start of its process to the end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(UNWANTED)}
    environment = {**kept, **QUIET, "LANGSMITH_ENDPOINT": address}
    if tool in FLOORS:
        environment["PYTHONPATH"] = str(HERE.parent)
    numbers = [options.examples, options.latency, options.concurrency]
    command = [python, str(HERE / "evaluate_io_worker.py"), tool, *map(str, numbers)]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pytest.ini").write_text("[pytest]\n")
        began = time.perf_counter()
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        took = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{tool}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return took


def peers_in(folder: Path) -> dict[str, str]:
    """Return the interpreter of each peer; what isn't there is installed."""
    pythons = {}
    for tool, package in PEERS.items():
        python = folder / package / "bin" / "python"
        if not python.exists():
            venv.create(folder / package, with_pip=True)
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", package], check=True)
        pythons[tool] = str(python)
    return pythons


@contextmanager
def service() -> Iterator[str]:
    """Run the service that langsmith talks to; yield its address."""
    script = str(HERE / "evaluation_service.py")
    server = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main())
