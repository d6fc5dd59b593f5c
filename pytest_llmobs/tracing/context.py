"""The one context variable: which run is the current one, and what ``tracing_context`` says.

It holds a ``RunTree`` while a run is going on, a ``Scope`` inside ``tracing_context``, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_llmobs.tracing.run_tree import RunTree


class Scope:
    """What ``tracing_context`` laid over the current run."""

    __slots__ = ("apart", "enabled", "metadata", "parent", "project", "tags")

    def __init__(
        self,
        parent: RunTree | None,
        enabled: bool | None,
        project: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
        apart: bool = False,
    ) -> None:
        self.parent = parent
        self.apart = apart
        """True where the code asked for a new trace: spans of other tracers are no parents either."""
        self.enabled = enabled
        """True and False beat the environment; None leaves the choice to it."""
        self.project = project
        self.metadata: Mapping[str, Any] = metadata or {}
        self.tags = tuple(tags)


current: ContextVar[RunTree | Scope | None] = ContextVar("llmobs_run", default=None)
"""The only thing that is carried into threads and tasks."""

narrow: Callable[[RunTree | None], RunTree | None] | None = None
"""Given the current run, returns the one below it that another tracer says is going on here, or the same. None
where no other tracer is listened to."""


def live(run: RunTree | None) -> RunTree | None:
    """Return ``run``, or its nearest ancestor that hasn't ended: a run that has ended is nobody's parent."""
    while run is not None and run.ended:
        run = run.parent
    return run


def leave(token: Token[RunTree | Scope | None]) -> None:
    """Undo ``current.set``, also where a generator is closed in another context than it was started in."""
    try:
        current.reset(token)
    except ValueError:
        current.set(None if token.old_value is Token.MISSING else token.old_value)


class Activation:
    """The ``with`` block in which a run is the current one."""

    # A class, since every trial enters one: a generator would take three times as long.
    __slots__ = ("_run", "_token")

    def __init__(self, run: RunTree) -> None:
        self._run = run

    def __enter__(self) -> RunTree:
        self._token = current.set(self._run)
        return self._run

    def __exit__(self, *_: object) -> None:
        leave(self._token)


def get_current_run_tree() -> RunTree | None:
    """Return the run that is going on here, or None: outside a run, and where tracing is disabled."""
    here = current.get()
    if isinstance(here, Scope) and here.enabled is False:
        return None
    return going_on(here)


def going_on(here: RunTree | Scope | None) -> RunTree | None:
    """Return the run that what starts now belongs under, or None.

    Args:
        here: What ``current`` holds.
    """
    scope = here if isinstance(here, Scope) else None
    run = live(here if scope is None else scope.parent)  # type: ignore[arg-type]
    if narrow is None or (scope is not None and scope.apart):
        return run
    return narrow(run)


@contextmanager
def tracing_context(
    *,
    enabled: bool | None = None,
    project_name: str | None = None,
    tags: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    parent: RunTree | Mapping[str, str] | str | bool | None = None,
) -> Iterator[None]:
    """Change how the code inside the ``with`` block is traced.

    Args:
        enabled: True traces even where the environment says off, False hides what is called here; None keeps
            what holds. A decorator's own ``enabled`` beats it.
        project_name: The project of traces that start here.
        tags: Added to every run that starts here.
        metadata: Merged into every run that starts here.
        parent: A run, the headers of a request that carry one (see ``RunTree.to_headers``), or False for
            none.

    Raises:
        LlmobsError: ``parent`` is none of these.
    """
    token = current.set(_overlay(enabled, project_name, tags or (), metadata or {}, parent))
    try:
        yield
    finally:
        leave(token)


def _overlay(
    enabled: bool | None, project: str | None, tags: Sequence[str], metadata: Mapping[str, Any], parent: Any
) -> Scope:
    from pytest_llmobs.tracing import tracer
    from pytest_llmobs.tracing.parent import find_parent

    if enabled:
        tracer.require()
    here = current.get()
    if not isinstance(here, Scope):
        here = live(here)
    outer = here if isinstance(here, Scope) else Scope(here, None if here is None else True)
    return Scope(
        find_parent(parent, outer.parent),
        outer.enabled if enabled is None else enabled,
        project or outer.project,
        {**outer.metadata, **metadata},
        (*outer.tags, *(tag for tag in tags if tag not in outer.tags)),
        outer.apart if parent is None or parent is True else parent in (False, "ignore"),
    )
