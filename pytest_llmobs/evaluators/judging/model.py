"""What answers a judge's question: Claude through the anthropic SDK, a callable, an object of the user's."""

from __future__ import annotations

import asyncio
import copy
import inspect
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

from pytest_llmobs.errors import EvaluatorError, UnscoredError
from pytest_llmobs.evaluators.judging.prompt import Question
from pytest_llmobs.evaluators.judging.scale import UnusableReplyError
from pytest_llmobs.tracing.context import get_current_run_tree
from pytest_llmobs.tracing.failure import describe

DEFAULT_MODEL = "claude-haiku-5-5"
"""Judges where the user names no model: the cheapest current Claude."""
_TOOL = "verdict"


@runtime_checkable
class JudgeModel(Protocol):
    """Anything that answers questions; ``aask`` is optional.

    Example::

        @dataclass(frozen=True)
        class Local:
            name: str = "smollm2"

            def ask(self, question):
                return server.chat(question.as_text(), json_schema=question.schema)
    """

    @property
    def name(self) -> str:
        """The model's name, for scores and traces."""

    def ask(self, question: Question) -> str | Mapping[str, Any]:
        """Return the answer: JSON text or a mapping.

        Raises:
            UnusableReplyError: The model answered something else; it is asked once more.
        """


@dataclass(frozen=True)
class Claude:
    """A Claude model; the answer is forced into a tool's input."""

    revision: ClassVar[int] = 1
    name: str = DEFAULT_MODEL
    max_tokens: int = 1024
    temperature: float | None = None
    """Sent only where it is set: newer models refuse it."""
    client: Any = field(default=None, metadata={"version": False})
    """An anthropic client of the user's (Bedrock, another base URL); default one for the process."""

    def ask(self, question: Question) -> Mapping[str, Any]:
        """Ask and wait."""
        with _explained(self.name):
            client = self.client if self.client is not None else _sync_client()
            message = client.messages.create(**self._request(question))
        if inspect.isawaitable(message):
            raise EvaluatorError(
                "The judge's client is an async one. Give it a sync one; it serves both ways."
            )
        return _tool_input(message)

    async def aask(self, question: Question) -> Mapping[str, Any]:
        """Ask without blocking the loop."""
        if self.client is not None:
            return await asyncio.to_thread(self.ask, question)
        with _explained(self.name):
            message = await _async_client().messages.create(**self._request(question))
        return _tool_input(message)

    def _request(self, question: Question) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self.name,
            "max_tokens": self.max_tokens,
            "system": question.system,
            "messages": [{"role": "user", "content": question.prompt}],
            "tools": [{"name": _TOOL, "description": "Give your verdict.", "input_schema": question.schema}],
            "tool_choice": {"type": "tool", "name": _TOOL},
        }
        if self.temperature is not None:
            request["extra_body"] = {"temperature": self.temperature}
        return request


@contextmanager
def _explained(model: str) -> Iterator[None]:
    """Turn what the SDK raises into words: thirty frames of it would bury the one line that matters."""
    try:
        yield
    except Exception as error:
        from anthropic import AnthropicError

        if isinstance(error, TypeError) and "authentication method" in str(error):
            remedy = "Set ANTHROPIC_API_KEY, or give the judge a client or another model."
            raise UnscoredError(f"Judge model {model!r} can't be asked without a key. {remedy}") from error
        if isinstance(error, AnthropicError):
            raise UnscoredError(
                f"Judge model {model!r} can't be asked: {type(error).__name__}: {error}"
            ) from error
        raise


def _tool_input(message: Any) -> Mapping[str, Any]:
    for block in message.content:
        if block.type == "tool_use" and block.name == _TOOL:
            if message.stop_reason == "max_tokens":
                raise UnusableReplyError("the reply was cut off; give a shorter reason")
            return dict(block.input)
    raise UnusableReplyError(f"the reply has no verdict (stop reason {message.stop_reason!r})")


@dataclass(frozen=True)
class Called:
    """A callable ``(prompt) -> text``, sync or async; a parameter ``schema`` gets the JSON Schema."""

    revision: ClassVar[int] = 1
    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """The callable's name."""
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    def ask(self, question: Question) -> Any:
        """Call it."""
        from pytest_llmobs.evaluators.bound import wait_for

        with _recorded(self.name, question) as answered:
            reply = self._call(question)
            return answered(wait_for(reply) if inspect.isawaitable(reply) else reply)

    async def aask(self, question: Question) -> Any:
        """Call it, in a thread unless it is async."""
        if not inspect.iscoroutinefunction(self.function):
            return await asyncio.to_thread(self.ask, question)
        with _recorded(self.name, question) as answered:
            return answered(await self._call(question))

    def _call(self, question: Question) -> Any:
        takes_schema = "schema" in inspect.signature(self.function).parameters
        # A copy: an adapter may adapt the schema to what its model can do.
        options = {"schema": copy.deepcopy(question.schema)} if takes_schema else {}
        return self.function(question.as_text(), **options)


@contextmanager
def _recorded(name: str, question: Question) -> Iterator[Callable[[Any], Any]]:
    """Make the call of a function a model call of the judge's trace, unless the function traces its own.

    Yields:
        What takes the reply and gives it back.
    """
    around = get_current_run_tree()
    if around is None:
        yield lambda reply: reply
        return
    run = around.create_child(name, "llm", inputs={"prompt": question.as_text()})
    before = len(around.root.collected or ())

    def answered(reply: Any) -> Any:
        run.add_outputs({"output": reply})
        return reply

    try:
        with run.activate():
            yield answered
    except Exception as error:
        run.error = describe(error)
        raise
    finally:
        if any(kind == "llm" for _, kind, _ in (around.root.collected or ())[before:]):
            run.run_type = "chain"
        run.end()


def read_model(spec: Any, *, max_tokens: int, temperature: float | None, client: Any) -> JudgeModel:
    """Return the model that a user means.

    Args:
        spec: A Claude model's name, a callable, or a ``JudgeModel``.
        max_tokens: Longest answer, for a name.
        temperature: Sent where set, for a name.
        client: An anthropic client, for a name.

    Raises:
        EvaluatorError: It is none of these.
    """
    if isinstance(spec, str) and spec:
        return Claude(spec, max_tokens, temperature, client)
    if isinstance(spec, JudgeModel):
        return spec
    if callable(spec):
        return Called(spec)
    raise EvaluatorError(
        f"{spec!r} is no judge model. Use a Claude model's name ({DEFAULT_MODEL!r}), "
        f"a function (prompt) -> text, or an object with 'name' and 'ask'."
    )


_lock = threading.Lock()
_sync_clients: dict[int, Any] = {}
_async_clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Any] = weakref.WeakKeyDictionary()


def _sync_client() -> Any:
    """Return the process's client; a forked child makes its own, because sockets can't be shared."""
    with _lock:
        if os.getpid() not in _sync_clients:
            from anthropic import Anthropic

            _sync_clients[os.getpid()] = Anthropic()
        return _sync_clients[os.getpid()]


def _async_client() -> Any:
    """Return the running loop's client; connections belong to one loop."""
    loop = asyncio.get_running_loop()
    with _lock:
        if loop not in _async_clients:
            from anthropic import AsyncAnthropic

            _async_clients[loop] = AsyncAnthropic()
        return _async_clients[loop]
