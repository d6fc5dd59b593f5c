"""Templates of LangChain as plain data, and back; langchain-core is imported when there is one.

What a file describes is looked through first: nothing but prompts and messages is made of it: no model, no secret from
the environment, no template language that evaluates something.
"""

from __future__ import annotations

import json
import string
import warnings
from collections.abc import Iterator
from importlib import import_module
from inspect import signature
from typing import Any

from pytest_llmobs.errors import ArgumentError, StoreError
from pytest_llmobs.prompts.filling.values import strings_in

_PACKAGES = ("langchain", "langchain_core")
_PROMPTS = frozenset({
    "AIMessage", "AIMessagePromptTemplate", "ChatMessage", "ChatMessagePromptTemplate", "ChatPromptTemplate",
    "DictPromptTemplate", "FewShotChatMessagePromptTemplate", "FewShotPromptTemplate", "FewShotPromptWithTemplates",
    "FunctionMessage", "HumanMessage", "HumanMessagePromptTemplate", "ImagePromptTemplate", "MessagesPlaceholder",
    "PromptTemplate", "StructuredPrompt", "SystemMessage", "SystemMessagePromptTemplate", "ToolMessage",
})  # fmt: skip
"""The classes of which objects are made."""
_STYLES = ("f-string", "mustache")
"""Template languages that only put values in; jinja2 runs what stands in the template."""


def is_template(object: Any) -> bool:
    """Tell whether an object is LangChain's, without importing LangChain."""
    return type(object).__module__.partition(".")[0].startswith("langchain")


def to_data(template: Any) -> Any:
    """Return a template as LangChain's own JSON.

    Raises:
        ArgumentError: It is more than a prompt, such as one with its model.
    """
    data = json.loads(import_module("langchain_core.load").dumps(template))
    for problem in _problems(data):
        raise ArgumentError(
            f"The template of type {type(template).__name__} {problem}. Push the prompt alone, without a model, a "
            "parser or code."
        )
    return data


def from_data(data: Any, name: str) -> Any:
    """Return the template that LangChain's JSON describes.

    Args:
        data: The JSON.
        name: The prompt's, for messages.

    Raises:
        StoreError: langchain-core isn't installed, or the JSON describes something else than a prompt.
    """
    for problem in _problems(data):
        raise StoreError(
            f"The prompt {name!r} is a template of LangChain that {problem}. Nothing of it is made."
        )
    try:
        load = import_module("langchain_core.load").load
    except ImportError:
        raise StoreError(
            f"The prompt {name!r} is a template of LangChain: install langchain-core to pull it, or push its text."
        ) from None
    options = {"allowed_objects": "core", "secrets_from_env": False}
    known = {option: value for option, value in options.items() if option in signature(load).parameters}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it calls itself a beta, in every version
        return load(data, **known)


def _problems(node: Any) -> Iterator[str]:
    """Yield whatever in LangChain's JSON is neither a prompt nor a message nor plain data."""
    if isinstance(node, list):
        for item in node:
            yield from _problems(item)
    elif isinstance(node, dict):
        if "lc" in node:
            yield from _problems_of_object(node)
        for value in node.values():
            yield from _problems(value)


def _problems_of_object(node: dict[str, Any]) -> Iterator[str]:
    path = node.get("id")
    if not isinstance(path, list) or not path or not all(isinstance(part, str) for part in path):
        yield "names no class"
        return
    is_prompt = node.get("type") == "constructor" and path[0] in _PACKAGES and path[-1] in _PROMPTS
    if not is_prompt:
        yield f"holds {'.'.join(path)!r}, which is no prompt"
    stated = node.get("kwargs")
    if isinstance(stated, dict):
        yield from _problems_of_text(stated.get("template"), stated.get("template_format", _STYLES[0]))


def _problems_of_text(template: Any, style: Any) -> Iterator[str]:
    if style not in _STYLES:
        yield f"is written in {style!r}, which evaluates what stands in it"
    if style != _STYLES[0]:
        return
    for text in strings_in(template):  # of an image, or of a block, the template is a dict
        try:
            fields = [field for _, field, _, _ in string.Formatter().parse(text) if field]
        except ValueError:  # LangChain says more of it
            continue
        for field in fields:
            if "." in field or "[" in field:
                yield f"looks inside a value: {{{field}}}"
