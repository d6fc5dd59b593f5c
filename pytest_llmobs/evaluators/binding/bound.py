"""An evaluator that is ready to score, and the rule that scoring never raises."""

from __future__ import annotations

import contextvars
import inspect
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pytest_llmobs.errors import CassetteError, EvaluatorError, UnscoredError
from pytest_llmobs.evaluators.binding.results import scores_of
from pytest_llmobs.evaluators.binding.signature import Signature
from pytest_llmobs.evaluators.binding.subject import NotApplicable, NotTimed, Subject
from pytest_llmobs.records.scores import UNTIMED, Score
from pytest_llmobs.tracing.failure import describe


@dataclass(frozen=True)
class BoundEvaluator:
    """An evaluator, ready to score. Made by ``bind``."""

    revision: ClassVar[int] = 1
    key: str
    """The metric's name."""
    version: str
    """16 hex digits over code, parameters, rubric and model; scores of two versions can't be compared."""
    cheap: bool = field(metadata={"version": False})
    """True where it is fast and pure CPU: run it inline instead of in a thread."""
    is_async: bool = field(metadata={"version": False})
    """True where it is a coroutine function: ``ascore`` awaits it, ``score`` gives it a loop of its own."""
    spec: Any = field(repr=False, metadata={"version": False})
    """What the user wrote."""
    signature: Signature = field(repr=False, metadata={"version": False})
    """Which parts of the subject it asks for."""
    sync_call: Callable[..., Any] | None = field(repr=False, default=None, metadata={"version": False})
    """The sync way to call it; None where there is only an async one."""
    async_call: Callable[..., Any] | None = field(repr=False, default=None, metadata={"version": False})
    """The async way to call it; None where there is only a sync one."""

    def score(self, subject: Subject) -> list[Score]:
        """Score ``subject``; an evaluator that fails gives one unscored ``Score`` with its traceback."""
        try:
            returned = self.signature.call(self._any_call(), subject)
            if inspect.isawaitable(returned):
                returned = wait_for(returned)
            return scores_of(returned, self.key)
        # Not `Exception`: an evaluator that calls `sys.exit` or `pytest.skip` must not end somebody's session.
        except BaseException as error:
            if interrupts(error):
                raise
            return [unscored(self.key, error)]

    async def ascore(self, subject: Subject) -> list[Score]:
        """Score ``subject`` without blocking the loop: awaited, inline where cheap, else in a thread."""
        # A thread costs more than a cheap score does; any other sync call would hold up the loop.
        if self.async_call is None and not self.cheap:
            import asyncio

            return await asyncio.to_thread(self.score, subject)
        try:
            call = self.async_call
            if call is None:
                call = self._any_call()
            returned = self.signature.call(call, subject)
            if inspect.isawaitable(returned):
                returned = await returned
            return scores_of(returned, self.key)
        except BaseException as error:
            if interrupts(error):
                raise
            return [unscored(self.key, error)]

    def _any_call(self) -> Callable[..., Any]:
        # Not `or`: an object of the user's may be false, by its `__len__` or `__bool__`.
        if self.sync_call is not None:
            return self.sync_call
        if self.async_call is not None:
            return self.async_call
        raise EvaluatorError(f"Evaluator {self.key!r} was bound without anything to call; use bind().")


def is_interruption(error: BaseException) -> bool:
    """Return True for what isn't the evaluator's failure; all else is, ``SystemExit`` and ``pytest.skip`` included."""
    if isinstance(error, KeyboardInterrupt | GeneratorExit):
        return True
    asyncio = sys.modules.get("asyncio")  # where nobody has imported it, nothing of it was raised
    return asyncio is not None and isinstance(error, asyncio.CancelledError)


def interrupts(error: BaseException) -> bool:
    """Return True for what an evaluator raised because somebody stops it; a cancellation of its own is its failure."""
    if not is_interruption(error) or isinstance(error, KeyboardInterrupt | GeneratorExit):
        return is_interruption(error)
    import asyncio

    try:
        task = asyncio.current_task()
    except RuntimeError:  # no loop runs in this thread, and nothing could cancel it
        return False
    return task is not None and task.cancelling() > 0


def unscored(key: str, error: BaseException) -> Score:
    """Return the score of an evaluator that raised ``error``: none, and why."""
    if isinstance(error, NotApplicable):
        metadata = {UNTIMED: True} if isinstance(error, NotTimed) else {}
        return Score(key, error=str(error), metadata=metadata, exempt=True)
    if isinstance(error, UnscoredError | EvaluatorError | CassetteError):
        # Messages of our own are written for the user; a traceback would bury them.
        return Score(key, error=str(error))
    return Score(key, error=describe(error))


def wait_for(awaitable: Awaitable[Any]) -> Any:
    """Run ``awaitable`` to its end, also where this thread's own loop is busy running us."""
    import asyncio

    async def await_it() -> Any:
        return await awaitable

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(await_it())
    return _in_thread(lambda: asyncio.run(await_it()))


def _in_thread(call: Callable[[], Any]) -> Any:
    outcome: list[tuple[Any, BaseException | None]] = []
    context = contextvars.copy_context()  # with the current run, so that calls below it stay in its trace

    def work() -> None:
        try:
            outcome.append((context.run(call), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join()
    value, error = outcome[0]
    if error is not None:
        raise error
    return value
