"""The answer of the item under way as somebody edits it: kept until it makes sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.review.terminal.correction import form_of, outputs_of, text_of
from pytest_llmobs.errors import ArgumentError

if TYPE_CHECKING:
    from pytest_llmobs.review.sessions import ReviewSession
    from pytest_llmobs.review.working.current import Current


class AnswerEdit:
    """What is edited, and what comes of it."""

    def __init__(self, session: ReviewSession) -> None:
        """Begin with the answer as it is."""
        self._session = session
        self.broken: str | None = None
        """What was written and is no JSON yet."""

    def text(self, current: Current) -> tuple[str, str]:
        """Return the answer as a text, as it was corrected so far, and the end of a file's name for it."""
        form = form_of(current.material.outputs)
        if self.broken is not None:
            return self.broken, form.suffix
        return text_of(current.correction or current.material.outputs, form), form.suffix

    def take(self, current: Current, text: str) -> str:
        """Take the answer as somebody edited it; return what to say.

        Raises:
            ArgumentError: No text was left; or it must be JSON and isn't: then it is kept, and edited again next time.
        """
        outputs = current.material.outputs
        form = form_of(outputs)
        before, _ = self.text(current)
        if text == before and self.broken is None:
            return "The text is unchanged."
        if not text.strip():
            self.broken = None
            raise ArgumentError("No text was left: the answer stays as it was.")
        try:
            corrected = outputs_of(text, form)
        except ArgumentError as error:
            self.broken = text
            raise ArgumentError(f"{error} What you wrote is kept: e goes on with it, u drops it.") from None
        self.broken = None
        if text == text_of(outputs, form):
            self._session.correct(None)
            return "That is the answer as it was: no correction."
        self._session.correct(corrected)
        return "Corrected."

    def check(self) -> None:
        """Make sure that nothing is half done.

        Raises:
            ArgumentError: What was written is no JSON yet.
        """
        if self.broken is not None:
            raise ArgumentError("The correction is no JSON yet: e goes on with it, u drops it.")

    def drop(self) -> bool:
        """Drop what is half done; return True where there was something."""
        was_broken, self.broken = self.broken is not None, None
        return was_broken
