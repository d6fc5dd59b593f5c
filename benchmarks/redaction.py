"""What finding secrets costs, and how often it is wrong: ``python benchmarks/redaction.py [FOLDER …]``.

The ordinary text is what is installed: code, documentation and data below site-packages, in pieces of 4,000
characters. Files of examples are left out, since they hold made-up keys; each find is shown, to be judged.
"""

from __future__ import annotations

import argparse
import site
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.redaction.secrets import Secrets

PIECE = 4000
SUFFIXES = (".py", ".pyi", ".md", ".rst", ".txt", ".html", ".json", ".js", ".toml", ".cfg")
MOST_FINDS, LEAST_SPEED, MOST_GROWTH = 1.0, 50.0, 20.0
HOSTILE = (
    "sk-",
    "password=",
    "://a:b",
    "eyJaaaaaaaaa.",
    "\\u0041",
    "-----BEGIN A PRIVATE KEY",
    "aGVsbG8gd29ybGQh\n",
)


def pieces(folders: list[Path], most: float) -> Iterator[tuple[Path, str]]:
    """Yield pieces of the texts below folders, up to ``most`` megabytes."""
    size = 0
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if (
                path.suffix not in SUFFIXES
                or "llmobs" in str(path)
                or "examples" in path.name
                or not path.is_file()
            ):
                continue
            text = path.read_text(errors="replace")
            for start in range(0, len(text), PIECE):
                yield path, text[start : start + PIECE]
            size += len(text)
            if size > most * 1e6:
                return


def seconds(text: str) -> float:
    """Return how long the search of a hostile text takes."""
    began = time.thread_time()
    Secrets().spans(text)
    return time.thread_time() - began


def main() -> int:
    """Measure, print, and return 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=list(map(Path, site.getsitepackages())))
    parser.add_argument("--megabytes", type=float, default=20.0)
    arguments = parser.parse_args()
    redaction, secrets = Redaction(), Secrets()
    size = suspects = 0
    finds: list[str] = []
    looking = searching = 0.0
    for path, text in pieces(arguments.folders, arguments.megabytes):
        payload = capture.encode(text)
        began = time.process_time()
        suspect = redaction.suspects(payload)
        looked = time.process_time()
        spans = secrets.spans(text)
        searching += time.process_time() - looked
        looking += looked - began
        size += len(text)
        suspects += suspect
        for start, end, kind in spans:
            finds.append(f"  {kind}: {path.name}: {text[max(0, start - 40) : end]!r}")
    megabytes = size / 1e6
    growth = max(
        seconds(piece * (64_000 // len(piece))) / max(seconds(piece * (8000 // len(piece))), 1e-3)
        for piece in HOSTILE
    )
    print("\n".join(finds[:20]))
    print(
        f"{megabytes:.1f} MB of ordinary text, {suspects * PIECE / size:.0%} of the pieces looked at closely"
    )
    bars = (
        ("finds a megabyte", len(finds) / megabytes, MOST_FINDS, len(finds) / megabytes <= MOST_FINDS),
        ("prefilters, MB/s", megabytes / looking, LEAST_SPEED, megabytes / looking >= LEAST_SPEED),
        ("time of 8 × a hostile text", growth, MOST_GROWTH, growth <= MOST_GROWTH),
    )
    for name, measured, bar, held in bars:
        print(f"{'holds' if held else 'MISSED'}  {name}: {measured:.2f} (bar {bar:g})")
    print(f"       all of it, MB/s: {megabytes / searching:.1f}")
    return int(not all(held for *_, held in bars))


if __name__ == "__main__":
    sys.exit(main())
