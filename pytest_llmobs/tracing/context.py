"""The one context variable: which run is the current one, and what ``tracing_context`` says.

It holds a ``RunTree`` while a run is going on, a ``Scope`` inside ``tracing_context``, or None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from typing import Any, Generic, Protocol, TypeVar, cast


class CurrentRun(Protocol):
    """A ``RunTree``, as far as the context is concerned, which lies below it. Pickled, it becomes its stand-in."""

    line: bytes | None

    @property
    def ended(self) -> bool:
        """True once it is over; from then on it is nobody's parent."""

    @property
    def parent(self) -> CurrentRun | None:
        """The run it is nested in."""


R = TypeVar("R", bound=CurrentRun)


class Scope:
    """What ``tracing_context`` laid over the current run."""

    __slots__ = ("columns", "enabled", "metadata", "new_trace", "parent", "project", "rewriting", "tags")

    def __init__(
        self,
        parent: CurrentRun | None,
        enabled: bool | None,
        project: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
        new_trace: bool = False,
        columns: Mapping[str, Any] | None = None,
        rewriting: object = None,
    ) -> None:
        self.parent = parent
        self.new_trace = new_trace
        """True where the code asked for a new trace: spans of other tracers are no parents either."""
        self.enabled = enabled
        """True and False beat the environment; None leaves the choice to it."""
        self.project = project
        self.metadata: Mapping[str, Any] = metadata or {}
        self.tags = tuple(tags)
        self.columns = columns
        """Further columns of the traces that start here; None for none."""
        self.rewriting = rewriting
        """What changes the requests of the traces that start here; None where nothing does."""


current: ContextVar[CurrentRun | Scope | None] = ContextVar("llmobs_run", default=None)
"""The only thing that is carried into threads and tasks."""


def current_run() -> CurrentRun | None:
    """Return the run that is current here, be it ended."""
    here = current.get()
    if isinstance(here, Scope):
        return here.parent
    return here


def live(run: R | None) -> R | None:
    """Return ``run``, or its nearest ancestor that hasn't ended: a run that has ended is nobody's parent."""
    while run is not None and run.ended:
        run = cast("R | None", run.parent)
    return run


def leave(token: Token[CurrentRun | Scope | None]) -> None:
    """Undo ``current.set``, also where a generator is closed in another context than it was started in."""
    try:
        current.reset(token)
    except ValueError:
        outer = token.old_value
        current.set(None if outer is Token.MISSING else outer)


class Activation(Generic[R]):
    """The ``with`` block in which a run is the current one."""

    # A class, since every trial enters one: a generator would take three times as long.
    __slots__ = ("_run", "_token")

    def __init__(self, run: R) -> None:
        self._run = run

    def __enter__(self) -> R:
        self._token = current.set(self._run)
        return self._run

    def __exit__(self, *_: object) -> None:
        leave(self._token)
