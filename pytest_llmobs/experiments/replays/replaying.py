"""Runs that are made once more, a trace each, and say of which run they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.experiments.replays import calling
from pytest_llmobs.experiments.replays.entry_points import prepared
from pytest_llmobs.experiments.replays.overrides import Overrides
from pytest_llmobs.experiments.replays.requests import (
    ReplayError,
    check_whole,
    is_model_call,
    model_call_of,
)
from pytest_llmobs.experiments.replays.rewriting import RequestRewriting
from pytest_llmobs.records.runs import Run
from pytest_llmobs.tracing.context import Scope, current, leave

if TYPE_CHECKING:  # whoever replaces no prompt does without
    from pytest_llmobs.experiments.replays.refilling import Refilling

PROJECT = "replays"
"""The project of the new runs: their cost and latency are no part of the app's."""
TAG = "replay"
"""The tag of the new runs, and the key of what is changed in their metadata."""


@dataclass(frozen=True, kw_only=True)
class ReplayRequest:
    """How runs are made again."""

    overrides: Overrides = field(default_factory=Overrides)
    refilling: Refilling | None = None
    """Puts another commit of a prompt into requests; None where ``--prompt`` isn't given."""
    media: Path
    """The store's folder, below which images lie."""
    allows_redacted: bool = False
    keyless: bool = False
    """Nothing is sent."""


@dataclass(frozen=True)
class Replay:
    """A run that is ready to be made again, any number of times."""

    run: Run
    """The stored one."""
    request: ReplayRequest
    call: Callable[[], Any]
    """Makes it again, and returns what its code returns."""
    has_code: bool
    """True where code of the app's runs, whose requests are still to be changed."""

    def new_rewriting(self) -> RequestRewriting | None:
        """Return what changes the requests of one trace; None where there is nothing to change."""
        if not (self.has_code and self.request.overrides):
            return None
        return RequestRewriting(self.request.overrides, self.request.refilling)

    def make(self, repeat: int) -> None:
        """Make it again, as a trace of its own. What the app or the SDK raises stands in that trace.

        Args:
            repeat: Which of the repeats it is, from 1 on.

        Raises:
            CassetteError: A recording is missing.
            ReplayError: A request of its code couldn't be changed, or none held the prompt.
        """
        rewriting = self.new_rewriting()
        failed = False
        with _marked(self, repeat, rewriting):
            try:
                self.call()
            except CassetteError:
                raise
            except Exception:  # the trace says what and where; whether it is the app's, the check tells
                failed = True
        if rewriting is not None:
            rewriting.check(self.run)
            if not failed:
                rewriting.check_reached(self.run)


def replay_of_call(run: Run, request: ReplayRequest) -> Replay:
    """Return what makes a model call again; whatever is wrong with it is said before anything is sent.

    Raises:
        LlmobsError: It can't be made again, or not like this.
    """
    call = model_call_of(run, request.media)
    calling.check_model(call, request.overrides.model)
    body = call.body
    if request.refilling is not None:
        body = request.refilling.applied(body, run)
        if body is call.body:
            raise request.refilling.missing(run)
    body = request.overrides.applied(call.endpoint, body)
    check_whole(body, run.id, allows_redacted=request.allows_redacted)
    client = calling.open_client(call, keyless=request.keyless)
    return Replay(run, request, partial(calling.send, client, call, body), has_code=False)


def replay_of_trace(run: Run, function: Callable[..., Any], request: ReplayRequest) -> Replay:
    """Return what calls a trace's function again, with every model call below it changed.

    Args:
        run: The trace's root, or a step of it, with what is below it.
        function: What it is of.
        request: How.

    Raises:
        ReplayError: The inputs aren't stored whole or don't fit, or ``--system`` may mean several calls.
    """
    calls = list(filter(is_model_call, _family(run)))
    if request.overrides.system is not None and len(calls) > 1:
        raise ReplayError(
            f"{run.id!r} has {len(calls)} model calls below it, and --system replaces the prompt of one. Replay that "
            f"call by its own id; `llmobs show {run.id}` lists them."
        )
    calling.check_model_of_trace(run, calls, request.overrides.model)
    call = prepared(function, run, allows_redacted=request.allows_redacted)
    return Replay(run, request, call, has_code=True)


@contextmanager
def _marked(replay: Replay, repeat: int, rewriting: RequestRewriting | None) -> Iterator[None]:
    """Have the trace that starts in the block say which run it repeats, and what is changed."""
    columns: dict[str, Any] = {"replay_of": replay.run.id}
    if repeat > 1:
        columns["repeat"] = repeat
    overrides = replay.request.overrides
    metadata: Mapping[str, Any] = {TAG: overrides.described} if overrides else {}
    scope = Scope(None, True, None, metadata, (TAG,), new_trace=True, columns=columns, rewriting=rewriting)
    token = current.set(scope)
    try:
        yield
    finally:
        leave(token)


def _family(run: Run) -> Iterator[Run]:
    yield run
    for child in run.child_runs:
        yield from _family(child)
