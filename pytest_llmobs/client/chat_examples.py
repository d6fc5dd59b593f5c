"""The client's methods that append an example of a chat, in LangSmith's form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pytest_llmobs.client.examples import ExampleMethods

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_llmobs.records.examples import Example


class ChatExampleMethods(ExampleMethods):
    """Examples whose inputs are a prompt, or messages: shorter ways to ``create_example``."""

    def create_llm_example(
        self,
        prompt: str,
        generation: str | None = None,
        dataset_id: Any = None,
        dataset_name: str | None = None,
        created_at: datetime | None = None,
    ) -> Example:
        """Append a prompt and the text that answers it, both as texts: ``{"input": …}`` and ``{"output": …}``.

        Raises:
            ArgumentError: No dataset is named, or two are.
            NotFoundError: There is no such dataset.
            DatasetError: The dataset's file isn't edited, or makes no sense.
        """
        return self.create_example(
            {"input": prompt},
            dataset_id,
            dataset_name,
            reference_outputs={"output": generation},
            created_at=created_at,
        )

    def create_chat_example(
        self,
        messages: Sequence[Any],
        generations: Any = None,
        dataset_id: Any = None,
        dataset_name: str | None = None,
        created_at: datetime | None = None,
    ) -> Example:
        """Append messages and the one that answers them: ``{"input": […]}`` and ``{"output": {…}}``.

        Args:
            messages: Dicts, or messages of LangChain.
            generations: The answer, of the same kind.
            dataset_id: The same as ``dataset_name``.
            dataset_name: The dataset.
            created_at: When it was made; by default not kept.

        Raises:
            ArgumentError: No dataset is named, or two are.
            NotFoundError: There is no such dataset.
            DatasetError: The dataset's file isn't edited, or makes no sense.
        """
        answer = None if generations is None else {"output": _plain(generations)}
        return self.create_example(
            {"input": list(map(_plain, messages))},
            dataset_id,
            dataset_name,
            reference_outputs=answer,
            created_at=created_at,
        )


def _plain(message: Any) -> Any:
    """Return a message of LangChain as a dict, in LangSmith's form; anything else as it is."""
    if not hasattr(message, "content") or not hasattr(message, "type"):
        return message
    data = {"content": message.content}
    further = getattr(message, "additional_kwargs", None)
    if further:
        data["additional_kwargs"] = dict(further)
    return {"type": message.type, "data": data}
