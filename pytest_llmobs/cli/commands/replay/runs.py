"""``llmobs replay RUN_ID``: one model call, or one trace, beside what it was."""

from __future__ import annotations

import argparse
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from pytest_llmobs.cli.commands.replay.session import read_request, tracing
from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.objects import find_object
from pytest_llmobs.cli.stores import open_local_store
from pytest_llmobs.errors import ArgumentError, CassetteError, NotFoundError, StoreError
from pytest_llmobs.experiments.replays.entry_points import entry_point_of
from pytest_llmobs.experiments.replays.replaying import (
    PROJECT,
    Replay,
    ReplayRequest,
    replay_of_call,
    replay_of_trace,
)
from pytest_llmobs.experiments.replays.requests import ReplayError, is_model_call
from pytest_llmobs.records.conditions import Conjunction, FieldCondition, RunFilter
from pytest_llmobs.records.runs import Run
from pytest_llmobs.reports.pages.recordings.replay import output_text, replay_text
from pytest_llmobs.reports.text.word_diff import word_segments
from pytest_llmobs.storage.store import Store
from pytest_llmobs.workspace import Workspace

_ID = frozenset("0123456789abcdef-")
_BEGINNINGS = (28, 23, 18, 13, 8)
"""Letters of an id that is unknown by which a near one is looked for."""
_FAILED = 1


def replay(arguments: argparse.Namespace, console: Console) -> int:
    """Make a run again and print both; exit status 1 where a call failed, or its recording is missing.

    Raises:
        NotFoundError: There is no such run.
        LlmobsError: It can't be made again.
    """
    store = open_local_store(arguments.store, console)
    workspace = replace(Workspace.find(), store_folder=store.root)
    run = find_run(arguments.run, store)
    request = read_request(arguments, store, workspace)
    again = replay_of(run, request, arguments.target)
    repeats = list(range(1, arguments.repeat + 1))
    if arguments.repeat == 1:
        repeats = [_own_repeat(run, store)]  # a trial's recording is that of its repeat
    try:
        with tracing(workspace, store, arguments.cassettes) as session:
            for repeat in repeats:
                if session.recorder is not None:
                    session.recorder.begin_test()  # each repeat asks for the first time
                again.make(repeat)
                if session.recorder is not None and session.recorder.broken is not None:
                    raise session.recorder.broken  # whatever the app has made of it
    except CassetteError as error:
        console.note(str(error))
        return _FAILED
    new = _new_runs(run, session.identity.session, store)
    if not new:
        raise ReplayError(f"{run.id!r} was made again, and no run of it was stored.")
    _tell(run, new, request, arguments, console)
    return _FAILED if any(one.error for one in new) else 0


def find_run(which: str, store: Store) -> Run:
    """Return a run with everything below it.

    Raises:
        NotFoundError: There is none, or there are several.
    """
    id = which.lower()
    names = store.experiment_names()
    if which in names:
        raise NotFoundError(
            f"{which!r} is an experiment, and a replay is of a run: `llmobs show {which} --json` names those of its "
            "trials (run_id)."
        )
    if not set(id) <= _ID:
        raise NotFoundError(f"{which!r} is no run's id. `llmobs runs` lists the runs.")
    from pytest_llmobs.storage.parquet.lookup import UnknownRunError

    try:
        return store.read_run(id)
    except UnknownRunError as error:
        raise NotFoundError(f"{error}{_near(id, store)}") from error
    except StoreError as error:  # several, or too few letters to tell
        raise NotFoundError(str(error)) from error


def _near(id: str, store: Store) -> str:
    """Return which run was meant, where all but the end of its id is right."""
    for size in _BEGINNINGS:
        if size < len(id):
            with suppress(StoreError):
                return f" Did you mean {store.read_run(id[:size], load_children=False).id!r}?"
    return ""


def replay_of(run: Run, request: ReplayRequest, target: str | None) -> Replay:
    """Return what makes a run again.

    Args:
        run: With what is below it.
        request: How.
        target: What to call with its inputs, as ``--target`` names it; None for what the run itself says.

    Raises:
        ArgumentError: The function can't be found.
        LlmobsError: It can't be made again.
    """
    if target is None and is_model_call(run):
        return replay_of_call(run, request)
    spec = target or entry_point_of(run)
    try:
        function = find_object(spec, "function", callable)
    except ArgumentError as error:
        if target is not None:
            raise
        raise ReplayError(
            f"The trace {run.id!r} began with {spec!r}, which can't be imported here. {error}\n"
            "Run the command where the app's code lies, or name the function: --target MODULE:FUNCTION."
        ) from None
    return replay_of_trace(run, function, request)


def _own_repeat(run: Run, store: Store) -> int:
    """Return which of its example's trials a run is of."""
    root = run
    if run.parent_id is not None:
        with suppress(StoreError):
            root = store.read_run(run.trace_id, load_children=False)
    return int(root.columns.get("repeat") or 1)


def _new_runs(run: Run, session: str, store: Store) -> list[Run]:
    wanted = Conjunction(
        (FieldCondition("replay_of", "eq", run.id), FieldCondition("session", "eq", session))
    )
    found = store.runs(PROJECT, filter=RunFilter(wanted), payloads=False)
    return [store.read_run(one.id) for one in found]


def _tell(
    run: Run, new: list[Run], request: ReplayRequest, arguments: argparse.Namespace, console: Console
) -> None:
    if not arguments.json:
        said = request.overrides.described
        console.say(replay_text(run, new, said, console.page, everything=arguments.all))
        return
    before = output_text(run)
    replies: list[dict[str, Any]] = []
    for one in new:
        diff = list(map(asdict, word_segments(before, output_text(one))))
        replies.append({"run": asdict(one), "diff": diff})
    console.json({"replay_of": asdict(run), "overrides": request.overrides.described, "replies": replies})
