"""Reading the trace below a run."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_llmobs.records.runs import Run, RunType


def walk(run: Run) -> Iterator[Run]:
    """Yield a run and everything below it, parents first, in the order they started."""
    waiting = [run]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(current.child_runs))


def runs_of_type(run: Run, run_type: RunType, name: str | None = None) -> list[Run]:
    """Return the runs of one type in a trace, in the order they started.

    Args:
        run: The root.
        run_type: ``llm``, ``tool``, ``retriever``, …
        name: Only those of this name.
    """
    runs = []
    for run_below in walk(run):
        if run_below.run_type == run_type and name in (None, run_below.name):
            runs.append(run_below)
    # A tree is walked branch by branch, while branches that ran side by side took turns.
    return sorted(runs, key=lambda run_below: run_below.start_time)


def total(run: Run, name: str) -> float | None:
    """Return the sum of an attribute over the model calls in a trace, or None where one of them doesn't know it."""
    values: list[float] = []
    for call in runs_of_type(run, "llm"):
        value = getattr(call, name)
        if value is None:
            return None
        values.append(value)
    return sum(values)
