"""Prompts: what a pull and a fill cost their caller, how long a long log takes, and what pushing at once loses.

``python benchmarks/prompts.py [--commits N] [--processes N]`` pulls a prompt from memory and from disk, beside reading
its file; fills 20 KB with 50 variables, beside ``str.format``; reads a log of 10,000 commits (CPU time),
beside reading the bytes of as many files; and has 100 processes push at once. Exits with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pytest_llmobs import pull_prompt
from pytest_llmobs.prompts.content import Content
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.pulling import Puller
from pytest_llmobs.prompts.pushing import Push, push
from pytest_llmobs.prompts.templates import PromptText

CACHED_BAR = 50e-6
"""Seconds of a pull from memory."""
DISK_BAR = 2e-3
"""Seconds of a pull from disk, of a prompt of 50 commits."""
FILL_BAR = 200e-6
"""Seconds of a fill of 20 KB with 50 variables."""
LOG_BAR = 0.3
"""Seconds of a log of 10,000 commits."""
VARIABLES, SIZE, HISTORY = 50, 20_000, 50

PUSHING = """
import sys
from pathlib import Path
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.pushing import Push, push

folder = PromptFolder(Path(sys.argv[1]))
sys.stdin.readline()
print(push(folder, "support", Push(f"Text of {sys.argv[2]}")).commit_hash)
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--commits", type=int, default=10_000, help="commits of the log")
    parser.add_argument("--processes", type=int, default=100, help="processes that push at once")
    options = parser.parse_args()
    os.environ["GIT_AUTHOR_NAME"] = "Ada"
    missed: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("pytest.ini").write_text("[pytest]\n")
        for part in (
            measure_pulls(),
            measure_fill(),
            measure_log(options.commits),
            measure_pushing(options.processes),
        ):
            for line, is_kept in part:
                print(line if is_kept else f"{line}  MISSED")
                if not is_kept:
                    missed.append(line)
    return 1 if missed else 0


def least(work: Callable[[], object], times: int, rounds: int = 100) -> float:
    """Return the seconds that ``work`` takes in the fastest of many short rounds: other work only adds to them."""
    seconds = []
    for _ in range(rounds):
        begin = time.perf_counter()
        for _ in range(times):
            work()
        seconds.append((time.perf_counter() - begin) / times)
    return min(seconds)


def least_cpu(work: Callable[[], object], rounds: int = 7) -> float:
    """Return the least seconds of CPU, the kernel's included, that ``work`` takes."""
    seconds = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        seconds.append(time.process_time() - begin)
    return min(seconds)


def template() -> str:
    """Return 20 KB with 50 variables, some of them twice, and braces that are meant as such."""
    pieces = [f"Rule {number}: {{variable_{number % VARIABLES}}}. " for number in range(60)]
    filler = "Answer in plain words and be kind. "
    lines = [f"{piece}{filler * 8}\n" for piece in pieces]
    return "".join([*lines, 'Write {{"answer": "…"}}.\n'])[:SIZE]


def measure_pulls() -> Iterator[tuple[str, bool]]:
    folder = PromptFolder(Path("prompts"))
    for number in range(HISTORY):
        push(folder, "support", Push(f"{template()}{number}", tags="production"))
    file = Path("prompts/support.md")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    time.sleep(0.2)  # younger files aren't remembered
    head = folder.history("support").heads[0].commit_hash
    read = least(file.read_bytes, 20)
    for what, work in (
        ("pull_prompt('support')", lambda: pull_prompt("support")),
        ("pull_prompt('support:production')", lambda: pull_prompt("support:production")),
        ("pull_prompt('support', commit_hash=…)", lambda: pull_prompt("support", commit_hash=head)),
    ):
        cached = least(work, 50)
        yield (
            f"{what} from memory: {cached * 1e6:.1f} µs (at most {CACHED_BAR * 1e6:.0f})",
            cached <= CACHED_BAR,
        )
    for what, identifier in (("the file", "support"), ("a tag", "support:production")):
        disk = least(lambda identifier=identifier: Puller(folder).pull(identifier), 1)
        yield (
            f"{what} from disk, {HISTORY} commits of 20 KB: {disk * 1e3:.2f} ms, {disk / read:.0f} × reading its bytes "
            f"(at most {DISK_BAR * 1e3:.0f} ms)",
            disk <= DISK_BAR,
        )


def measure_fill() -> Iterator[tuple[str, bool]]:
    text = template()
    values = {f"variable_{number}": f"value {number}" * 3 for number in range(VARIABLES)}
    prompt = PromptText(text, "support", "0123456789abcdef")
    assert prompt.format(**values) == text.format(**values)
    fill = least(lambda: prompt.format(**values), 5)
    bare = least(lambda: text.format(**values), 5)
    yield (
        f"filling {len(text):,} characters with {VARIABLES} variables: {fill * 1e6:.0f} µs, {fill / bare:.1f} × "
        f"str.format (at most {FILL_BAR * 1e6:.0f} µs)",
        fill <= FILL_BAR,
    )


def measure_log(commits: int) -> Iterator[tuple[str, bool]]:
    folder = PromptFolder(Path("long"))
    parent, now = None, datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(commits):
        made = folder.commits.add(
            "support",
            Content("text", f"Text {number}\nof several lines\n"),
            parent=parent,
            now=now + timedelta(minutes=number),
            author="Ada Lovelace",
            description=f"Change {number}",
        )
        parent = made.commit_hash
    names = [str(file) for file in Path("long/.commits/support").iterdir()]

    def bare() -> None:
        for name in names:
            descriptor = os.open(name, os.O_RDONLY)
            os.read(descriptor, 1024)
            os.close(descriptor)

    seconds = least_cpu(lambda: folder.commits.all("support"))
    floor = least_cpu(bare)
    assert folder.commits.all("support")[0].commit_hash == parent
    yield (
        f"a log of {commits:,} commits: {seconds * 1e3:.0f} ms of CPU, {seconds / floor:.1f} × reading their bytes "
        f"(at most {LOG_BAR * 1e3:.0f} ms)",
        seconds <= LOG_BAR * max(commits / 10_000, 1),
    )


def measure_pushing(processes: int) -> Iterator[tuple[str, bool]]:
    running = []
    for number in range(processes):
        command = [sys.executable, "-c", PUSHING, "crowd", str(number)]
        running.append(
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
            )
        )
    begin = time.perf_counter()
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    hashes = {process.communicate()[0].strip() for process in running}
    seconds = time.perf_counter() - begin
    history = PromptFolder(Path("crowd")).history("support")
    kept = {commit.commit_hash for commit in history.commits}
    is_kept = len(hashes) == processes and kept == hashes and len(history.heads) == 1 and not history.damaged
    yield (
        f"{processes} processes that push at once: {len(kept)} commits of {processes}, {len(history.heads)} head, "
        f"{seconds:.1f} s with their start",
        is_kept,
    )


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


if __name__ == "__main__":
    sys.exit(main())
