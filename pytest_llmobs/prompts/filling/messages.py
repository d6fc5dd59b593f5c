"""The texts of messages: which strings are filled, and the messages that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_llmobs.prompts.filling.filled import FilledText
from pytest_llmobs.prompts.filling.problems import Part
from pytest_llmobs.prompts.filling.variables import literal, parse

if TYPE_CHECKING:
    from pytest_llmobs.tracing.model_calls.prompt_stamps import PromptStamp

_TEXTS = ("content", "text", "url", "image_url")
"""Keys whose strings are filled, in a message and in blocks below the keys that follow."""
_BLOCKS = ("content", "source", "image_url")
PLACEHOLDER = "placeholder"
"""The role of a message that stands for a list of messages: ``{"role": "placeholder", "content": "{history}"}``."""


class MessageTexts:
    """The strings of messages, in the order in which they stand there."""

    def __init__(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Take them apart; nothing of them is changed."""
        self._messages = messages
        self.lists: list[str] = []
        """Variables in whose place a list of messages is given."""
        self.parts: list[Part] = []
        """Every text that is filled, and every other string with a brace."""
        for number, message in enumerate(messages, 1):
            name = list_variable(message)
            if name is not None:
                self.lists.append(name)
                continue
            place = f"message {number} ({message.get('role')})"
            for string, is_template in _strings(message, is_filled=True):
                text = str.__str__(string)
                if is_template:
                    self.parts.append(Part(text, parse(text), place))
                elif "{" in text:
                    self.parts.append(Part(text, literal(text), place, is_template=False))

    def messages(
        self, filled: Sequence[str], values: Mapping[str, Any], stamp: PromptStamp | None
    ) -> list[dict[str, Any]]:
        """Return the messages with filled texts.

        Args:
            filled: A text for each of ``parts``.
            values: The lists of messages are taken from here.
            stamp: What stands for the prompt on a run.
        """
        texts: list[FilledText] = []
        for part, text in zip(self.parts, filled, strict=True):
            if part.is_template:
                texts.append(FilledText(text, stamp))
        rest = iter(texts)
        made: list[dict[str, Any]] = []
        for message in self._messages:
            name = list_variable(message)
            if name is None:
                made.append(_refilled(message, lambda _: next(rest), is_filled=True))
            else:
                made.extend(map(dict, values.get(name) or ()))
        return made


def is_message(value: Any) -> bool:
    """Tell whether a value has a role and a content."""
    return isinstance(value, Mapping) and isinstance(value.get("role"), str) and "content" in value


def copied(message: Mapping[str, Any], template: Callable[[str], str]) -> dict[str, Any]:
    """Return a copy of a message, in which each string that is filled is what ``template`` makes of it."""
    copy: dict[str, Any] = _refilled(message, template, is_filled=True)
    return copy


def list_variable(message: Mapping[str, Any]) -> str | None:
    """Return the variable in whose place a list of messages is given, or None for an ordinary message."""
    content = message.get("content")
    if message.get("role") != PLACEHOLDER or not isinstance(content, str):
        return None
    spots = parse(content.strip())
    if spots.pieces[:1] + spots.pieces[2:] != ("", ""):
        return None
    return spots.pieces[1]


def _strings(node: Any, *, is_filled: bool) -> Iterator[tuple[str, bool]]:
    """Yield each string below a message or block, and whether it is filled."""
    for key, value in _items(node):
        is_text = is_filled and key in _TEXTS
        if isinstance(value, str):
            yield value, is_text
        elif isinstance(value, dict | list):
            yield from _strings(value, is_filled=is_filled and _is_looked_into(node, key))


def _refilled(node: Any, template: Callable[[str], str], *, is_filled: bool) -> Any:
    """Return a copy of a message or block, in which each string that is filled is what ``template`` makes of it."""
    copied: dict[Any, Any] = {}
    for key, value in _items(node):
        if isinstance(value, str):
            copied[key] = template(value) if is_filled and key in _TEXTS else value
        elif isinstance(value, dict | list):
            copied[key] = _refilled(value, template, is_filled=is_filled and _is_looked_into(node, key))
        else:
            copied[key] = value
    return list(copied.values()) if isinstance(node, list) else copied


def _is_looked_into(node: Any, key: Any) -> bool:
    return isinstance(node, list) or key in _BLOCKS


def _items(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, Mapping):
        yield from node.items()
        return
    yield from enumerate(node)
