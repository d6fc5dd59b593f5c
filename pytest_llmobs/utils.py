"""What scripts import from LangSmith's module of that name: its errors above all."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor as ContextThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pytest_llmobs.client.base import ClientWarning as LangSmithWarning
from pytest_llmobs.client.refused_imports import missing
from pytest_llmobs.clocks import microseconds_of, real
from pytest_llmobs.errors import (
    LangSmithAPIError,
    LangSmithAuthError,
    LangSmithConflictError,
    LangSmithConnectionError,
    LangSmithError,
    LangSmithExceptionGroup,
    LangSmithNotFoundError,
    LangSmithRateLimitError,
    LangSmithRequestTimeout,
    LangSmithUserError,
)
from pytest_llmobs.tracing import active
from pytest_llmobs.tracing.ids import new_id
from pytest_llmobs.tracing.parent import find_parent

LS_MESSAGE_VIEW_EXCLUDE = "ls_message_view_exclude"
"""A metadata key: LangSmith's pages leave out runs that have it. Here it is kept, and means nothing."""


class LangSmithMissingAPIKeyWarning(LangSmithWarning):
    """Never given: there is no service, and no key."""


def tracing_is_enabled(ctx: Any = None) -> bool:
    """Return True where a call that starts here is traced.

    Args:
        ctx: LangSmith's; it has no effect.
    """
    return find_parent() is not None


def get_tracer_project(return_default_value: bool = True) -> str | None:
    """Return the project of traces that start here, unless a context or a decorator names one.

    Args:
        return_default_value: False gives None where the environment names none.
    """
    tracer = active.find(None)
    if tracer is not None and tracer.enabled:
        return tracer.project
    named = os.environ.get("LLMOBS_PROJECT", "").strip()
    if named or not return_default_value:
        return named or None
    return "default"


def uuid7() -> UUID:
    """Return a new id that sorts by time, as runs have them."""
    return UUID(new_id(real.time_ns()))


def uuid7_from_datetime(dt: datetime) -> UUID:
    """Return a new id that sorts by a time; without a time zone it is local."""
    return UUID(new_id(microseconds_of(dt) * 1000))


__all__ = [
    "LS_MESSAGE_VIEW_EXCLUDE",
    "ContextThreadPoolExecutor",
    "LangSmithAPIError",
    "LangSmithAuthError",
    "LangSmithConflictError",
    "LangSmithConnectionError",
    "LangSmithError",
    "LangSmithExceptionGroup",
    "LangSmithMissingAPIKeyWarning",
    "LangSmithNotFoundError",
    "LangSmithRateLimitError",
    "LangSmithRequestTimeout",
    "LangSmithUserError",
    "LangSmithWarning",
    "get_tracer_project",
    "tracing_is_enabled",
    "uuid7",
    "uuid7_from_datetime",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        raise missing("utils", name, __all__)
