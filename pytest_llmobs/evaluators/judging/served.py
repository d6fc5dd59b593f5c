"""Models that judge through the anthropic or the openai SDK."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
import re
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from pytest_llmobs.errors import EvaluatorError, MissingKeyError, UnscoredError
from pytest_llmobs.evaluators.judging.prompt import Question
from pytest_llmobs.evaluators.judging.scale import UnusableReplyError

DEFAULT_MODEL = "claude-haiku-5-5"
"""Judges where the user names no model: the cheapest current Claude."""
_TOOL = "verdict"
_OPENAI = re.compile(r"(chat)?gpt-|o\d")
"""How the names of OpenAI's models begin."""


class Sdk(NamedTuple):
    """The SDK that a model is asked through."""

    module: str
    client: str
    """Its client; the async one is called the same behind ``Async``."""
    error: str
    """What its exceptions have in common."""
    key: str
    """The environment variable of its key."""


@dataclass(frozen=True)
class _Served:
    """A model behind an SDK; the answer is forced into a tool's input."""

    revision: ClassVar[int] = 1
    sdk: ClassVar[Sdk]
    name: str = DEFAULT_MODEL
    max_tokens: int = 1024
    temperature: float | None = None
    """Sent only where it is set: newer models refuse it."""
    client: Any = field(default=None, metadata={"version": False})
    """A client of the user's (a cloud's, another base URL); default one for the process."""

    def ask(self, question: Question) -> str | Mapping[str, Any]:
        """Ask and wait."""
        with _explained(self.name, self.sdk, self.client):
            client = self.client
            if client is None:
                client = _sync_client(self.sdk)
            message = self._send(client, question)
        if inspect.isawaitable(message):
            raise EvaluatorError(
                "The judge's client is an async one. Give it a sync one; it serves both ways."
            )
        return self._verdict(message)

    async def aask(self, question: Question) -> str | Mapping[str, Any]:
        """Ask without blocking the loop."""
        if self.client is not None:
            return await asyncio.to_thread(self.ask, question)
        with _explained(self.name, self.sdk, self.client):
            message = await self._send(_async_client(self.sdk), question)
        return self._verdict(message)

    def _send(self, client: Any, question: Question) -> Any:
        raise NotImplementedError

    def _verdict(self, message: Any) -> str | Mapping[str, Any]:
        raise NotImplementedError


@dataclass(frozen=True)
class Claude(_Served):
    """A Claude model, through the anthropic SDK."""

    sdk: ClassVar[Sdk] = Sdk("anthropic", "Anthropic", "AnthropicError", "ANTHROPIC_API_KEY")

    def _send(self, client: Any, question: Question) -> Any:
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
        return client.messages.create(**request)

    def _verdict(self, message: Any) -> Mapping[str, Any]:
        for block in message.content:
            if block.type == "tool_use" and block.name == _TOOL:
                if message.stop_reason == "max_tokens":
                    raise UnusableReplyError("the reply was cut off; give a shorter reason")
                return dict(block.input)
        raise UnusableReplyError(f"the reply has no verdict (stop reason {message.stop_reason!r})")


@dataclass(frozen=True)
class Gpt(_Served):
    """A model of OpenAI's, or of whoever speaks its API, through the openai SDK.

    ``max_tokens`` isn't sent: these models count their thinking in it.
    """

    sdk: ClassVar[Sdk] = Sdk("openai", "OpenAI", "OpenAIError", "OPENAI_API_KEY")

    def _send(self, client: Any, question: Question) -> Any:
        function = {"name": _TOOL, "description": "Give your verdict.", "parameters": question.schema}
        request: dict[str, Any] = {
            "model": self.name,
            "messages": [
                {"role": "system", "content": question.system},
                {"role": "user", "content": question.prompt},
            ],
            "tools": [{"type": "function", "function": function}],
            "tool_choice": {"type": "function", "function": {"name": _TOOL}},
        }
        if self.temperature is not None:
            request["temperature"] = self.temperature
        return client.chat.completions.create(**request)

    def _verdict(self, message: Any) -> str:
        choice = message.choices[0]
        if choice.finish_reason == "length":
            raise UnusableReplyError("the reply was cut off; give a shorter reason")
        for call in choice.message.tool_calls or ():
            if call.type == "function" and call.function.name == _TOOL:
                return str(call.function.arguments)
        raise UnusableReplyError(f"the reply has no verdict (finish reason {choice.finish_reason!r})")


@contextmanager
def _explained(model: str, sdk: Sdk, client: Any) -> Iterator[None]:
    """Turn what the SDK raises into words: thirty frames of it would bury the one line that matters."""
    try:
        yield
    except Exception as error:
        base = getattr(sys.modules.get(sdk.module), sdk.error, None)
        if _lacks_key(error, base, sdk, client):
            raise MissingKeyError(
                f"Judge model {model!r} can't be asked without a key. "
                f"Set {sdk.key}, or give the judge a client or another model."
            ) from error
        if base is not None and isinstance(error, base):
            raise UnscoredError(
                f"Judge model {model!r} can't be asked: {type(error).__name__}: {error}"
            ) from error
        raise


def _lacks_key(error: Exception, base: type[Exception] | None, sdk: Sdk, client: Any) -> bool:
    """Tell whether the SDK has found no key: it then raises no error of a request, but this."""
    if not isinstance(error, TypeError) and type(error) is not base:
        return False
    if client is None:
        return not os.environ.get(sdk.key)
    return not any(getattr(client, name, None) for name in ("api_key", "auth_token", "credentials"))


def model_named(name: str, max_tokens: int, temperature: float | None, client: Any) -> _Served:
    """Return the model called ``name``, behind the SDK of ``client``, else of whoever has models of such names."""
    if _speaks_openai(name, client):
        return Gpt(name, max_tokens, temperature, client)
    return Claude(name, max_tokens, temperature, client)


def _speaks_openai(name: str, client: Any) -> bool:
    if client is None:
        return bool(_OPENAI.match(name))
    for kind in type(client).__mro__:  # a user's client may be a subclass of the SDK's
        if kind.__module__.partition(".")[0] == "openai":
            return True
    return False


# Of the process, or of a loop: every judge of a suite shares the connections, which are what a client costs.
_lock = threading.Lock()
_sync_clients: dict[tuple[int, str], Any] = {}
_async_clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Any]] = (
    weakref.WeakKeyDictionary()
)


def _sync_client(sdk: Sdk) -> Any:
    """Return the process's client; a forked child makes its own, because sockets can't be shared."""
    with _lock:
        key = os.getpid(), sdk.module
        if key not in _sync_clients:
            _sync_clients[key] = _made(sdk, sdk.client)
        return _sync_clients[key]


def _async_client(sdk: Sdk) -> Any:
    """Return the running loop's client; connections belong to one loop."""
    loop = asyncio.get_running_loop()
    with _lock:
        clients = _async_clients.setdefault(loop, {})
        if sdk.module not in clients:
            clients[sdk.module] = _made(sdk, f"Async{sdk.client}")
        return clients[sdk.module]


def _made(sdk: Sdk, kind: str) -> Any:
    try:
        return getattr(importlib.import_module(sdk.module), kind)()
    except ImportError as error:
        raise UnscoredError(
            f"This judge needs the {sdk.module} package: {error}. Run `pip install {sdk.module}`."
        ) from error
