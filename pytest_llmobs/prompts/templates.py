"""What is pulled: a text or messages, whose variables (``{question}``) must all be given."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import filterfalse
from typing import Any

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.wording import known, nearest

_BRACES = "Write {{ and }} for braces that are meant as such, and {name} for a variable."


class PromptText(str):
    """A prompt that is one text: a ``str`` whose ``format`` leaves nothing unfilled."""

    name: str
    """The prompt's."""
    commit_hash: str | None
    """The commit that it is of; None where the file holds what nobody has pushed."""

    def __new__(cls, text: str, name: str = "", commit_hash: str | None = None) -> PromptText:
        """Return the text of a prompt.

        Args:
            text: As it stands, variables in it.
            name: The prompt's.
            commit_hash: The commit that it is of.
        """
        made = super().__new__(cls, text)
        made.name, made.commit_hash = name, commit_hash
        return made

    @property
    def input_variables(self) -> list[str]:
        """The names of its variables, in their order.

        Raises:
            ArgumentError: A brace in it is neither a variable's nor doubled.
        """
        return variables([str(self)], self.name)

    def format(self, *args: object, **values: object) -> str:
        """Return the text with every variable filled.

        Raises:
            ArgumentError: A variable isn't given, a name isn't one, or a brace is neither a variable's nor doubled.
        """
        if args:
            raise ArgumentError(f"The prompt {self.name!r} takes its variables by name: format(question=…).")
        _check(values, self.input_variables, self.name)
        return _filled(str(self), values)

    def invoke(self, values: Mapping[str, Any]) -> str:
        """Return the text with every variable filled, as ``format`` does."""
        return self.format(**values)


class PromptMessages(list[dict[str, Any]]):
    """A prompt of messages: a list of ``{"role": …, "content": …}``, as models' APIs take it."""

    def __init__(
        self, messages: Iterable[Mapping[str, Any]] = (), name: str = "", commit_hash: str | None = None
    ) -> None:
        """Take messages.

        Args:
            messages: As they stand, variables in them.
            name: The prompt's.
            commit_hash: The commit that they are of; None where the file holds what nobody has pushed.
        """
        super().__init__(map(dict, messages))
        self.name = name
        self.commit_hash = commit_hash

    @property
    def input_variables(self) -> list[str]:
        """The names of its variables, in their order.

        Raises:
            ArgumentError: A brace in it is neither a variable's nor doubled.
        """
        return variables(_texts(self), self.name)

    def format_messages(self, **values: object) -> list[dict[str, Any]]:
        """Return the messages with every variable filled.

        Raises:
            ArgumentError: A variable isn't given, a name isn't one, or a brace is neither a variable's nor doubled.
        """
        _check(values, self.input_variables, self.name)
        return [{**message, "content": _filled_content(message["content"], values)} for message in self]

    def invoke(self, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the messages with every variable filled, as ``format_messages`` does."""
        return self.format_messages(**values)


def variables(texts: Iterable[str], prompt: str) -> list[str]:
    """Return the names of the variables in texts, in their order, each once.

    Raises:
        ArgumentError: A brace is neither a variable's nor doubled.
    """
    names: dict[str, None] = {}
    for text in texts:
        for field in _fields(text, prompt):
            if not field.isidentifier():
                shown = "{" + field + "}"
                raise ArgumentError(f"The prompt {prompt!r} has {shown!r}, which is no variable. {_BRACES}")
            names[field] = None
    return list(names)


def _fields(text: str, prompt: str) -> Iterator[str]:
    try:
        for _, field, spec, conversion in string.Formatter().parse(text):
            if field is None:
                continue
            if spec or conversion:
                yield f"{field}!{conversion}" if conversion else f"{field}:{spec}"
            yield field
    except ValueError as error:
        raise ArgumentError(
            f"The prompt {prompt!r} has a brace that stands alone: {error}. {_BRACES}"
        ) from None


def _check(given: Mapping[str, Any], names: Sequence[str], prompt: str) -> None:
    missing = list(filterfalse(given.__contains__, names))
    unknown = list(filterfalse(names.__contains__, given))
    problems = []
    if missing:
        problems.append(f"{_quoted(missing)} isn't given")
    if unknown:
        problems.append(f"{_quoted(unknown)} is no variable of it")
    if problems:
        hint = nearest(unknown[0], names) if unknown else ""
        raise ArgumentError(f"The prompt {prompt!r}: {'; '.join(problems)}.{hint} {known(names)}")


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))


def _filled(text: str, values: Mapping[str, Any]) -> str:
    pieces = []
    for literal, field, _, _ in string.Formatter().parse(text):
        pieces.append(literal)
        if field is not None:
            pieces.append(str(values[field]))
    return "".join(pieces)


def _texts(messages: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield every text of messages: a content is one, or a list of blocks that have some."""
    for message in messages:
        content = message["content"]
        if isinstance(content, str):
            yield content
        else:
            for block in content:
                if isinstance(block.get("text"), str):
                    yield block["text"]


def _filled_content(content: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(content, str):
        return _filled(content, values)
    blocks = []
    for block in content:
        if isinstance(block.get("text"), str):
            block = {**block, "text": _filled(block["text"], values)}  # noqa: PLW2901
        blocks.append(block)
    return blocks
