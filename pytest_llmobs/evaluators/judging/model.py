"""What answers a judge's question: a model behind an SDK (see ``served``), a callable, an object of the user's."""

from __future__ import annotations

import asyncio
import copy
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators.judging.prompt import Question
from pytest_llmobs.evaluators.judging.served import DEFAULT_MODEL, model_named


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
        from pytest_llmobs.evaluators.bound import wait_for

        reply = self._call(question)
        return wait_for(reply) if inspect.isawaitable(reply) else reply

    async def aask(self, question: Question) -> Any:
        """Call it, in a thread unless it is async."""
        if inspect.iscoroutinefunction(self.function):
            return await self._call(question)
        return await asyncio.to_thread(self.ask, question)

    def _call(self, question: Question) -> Any:
        takes_schema = "schema" in inspect.signature(self.function).parameters
        # A copy: an adapter may adapt the schema to what its model can do.
        options = {"schema": copy.deepcopy(question.schema)} if takes_schema else {}
        return self.function(question.as_text(), **options)


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
