"""A program that reviews on the terminal it runs on, with an engine in memory: what it has saved is printed at its end.

Arguments: how many items there are, and ``crash`` to fail at the third verdict.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[5]))

from pytest_llmobs.cli.commands.review.terminal.onscreen import review_on_screen
from pytest_llmobs.cli.commands.review.terminal.tty import Terminal
from pytest_llmobs.reports.text.page import Page
from tests.unit.cli.review.terminal.engine import Engine, make_current, make_queue


class Crashing(Engine):
    """An engine that fails."""

    def save(self, verdict: str | None = None, mode: str | None = None) -> None:
        super().save(verdict, mode)
        if len(self.saved) == 3:
            raise RuntimeError("out of order")


def main() -> None:
    count = int(sys.argv[1])
    items = [make_current(number, answer=f"answer {number}, " * 200) for number in range(1, count + 1)]
    engine = (Crashing if "crash" in sys.argv else Engine)(make_queue(), items)
    terminal = Terminal(sys.stdin.fileno(), sys.stdout.fileno(), "utf-8")
    try:
        review_on_screen(engine, terminal, Page(color=True))  # type: ignore[arg-type]
    finally:
        print(f"{len(engine.saved)} saved, comment {engine.current and engine.current.comment!r}", flush=True)


if __name__ == "__main__":
    main()
