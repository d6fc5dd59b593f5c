"""What reviewed runs have in common: the commits of their prompts, their models, a piece of metadata, their week."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.feedback.slices import METADATA, metadata_text
from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS, prompts_of, read_uses
from pytest_llmobs.review.calibration import week_of
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.records.runs import Run
    from pytest_llmobs.storage.store import Store

PROMPT, MODEL, WEEK = "prompt", "model", "week"
CHOICES = (PROMPT, MODEL, WEEK, f"{METADATA}KEY")
"""What failure modes can be counted by."""
_AT_ONCE = 5_000
"""Ids that are looked for in one scan."""


def check_grouping(by: str) -> None:
    """Make sure that runs can be grouped by something.

    Raises:
        ArgumentError: They can't.
    """
    if by not in (*_OF_RUN, MODEL) and not (by.startswith(METADATA) and by != METADATA):
        raise ArgumentError(f"Nothing can be counted by {by!r}.{nearest(by, CHOICES)} {known(CHOICES)}")


def groups_of(store: Store, run_ids: Sequence[str], by: str) -> dict[str, list[str]]:
    """Return the groups that each run belongs to, by its id; of runs that are gone nothing is known.

    Args:
        store: Has the runs.
        run_ids: Theirs.
        by: ``prompt`` (the commits stamped on the run), ``model`` (of the model calls of its trace), ``week`` (ISO, of
            its start in UTC), or ``metadata.KEY``.

    Raises:
        ArgumentError: Runs can't be grouped by that.
        NotFoundError: No run has that metadata.
        StoreError: They can't be read.
    """
    check_grouping(by)
    runs = list(stored_runs(store, run_ids, ["trace_id", "model", "metadata", "start_time"]))
    if by == MODEL:
        return _models(store, runs)
    if by in _OF_RUN:
        return {run.id: list(_OF_RUN[by](run)) for run in runs}
    return _by_metadata(runs, by.removeprefix(METADATA))


def _by_metadata(runs: Sequence[Run], key: str) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    keys: set[str] = set()
    for run in runs:
        text = metadata_text(key, run.metadata)
        groups[run.id] = [] if text is None else [text]
        keys.update(run.metadata)
    if runs and not any(groups.values()):
        raise NotFoundError(
            f"No reviewed run has metadata {key!r}.{nearest(key, keys)} {known(sorted(keys))}"
        )
    return groups


def stored_runs(store: Store, ids: Sequence[str], columns: Sequence[str] | None = None) -> Iterator[Run]:
    """Yield the runs of some ids that the store has, in whatever order."""
    for start in range(0, len(ids), _AT_ONCE):
        yield from store.runs(id=list(ids[start : start + _AT_ONCE]), columns=columns)


def _prompts(run: Run) -> Iterator[str]:
    for name, written in sorted(prompts_of(run.metadata).items()):
        for use in read_uses(str(written)):
            yield f"{name}@{use.commit_hash[:SHOWN_DIGITS]}"


def _weeks(run: Run) -> Iterator[str]:
    yield week_of(run.start_time)


_OF_RUN: Mapping[str, Callable[[Run], Iterable[str]]] = {PROMPT: _prompts, WEEK: _weeks}
"""What the run itself says."""


def _models(store: Store, runs: Sequence[Run]) -> dict[str, list[str]]:
    """Return the models of each run's trace: a root run calls them, and has none itself."""
    models: dict[str, set[str]] = {}
    traces = sorted({run.trace_id for run in runs})
    for start in range(0, len(traces), _AT_ONCE):
        wanted: Any = traces[start : start + _AT_ONCE]
        for table in store.tables(["trace_id", "model"], trace_id=wanted, run_type="llm", ordered=False):
            for trace_id, model in zip(
                table["trace_id"].to_pylist(), table["model"].to_pylist(), strict=True
            ):
                if model:
                    models.setdefault(trace_id, set()).add(model)
    groups = {}
    for run in runs:
        own = {run.model} if run.model else models.get(run.trace_id, set())
        groups[run.id] = sorted(own)
    return groups
