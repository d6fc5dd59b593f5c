"""``wrap_openai`` and ``wrap_anthropic`` for scripts written for LangSmith: an SDK is logged without a wrapper here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pytest_llmobs.client.refused_imports import missing
from pytest_llmobs.errors import NotSupported
from pytest_llmobs.production import connect

C = TypeVar("C")


def wrap_openai(client: C, *, tracing_extra: dict[str, Any] | None = None, **names: Any) -> C:
    """Return an OpenAI client as it is: where tracing is on, every client's calls are logged.

    Args:
        client: The client.
        tracing_extra: Not supported: ``tracing_context(metadata=…, tags=…)`` around the calls says it.
        **names: ``chat_name`` and ``completions_name``: a call is named by its endpoint here.

    Raises:
        NotSupported: ``tracing_extra`` is given.
    """
    return _as_it_is(client, tracing_extra)


def wrap_anthropic(client: C, *, tracing_extra: dict[str, Any] | None = None, **names: Any) -> C:
    """Return an Anthropic client as it is: where tracing is on, every client's calls are logged.

    Args:
        client: The client.
        tracing_extra: Not supported: ``tracing_context(metadata=…, tags=…)`` around the calls says it.
        **names: ``chat_name`` and ``completions_name``: a call is named by its endpoint here.

    Raises:
        NotSupported: ``tracing_extra`` is given.
    """
    return _as_it_is(client, tracing_extra)


def _as_it_is(client: C, tracing_extra: dict[str, Any] | None) -> C:
    from pytest_llmobs.tracing import active

    if tracing_extra:
        raise NotSupported(
            "tracing_extra=… is not supported: a client is not wrapped here. "
            "`with tracing_context(metadata=…, tags=…):` around the calls gives it to their runs."
        )
    connect()
    active.find(None)  # instruments what is imported already, if the environment asks for tracing
    return client


__all__ = ["wrap_anthropic", "wrap_openai"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        raise missing("wrappers", name, __all__)
