"""Which prompts a model call sends: told by the objects in its request or its arguments, else by their texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.records.prompt_uses import UNFILLED_KEY
from pytest_llmobs.tracing.model_calls.prompt_stamps import (
    PromptRecognizer,
    PromptStamp,
    Recognised,
    filled_in,
    stamp_run,
)
from pytest_llmobs.tracing.run_tree import RunTree

_NOT_LOOKED_THROUGH = frozenset({"tools", "metadata", "data", "image_url"})
"""Keys below which no prompt stands, and much may."""
_SHORTEST, _LONGEST = 12, 256 << 10
"""Characters of a text that may be known by its text."""
_SHORTEST_PART = 16
"""Characters of a filled prompt that is known within another text."""
_DEEPEST = 50


def note_prompts(run: RunTree, request: Mapping[str, Any], *, is_sent: bool = True) -> LlmobsError | None:
    """Stamp the run of a model call, and its open ancestors, with the prompts that the request sends.

    Args:
        run: The call's.
        request: Its body, as the SDK has prepared it; or the arguments of a decorated function.
        is_sent: False for arguments, since a function may fill a prompt before it sends it.

    Returns the error for a prompt that was never filled, where tests are to end in it. Nothing else is an error: a run
    whose prompts can't be told says so in its metadata.
    """
    recognizer = run.tracer.recognizer
    try:
        if recognizer is None or not recognizer.knows_any:
            recognizer = None
            if run.root.filled is None:
                return None
        search = _Search(run, recognizer)
        texts: list[str] = []
        _add_texts(dict(request), texts)
        for text in texts:
            search.look_at(text)
    except Exception as error:
        run.metadata["prompt_search_error"] = type(error).__qualname__
        return None
    search.note(is_sent=is_sent)
    return search.error if is_sent else None


class _Search:
    """The prompts of one request."""

    def __init__(self, run: RunTree, recognizer: PromptRecognizer | None) -> None:
        self._run = run
        self._recognizer = recognizer
        self._filled = filled_in(run)
        self._recognised: list[Recognised] = []
        self.error: LlmobsError | None = None
        """What tests end in."""

    def look_at(self, text: str) -> None:
        """Note the prompts that a text is made of."""
        known = self._known(text) if type(text) is not str else None
        if not _SHORTEST <= len(text) <= _LONGEST:
            return
        parts = []
        for prompt in self._filled:
            # a known text may be made of other prompts; an earlier commit of its own is none of them
            if prompt.stamp.name != known and _holds(text, prompt.text):
                parts.append(Recognised(prompt.stamp))
        self._recognised += parts
        if not parts and known is None and self._recognizer is not None:
            self._recognised += self._recognizer.recognise(text)

    def _known(self, text: Any) -> str | None:
        """Return which prompt a text's own object says it is, or None; note it, and what is wrong with sending it."""
        unfilled = _unfilled(text)
        if unfilled is not None and self._recognizer is not None and self._recognizer.is_strict:
            self.error = self.error or unfilled
        stamp: PromptStamp | None = getattr(text, "prompt_stamp", None)
        if stamp is None:
            return None
        self._recognised.append(Recognised(stamp, tuple(getattr(unfilled, "missing", ()))))
        return stamp.name

    def note(self, *, is_sent: bool) -> None:
        """Stamp the run and its ancestors."""
        for stamp, unfilled in self._recognised:
            stamp_run(self._run, dict([stamp.entry]))
            if not is_sent:
                continue
            for variable in unfilled:
                stamp_run(self._run, {f"{UNFILLED_KEY}{stamp.name}": variable})
            if unfilled:
                names = ", ".join(unfilled)
                self._run.tracer.warn_once(
                    f"{self._run.name} was sent the prompt {stamp.name!r} with {names} unfilled; the metadata of each "
                    f"such run says so: {UNFILLED_KEY}{stamp.name}"
                )


def _unfilled(text: Any) -> LlmobsError | None:
    """Return what is wrong with sending a prompt as it is, or None: it is a filled one, or has no variables."""
    if not hasattr(text, "sending_error"):
        return None
    try:
        error: LlmobsError | None = text.sending_error()
    except LlmobsError as problem:  # a brace in it stands alone
        return problem
    return error


def _holds(text: str, part: str) -> bool:
    return part == text or (len(part) >= _SHORTEST_PART and part in text)


def _add_texts(value: Any, texts: list[str], depth: int = 0) -> None:
    """Add every text of a request to ``texts``, but for those below keys that hold no prompt."""
    if isinstance(value, str):
        if len(value) >= _SHORTEST or type(value) is not str:
            texts.append(value)
    elif depth > _DEEPEST:
        return
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in _NOT_LOOKED_THROUGH:
                _add_texts(item, texts, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _add_texts(item, texts, depth + 1)
