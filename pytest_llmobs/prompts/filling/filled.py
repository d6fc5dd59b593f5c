"""The text that came of a prompt: it remembers of which commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_llmobs.tracing.model_calls.prompt_stamps import PromptStamp


class FilledText(str):
    """A text with no variable left: a ``str`` by which a model call's run knows the prompt behind it."""

    prompt_stamp: PromptStamp | None
    """The commit it was made of; None for a prompt without a name, which was made in code."""

    def __new__(cls, text: str, stamp: PromptStamp | None = None) -> FilledText:
        """Return a text.

        Args:
            text: It.
            stamp: The commit that it was made of.
        """
        made = super().__new__(cls, text)
        made.prompt_stamp = stamp
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return FilledText, (str(self), self.prompt_stamp)
