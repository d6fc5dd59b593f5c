"""What tracing one call costs, beside peers: 2 KB in, 1 KB out, nested three deep; sync, async, eight threads.

``python benchmarks/tracing.py`` makes the peers' virtual environment on its first run (``--environment``), then
measures all tools alternately, each measurement in a fresh process, prints the best of the repetitions (what else the
machine does can only add) and ratios, and exits with 1 where a bar is missed. Quote ratios, not microseconds: they hold
from machine to machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
PEERS = ["langsmith==0.15.0", "opentelemetry-sdk", "orjson", "pyarrow"]
OURS = ("llmobs", "llmobs-off")
TOOLS = ("plain", "floor", "opentelemetry", "langsmith", *OURS)
NAMES = {
    "plain": "plain call",
    "floor": "serialise + Parquet floor",
    "opentelemetry": "OpenTelemetry SDK",
    "langsmith": "langsmith",
    "llmobs": "pytest-llmobs",
    "llmobs-off": "pytest-llmobs, off",
}
VARIANTS = ("sync", "async", "threads")
LANGSMITH_BAR = 12.0
"""Times faster for the caller than langsmith."""
FLOOR_BAR = 1.5
"""Times the floor's CPU time, sealing included."""
OFF_BAR = 1.0
"""Microseconds a call, tracing off."""

Figures = dict[tuple[str, str], dict[str, float]]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--traces", type=int, default=2000, help="traces of three runs a measurement")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument(
        "--tools", default=",".join(TOOLS), help="a comma-separated choice; bars need all of them"
    )
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "pytest-llmobs-benchmarks"
    parser.add_argument("--environment", type=Path, default=cache, help="the peers' virtual environment")
    options = parser.parse_args()
    tools = options.tools.split(",")
    peers = make_environment(options.environment)
    with collector(peers) as address:
        measured = [
            (tool, variant, measure(peers, address, tool, variant, options.traces))
            for _ in range(options.repetitions)
            for variant in VARIANTS
            for tool in tools
        ]
    figures = {
        (tool, variant): {
            figure: min(m[figure] for t, v, m in measured if (t, v) == (tool, variant))
            for figure in ("caller", "total")
        }
        for tool in tools
        for variant in VARIANTS
    }
    show(figures, tools)
    return 0 if set(tools) != set(TOOLS) or all(list(bars(figures))) else 1


def make_environment(folder: Path) -> Path:
    """Return the interpreter of the peers' environment, made where it doesn't exist."""
    python = folder / "bin" / "python"
    ready = folder / "ready.txt"
    wanted = "\n".join(PEERS)
    if not ready.exists() or ready.read_text() != wanted:
        print(f"making {folder} with {', '.join(PEERS)} …", flush=True)
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
        subprocess.run(
            [python, "-m", "compileall", "-q", folder / "lib"], check=False, stdout=subprocess.DEVNULL
        )
        ready.write_text(wanted)
    return python


@contextmanager
def collector(peers: Path) -> Iterator[str]:
    """Run the loopback collector; yield its address."""
    process = subprocess.Popen([peers, HERE / "collector.py"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


def measure(peers: Path, address: str, tool: str, variant: str, traces: int) -> dict[str, float]:
    """Run one measurement in a process of its own; return microseconds a run."""
    python = sys.executable if tool in OURS else str(peers)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [python, str(HERE / "tracing_worker.py"), tool, variant, str(traces)],
            env=os.environ | {"COLLECTOR": address, "TMPDIR": folder},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    if done.returncode or not done.stdout:
        raise SystemExit(f"{tool} {variant} failed:\n{done.stdout}{done.stderr[-3000:]}")
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def show(figures: Figures, tools: list[str]) -> None:
    """Print the table: microseconds a run."""
    columns = "".join(f"{variant + ' wall':>14}{variant + ' CPU':>14}" for variant in VARIANTS)
    print(f"\n{'µs a run':26}{columns}")
    for tool in tools:
        row = [figures[tool, variant][figure] for variant in VARIANTS for figure in ("caller", "total")]
        print(f"{NAMES[tool]:26}" + "".join(f"{value:14.1f}" for value in row))
    print("wall: the caller's; CPU: the whole process's until everything is flushed or sealed\n")


def bars(figures: Figures) -> Iterator[bool]:
    """Print each bar and what came of it; yield whether it holds."""
    for variant in VARIANTS:
        ours = figures["llmobs", variant]
        faster = figures["langsmith", variant]["caller"] / ours["caller"]
        yield told(
            f"{variant}: {faster:.1f} x faster than langsmith",
            f">= {LANGSMITH_BAR:g}",
            faster >= LANGSMITH_BAR,
        )
        share = ours["caller"] / figures["opentelemetry", variant]["caller"]
        yield told(f"{variant}: {share:.2f} x OpenTelemetry's wall", "< 1", share < 1)
        floor = ours["total"] / figures["floor", variant]["total"]
        yield told(f"{variant}: {floor:.2f} x the floor's CPU", f"<= {FLOOR_BAR:g}", floor <= FLOOR_BAR)
        off = figures["llmobs-off", variant]["caller"] - figures["plain", variant]["caller"]
        yield told(f"{variant}: {off:.2f} µs a call when off", f"<= {OFF_BAR:g}", off <= OFF_BAR)


def told(finding: str, bar: str, holds: bool) -> bool:
    """Print one line; return ``holds``."""
    print(f"{'ok    ' if holds else 'MISSED'} {finding} (bar {bar})")
    return holds


if __name__ == "__main__":
    sys.exit(main())
