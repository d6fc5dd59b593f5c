"""What answers a judge's question: a model behind an SDK (see ``served``), a callable, an object of the user's."""

from __future__ import annotations

import asyncio
import copy
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators.judging.prompt import Question
from pytest_llmobs.evaluators.judging.served import DEFAULT_MODEL, model_named
from pytest_llmobs.tracing.failure import describe
from pytest_llmobs.tracing.parent import get_current_run_tree


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
        from pytest_llmobs.evaluators.binding.bound import wait_for

        with _recorded(self.name, question) as answered:
            reply = self._call(question)
            if inspect.isawaitable(reply):
                reply = wait_for(reply)
            return answered(reply)

    async def aask(self, question: Question) -> Any:
        """Call it, in a thread unless it is async."""
        if not inspect.iscoroutinefunction(self.function):
            return await asyncio.to_thread(self.ask, question)
        with _recorded(self.name, question) as answered:
            return answered(await self._call(question))

    def _call(self, question: Question) -> Any:
        if "schema" not in inspect.signature(self.function).parameters:
            return self.function(question.as_text())
        # A copy: an adapter may adapt the schema to what its model can do.
        return self.function(question.as_text(), schema=copy.deepcopy(question.schema))


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
        for finished in (around.root.collected or ())[before:]:
            if finished.run_type == "llm":  # the function's own call: counted twice it would cost twice
                run.run_type = "chain"
        run.end()


def read_model(spec: Any, *, max_tokens: int, temperature: float | None, client: Any) -> JudgeModel:
    """Return the model that a user means.

    Args:
        spec: The name of a Claude or of an OpenAI model, a callable, or a ``JudgeModel``.
        max_tokens: Longest answer, for a name.
        temperature: Sent where set, for a name.
        client: A client of the anthropic or the openai SDK, for a name; it says which of them is asked.

    Raises:
        EvaluatorError: It is none of these.
    """
    if isinstance(spec, str) and spec:
        return model_named(spec, max_tokens, temperature, client)
    if isinstance(spec, JudgeModel):
        return spec
    if callable(spec):
        return Called(spec)
    raise EvaluatorError(
        f"{spec!r} is no judge model. Use a model's name ({DEFAULT_MODEL!r}, 'gpt-5-mini'), "
        f"a function (prompt) -> text, or an object with 'name' and 'ask'."
    )
