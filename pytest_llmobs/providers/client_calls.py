"""One call of a generated SDK's ``request``, from before it is sent to the end of its reply."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.providers import bodies, replies
from pytest_llmobs.providers.base import Exchange
from pytest_llmobs.providers.calls import Reply


class ClientCall:
    """One call of ``request``: its exchange, and the response that was seen last."""

    def __init__(
        self,
        exchange: Exchange,
        reader_of: Callable[[Any], replies.ResponseReader],
        sending: AbstractContextManager[Any],
    ) -> None:
        """Follow a call.

        Args:
            exchange: Logs it.
            reader_of: Returns what reads a response's body.
            sending: Replays or records what is sent.
        """
        self._exchange, self._sending = exchange, sending
        self._reader_of = reader_of
        self.response: Any = None

    def __enter__(self) -> None:
        self._activation = self._exchange.run.activate()
        self._activation.__enter__()
        self._token = current_call.set(self)
        self._sending.__enter__()

    def __exit__(self, kind: Any, error: BaseException | None, where: Any) -> None:
        try:
            self._sending.__exit__(kind, error, where)
        except CassetteError as missing:
            error = missing
            raise
        finally:
            current_call.reset(self._token)
            self._activation.__exit__(None, None, None)
            if error is not None:
                self._end_failed(error)

    def _end_failed(self, error: BaseException) -> None:
        response, self.response = self.response, None
        self._exchange.end_with(lambda: self._failed(response, error))

    def _failed(self, response: Any, error: BaseException) -> Reply:
        """Return what is logged of a call that raised: with the reply, where the SDK couldn't make sense of one."""
        try:
            content = response.content
        except Exception:  # no reply came, or nobody has read it
            return replies.failed(error)
        reader = self._reader_of(response)
        return replace(reader.read_decoded(content), error=error, status=None)

    def settle(self, result: Any) -> None:
        """End the exchange with a result that is there, or follow the body that isn't read yet."""
        # Nothing kept here may hold the response: that would be a cycle, and a dropped stream stay open.
        response, self.response = self.response or getattr(result, "http_response", None), None
        if response is None:  # a middleware answered in place of the API
            self._exchange.end_with(lambda: Reply(outputs=result))
            return
        reader = self._reader_of(response)
        if bodies.unread(response):
            self._exchange.follow(response, reader.read)
        else:
            self._exchange.end_with(lambda: reader.read_decoded(response.content))


class UnloggedCall:
    """One call of ``request`` that no run is made of: a list of models, a file."""

    def __init__(self, sending: AbstractContextManager[Any]) -> None:
        """Take what replays or records what is sent."""
        self._sending = sending

    def __enter__(self) -> None:
        self._sending.__enter__()

    def __exit__(self, kind: Any, error: BaseException | None, where: Any) -> None:
        self._sending.__exit__(kind, error, where)

    def settle(self, result: Any) -> None:
        """Do nothing: no run waits for the result."""


current_call: ContextVar[ClientCall | None] = ContextVar("llmobs_sdk_call", default=None)
"""In whose ``request`` a response is processed: the SDK hands it to a method that knows of no call."""
