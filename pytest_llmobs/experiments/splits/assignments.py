"""The runs that an A/B split dealt out, and whom each served."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.feedback.trial_scores import counted_scores
from pytest_llmobs.prompts.splitting.notes import NotedArm, noted_arm
from pytest_llmobs.prompts.splitting.split import AB_KEY
from pytest_llmobs.records.conditions import Conjunction, FieldCondition, RunFilter, SameRecord
from pytest_llmobs.records.prompt_uses import PROMPT_KEY, read_uses
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.storage.run_queries import RunQueries

_COLUMNS = (
    "id",
    "trace_id",
    "parent_id",
    "start_time",
    "latency",
    "status",
    "metadata",
    "scores",
    "attempt",
)
_A_SPLIT = re.compile(f"{re.escape(AB_KEY)}(.+)\\.unit")
_OF_THE_APP = FieldCondition("evaluates", "eq", None)


@dataclass(frozen=True, kw_only=True)
class ServedRun:
    """A run that served one user: the topmost of its trace that names that user alone."""

    id: str
    trace_id: str
    start_time: datetime
    latency: float | None
    """Seconds."""
    failed: bool
    """True where it raised."""
    scores: Mapping[str, float]
    """Of a trial, by metric."""
    noted: NotedArm
    commits: tuple[str, ...] = ()
    """The commits of the prompt that it used."""


@dataclass(frozen=True, kw_only=True)
class Assignments:
    """What a store knows of a split."""

    runs: list[ServedRun]
    top_of: Mapping[str, ServedRun]
    """The id of any run that names one user -> the topmost one of that user."""
    of_several_users: int
    """Traces of which no run names one user alone."""


def read_assignments(store: RunQueries, name: str, project: str, since: datetime | None) -> Assignments:
    """Return the runs that a split dealt out.

    Args:
        store: It.
        name: The prompt's.
        project: Whose runs are read.
        since: Started then or later; None for all.

    Raises:
        NotFoundError: No run tells of the split; or nothing is known of the project.
    """
    store.check_project(project)
    tells_of_it = SameRecord("metadata", FieldCondition("metadata_key", "eq", AB_KEY + name))
    wanted = RunFilter(Conjunction((tells_of_it, _OF_THE_APP)))
    noted: dict[str, tuple[ServedRun, str | None]] = {}
    traces: set[str] = set()
    for table in store.tables(_COLUMNS, project, filter=wanted, ordered=False, **started(since)):
        for row in table.to_pylist():
            metadata = json.loads(row["metadata"])
            if AB_KEY + name not in metadata:  # somebody's own {"ab": {…}} answers to that key as well
                continue
            traces.add(row["trace_id"])
            arm = noted_arm(metadata, name)
            if arm is not None:
                used = str(metadata.get(PROMPT_KEY + name, ""))
                noted[row["id"]] = (_served_run(row, arm, used), row["parent_id"])
    if not traces:
        raise _unknown_split(store, name, project, since)
    top_of: dict[str, ServedRun] = {}
    runs: dict[str, ServedRun] = {}
    for id in noted:
        top = _topmost(id, noted)
        top_of[id] = runs[top.id] = top
        traces.discard(top.trace_id)
    return Assignments(runs=list(runs.values()), top_of=top_of, of_several_users=len(traces))


def _served_run(row: Mapping[str, Any], arm: NotedArm, used: str) -> ServedRun:
    commits: dict[str, None] = {}
    for use in read_uses(used):
        commits[use.commit_hash] = None
    columns = {"attempt": row["attempt"], "scores": dict(row["scores"] or ())}
    return ServedRun(
        id=row["id"],
        trace_id=row["trace_id"],
        start_time=row["start_time"],
        latency=row["latency"],
        failed=row["status"] == "error",
        scores=counted_scores(columns),
        noted=arm,
        commits=tuple(commits),
    )


def _topmost(id: str, noted: Mapping[str, tuple[ServedRun, str | None]]) -> ServedRun:
    """Return the topmost of a run and those it is nested in that name one user."""
    run, parent_id = noted[id]
    # those around it name the same user, or several: then they are not among them
    while parent_id is not None and parent_id in noted:
        run, parent_id = noted[parent_id]
    return run


def started(since: datetime | None) -> dict[str, Any]:
    """Return the filter of runs that started at a time or later; of all runs for None."""
    return {"start_time": since}


def _unknown_split(store: RunQueries, name: str, project: str, since: datetime | None) -> NotFoundError:
    """Return the error for a split of which no run tells; it names those there are."""
    import pyarrow.compute as pc

    names: set[str] = set()
    for table in store.tables(["metadata"], project, ordered=False, **started(since)):
        metadata = table["metadata"]
        telling = metadata.filter(pc.match_substring(metadata, f'"{AB_KEY}'))
        for text in telling.to_pylist():
            for match in filter(None, map(_A_SPLIT.fullmatch, json.loads(text))):
                names.add(match[1])
    when = "" if since is None else f" since {since:%Y-%m-%d %H:%M} UTC"
    return NotFoundError(
        f"No run of the project {project!r}{when} tells of an A/B test of the prompt {name!r}."
        f"{nearest(name, names)} {known(names)} "
        f'`ab({name!r}, key=user_id, weights={{"control": 80, "treatment": 20}})` in the app begins one.'
    )
