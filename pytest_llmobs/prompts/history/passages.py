"""A prompt's content as what a reader sees: messages of a role and a text each, whatever kind it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.prompts.content import Content
from pytest_llmobs.prompts.filling.variables import parse
from pytest_llmobs.wording import text_lines

_TEMPLATE = re.compile(r"(Message)?(PromptTemplate)?$")
"""What the names of LangChain's classes end in, behind a role."""


@dataclass(frozen=True)
class Passage:
    """One message, or the text of a prompt that has none."""

    role: str | None
    """None for a prompt that is one text."""
    text: str


def passages(content: Content) -> list[Passage]:
    """Return the messages of a content; one without a role where it is a text."""
    if content.kind == "text":
        return [Passage(None, content.value)]
    if content.kind == "messages":
        return list(map(_of_message, content.value))
    return list(_of_langchain(content.value))


def variables_of(shown: Iterable[Passage]) -> list[str]:
    """Return the names of the variables, in their order; a brace that stands alone is passed over."""
    names: dict[str, None] = {}
    for passage in shown:
        names.update(dict.fromkeys(parse(passage.text).spots))
    return list(names)


def lines_of(shown: Iterable[Passage]) -> list[tuple[int, str]]:
    """Return every line, each with the number of its message, counted from 0."""
    lines: list[tuple[int, str]] = []
    for number, passage in enumerate(shown):
        for line in text_lines(passage.text):
            lines.append((number, line))
    return lines


def _of_message(message: Mapping[str, Any]) -> Passage:
    parts = []
    if message["content"] is not None:
        parts.append(_of_body(message["content"]))
    for key, value in message.items():
        if key not in ("role", "content"):
            parts.append(f"{key}: {_json(value)}")
    return Passage(message["role"], "\n".join(parts))


def _of_body(body: Any) -> str:
    if isinstance(body, str):
        return body
    parts = []
    for block in body:
        is_text = set(block) == {"type", "text"} and isinstance(block["text"], str)
        parts.append(block["text"] if is_text else _json(block))
    return "\n".join(parts)


def _of_langchain(data: Any) -> Iterator[Passage]:
    """Yield the messages of LangChain's JSON; where they aren't found, all of it as it is."""
    arguments = _arguments(data)
    if isinstance(arguments.get("template"), str):
        yield Passage(None, arguments["template"])
    elif isinstance(arguments.get("messages"), list):
        for message in arguments["messages"]:
            yield _of_langchain_message(message)
    else:
        yield Passage(None, json.dumps(data, ensure_ascii=False, indent=2))


def _of_langchain_message(message: Any) -> Passage:
    arguments = _arguments(message)
    text = _arguments(arguments.get("prompt")).get("template", arguments.get("content"))
    role = _role(message)
    if isinstance(text, str):
        return Passage(role, text)
    return Passage(role, _json(arguments or message))


def _role(message: Any) -> str:
    """Return the role that a class of LangChain's stands for; a question mark where none is named."""
    path = message.get("id") if isinstance(message, Mapping) else None
    if not isinstance(path, list) or not path:
        return "?"
    return _TEMPLATE.sub("", str(path[-1])).lower()


def _arguments(node: Any) -> Mapping[str, Any]:
    """Return what an object of LangChain's is made of; nothing where somebody has written something else there."""
    arguments = node.get("kwargs") if isinstance(node, Mapping) else None
    return arguments if isinstance(arguments, Mapping) else {}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
