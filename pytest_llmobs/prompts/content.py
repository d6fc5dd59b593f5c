"""What a prompt is: a text, messages, or a template of LangChain; and how each stands in a file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pytest_llmobs.errors import ArgumentError, StoreError
from pytest_llmobs.files import encodable
from pytest_llmobs.prompts import langchain
from pytest_llmobs.prompts.documents import dump, load
from pytest_llmobs.prompts.filling.messages import PLACEHOLDER, is_message, list_variable
from pytest_llmobs.prompts.filling.origin import Origin
from pytest_llmobs.prompts.filling.variables import spot_at
from pytest_llmobs.prompts.templates import PromptMessages, PromptText

Kind = Literal["text", "messages", "langchain"]
SUFFIXES = {".md": "text", ".txt": "text", ".yaml": "messages"}
"""Of a prompt's file -> what it holds; a template of LangChain lies in a ``.yaml`` as well."""
_LANGCHAIN = "langchain"
"""The key under which a template of LangChain stands in a file."""
_CONFLICT = tuple(re.compile(mark, re.MULTILINE) for mark in ("^<{7} ", "^={7}$", "^>{7} "))
"""What git leaves, in this order, where two branches changed the same lines."""
_A_MESSAGE = '{"role": "user", "content": "Hello {name}"}'


@dataclass(frozen=True)
class Content:
    """What a prompt is, as plain data."""

    kind: Kind
    value: Any
    """A text, a list of messages, or LangChain's own JSON."""

    @property
    def suffix(self) -> str:
        """Of the file that is made for it."""
        return ".md" if self.kind == "text" else ".yaml"

    @property
    def is_of_its_kind(self) -> bool:
        """False for what somebody has written by hand as a text, or as messages, that is none."""
        if self.kind == "text":
            return isinstance(self.value, str)
        if self.kind == "messages":
            return isinstance(self.value, list) and bool(self.value) and all(map(_has_body, self.value))
        return True

    def file_text(self) -> str:
        """Return what its file holds. The last line ends, as editors have it."""
        if self.kind == "text":
            return f"{self.value}\n"
        if self.kind == "langchain":
            return dump({_LANGCHAIN: self.value})
        return dump(self.value)

    def prompt(self, origin: Origin) -> Any:
        """Return it as the user gets it, a new object each time.

        Raises:
            StoreError: It is a template of LangChain, which isn't installed.
        """
        if self.kind == "text":
            return PromptText(self.value, origin=origin)
        if self.kind == "messages":
            return PromptMessages(self.value, origin=origin)
        return langchain.from_data(self.value, origin.name)


def content_of_file(text: str, suffix: str, place: str) -> Content:
    """Return what a file holds.

    Args:
        text: The file's.
        suffix: Its suffix.
        place: What messages call it.

    Raises:
        StoreError: It is no YAML, or holds no messages.
    """
    text = text.replace("\r\n", "\n")
    _check_conflict(text, place)
    if SUFFIXES[suffix] == "text":
        return Content("text", text.removesuffix("\n"))
    value = load(text, place)
    if isinstance(value, Mapping) and set(value) == {_LANGCHAIN}:
        return Content("langchain", value[_LANGCHAIN])
    try:
        return Content("messages", _messages(value))
    except ArgumentError as error:
        raise StoreError(f"{place}: {error}") from None


def _check_conflict(text: str, place: str) -> None:
    """Refuse a file in which git has left both sides of a conflict: one of them is what nobody wants to send.

    Raises:
        StoreError: It has.
    """
    end, starts = 0, []
    for mark in _CONFLICT:
        match = mark.search(text, end)
        if match is None:
            return
        starts.append(match.start())
        end = match.end()
    line = spot_at(text, starts[0]).line
    raise StoreError(
        f"{place} holds a conflict that git has left in line {line}. Decide what the prompt is to be, and delete the "
        "lines of <, = and >."
    )


def content_of(object: Any) -> Content:
    """Return what an object that is pushed holds.

    Raises:
        ArgumentError: It is neither a text nor messages nor a template of LangChain, or a file can't hold it.
    """
    if isinstance(object, str):
        return Content("text", _pushed_text(str(object)))
    if langchain.is_template(object):
        return Content("langchain", langchain.to_data(object))
    if isinstance(object, Mapping) and "messages" in object and len(object) == 1:
        object = object["messages"]
    return Content("messages", _messages(object))


def _pushed_text(text: str) -> str:
    """Return a text as its file gives it back; else every push of it would be another commit.

    Raises:
        ArgumentError: No file gives it back.
    """
    text = f"{text}\n".lstrip("\ufeff").replace("\r\n", "\n").removesuffix("\n")
    if not text.strip():
        raise ArgumentError(
            "The prompt's text holds nothing but blanks. To change what is known of it alone, push None."
        )
    if encodable(text) != text:
        raise ArgumentError("The prompt's text holds half of a surrogate pair, which is no character.")
    try:
        _check_conflict(text, "The text")
    except StoreError as error:
        raise ArgumentError(str(error)) from None
    return text


def _messages(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, Mapping) or not isinstance(value, list | tuple) or not value:
        raise ArgumentError(
            f"A prompt is a text, or a list of messages such as {_A_MESSAGE}, not {_shown(value)}."
        )
    return [_message(item, number) for number, item in enumerate(value, 1)]


def _message(item: Any, number: int) -> dict[str, Any]:
    if isinstance(item, tuple) and len(item) == 2:
        item = {"role": item[0], "content": item[1]}
    if not is_message(item):
        raise ArgumentError(f"Message {number} is {_shown(item)}. Write a message as {_A_MESSAGE}.")
    if item["role"] == PLACEHOLDER and list_variable(item) is None:
        raise ArgumentError(
            f"Message {number} stands for a list of messages, and its content is {_shown(item['content'])}. Write the "
            'variable of the list, and nothing else: "{history}".'
        )
    _check_body(item, number)
    try:
        text = json.dumps(dict(item), allow_nan=False, ensure_ascii=False)
        text.encode()
        return dict(json.loads(text))
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"Message {number} has no form in JSON: {error}.") from None


def _check_body(item: Mapping[str, Any], number: int) -> None:
    """Refuse a message's content that is neither a text nor a list of blocks.

    Raises:
        ArgumentError: It is neither.
    """
    body = item["content"]
    if _has_body(item):
        return
    hint = ""
    if isinstance(body, dict) and list(body.values()) == [None]:
        hint = f" In YAML a text that begins with a brace stands in quotes: '{{{next(iter(body))}}}'."
    raise ArgumentError(
        f"Message {number} has the content {_shown(body)}. Give a text, or a list of blocks such as "
        f'{{"type": "text", "text": "Hello"}}.{hint}'
    )


def _has_body(item: Any) -> bool:
    if not is_message(item):
        return False
    body = item["content"]
    if body is None:  # OpenAI's form of an example in which a tool is called
        return bool(item.get("tool_calls"))
    is_blocks = isinstance(body, list) and bool(body) and all(isinstance(block, dict) for block in body)
    return isinstance(body, str) or is_blocks


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
