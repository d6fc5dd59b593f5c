"""What is different when a run is made again: the model, the system prompt, parameters, the commit of a prompt."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.files import read_text
from pytest_llmobs.wording import known

Body = dict[str, Any]
"""A request's body."""
_INSTRUCTING = ("system", "developer")
"""Roles of messages that hold a system prompt, in OpenAI's requests."""
_A_PROMPT = "--prompt and --system both replace a prompt of the request: leave one of them out."


@dataclass(frozen=True)
class SystemPrompt:
    """A text that takes the place of the system prompt."""

    text: str
    file: str
    """Where it stands, as the user named it."""


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """What is changed in requests; nothing by default."""

    model: str | None = None
    system: SystemPrompt | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Path in the body (``thinking.budget_tokens``) -> value; None takes it out."""
    prompt: str | None = None
    """The commit or tag whose text takes the place of the prompt that the run used: ``support:v2``."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Values of variables that the commit has and the run hasn't, or that can't be told from its text."""

    def __post_init__(self) -> None:
        """Refuse what makes no sense together.

        Raises:
            ArgumentError: Both a system prompt and a commit are given, or variables without a commit.
        """
        if self.system is not None and self.prompt is not None:
            raise ArgumentError(_A_PROMPT)
        if self.variables and self.prompt is None:
            raise ArgumentError(
                "--var gives a value to a variable of the prompt that --prompt names; there is none."
            )

    def __bool__(self) -> bool:
        """Return True where anything is changed."""
        return bool(self.described)

    @property
    def described(self) -> dict[str, Any]:
        """What is changed, as the metadata of the new runs say it."""
        said: dict[str, Any] = {}
        if self.model is not None:
            said["model"] = self.model
        if self.system is not None:
            said["system"] = self.system.file
        if self.parameters:
            said["set"] = dict(self.parameters)
        if self.prompt is not None:
            said["prompt"] = self.prompt
        if self.variables:
            said["variables"] = dict(self.variables)
        return said

    def applied(self, endpoint: str, body: Body) -> Body:
        """Return a copy of a body with the model, the system prompt and the parameters changed.

        Args:
            endpoint: What is called, as the provider names it: ``messages``, ``chat.completions``.
            body: The request's.

        Raises:
            ArgumentError: The request has no place for a system prompt, or a parameter's path leads nowhere.
        """
        changed = copy.deepcopy(body)
        if self.model is not None:
            changed["model"] = self.model
        if self.system is not None:
            _set_system(changed, endpoint, self.system.text)
        for path, value in self.parameters.items():
            _set_parameter(changed, path, value)
        return changed


def read_system(file: str) -> SystemPrompt:
    """Read a system prompt; the end of its last line is no part of it.

    Raises:
        ArgumentError: There is no such file, it can't be read, or holds nothing but blanks.
    """
    path = Path(file)
    if not path.is_file():
        raise ArgumentError(f"--system {file!r}: there is no such file.")
    try:
        text = read_text(path)
    except (OSError, ValueError) as error:
        raise ArgumentError(f"--system {file!r} can't be read: {error}.") from None
    if not text.strip():
        raise ArgumentError(f"--system {file!r} is empty: it holds no system prompt.")
    return SystemPrompt(text.removesuffix("\n"), file)


def read_parameters(given: Iterable[str]) -> dict[str, Any]:
    """Return what ``NAME=VALUE`` says; a value is JSON, and a bare word is a text.

    Raises:
        ArgumentError: There is no ``=``, no name, or no value.
    """
    parameters: dict[str, Any] = {}
    for text in given:
        name, value = _pair(text, "--set", "temperature=0")
        parameters[name] = _json_value(value)
    return parameters


def read_variables(given: Iterable[str]) -> dict[str, str]:
    """Return what ``NAME=TEXT`` says.

    Raises:
        ArgumentError: There is no ``=``, no name, or no value.
    """
    return dict(_pair(text, "--var", "tier=pro") for text in given)


def _pair(text: str, option: str, example: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not name:
        raise ArgumentError(f"{option} {text!r} has no value. Write NAME=VALUE, such as {example}.")
    if not value:
        raise ArgumentError(
            f"{option} {text!r} has no value behind the sign. An empty text is {name}='\"\"', and null takes it out."
        )
    return name, value


def _json_value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _set_parameter(body: Body, path: str, value: Any) -> None:
    """Set what a dotted path names; what isn't there yet is made.

    Raises:
        ArgumentError: The path leads into something that has no parts.
    """
    *above, last = path.split(".")
    owner: Any = body
    for part in above:
        if isinstance(owner, dict):
            owner = owner.setdefault(part, {})
        else:
            owner = _item(owner, part, path)
    if isinstance(owner, list):
        _item(owner, last, path)  # there is one
        owner[int(last)] = value
    elif not isinstance(owner, dict):
        raise _leads_nowhere(path, owner)
    elif value is None:
        owner.pop(last, None)
    else:
        owner[last] = value


def _item(owner: Any, part: str, path: str) -> Any:
    if not isinstance(owner, list):
        raise _leads_nowhere(path, owner)
    if not part.isdecimal() or int(part) >= len(owner):
        raise ArgumentError(f"--set {path}: {part!r} is no place in a list of {len(owner)}; the first is 0.")
    return owner[int(part)]


def _leads_nowhere(path: str, owner: Any) -> ArgumentError:
    return ArgumentError(f"--set {path} leads into {owner!r}, which has no parts.")


def _set_system(body: Body, endpoint: str, text: str) -> None:
    place = _SYSTEM_PLACES.get(endpoint)
    if place is None:
        raise ArgumentError(
            f"--system: a request of {endpoint} has no system prompt. {known(_SYSTEM_PLACES)} To replace "
            "a field of it, write --set NAME=VALUE."
        )
    place(body, text)


def _set_anthropics(body: Body, text: str) -> None:
    before = body.get("system")
    body["system"] = text
    # what is cached is a matter of the request, and not of its words
    if isinstance(before, list) and before and isinstance(before[-1], dict) and "cache_control" in before[-1]:
        body["system"] = [{"type": "text", "text": text, "cache_control": before[-1]["cache_control"]}]


def _set_message(messages: list[Any], text: str, *, adds: bool = True) -> bool:
    """Replace the one message that holds a system prompt; return False where there is none and none is added.

    Raises:
        ArgumentError: There are several.
    """
    places = [place for place, message in enumerate(messages) if _instructs(message)]
    if len(places) > 1:
        raise ArgumentError(
            f"--system: the request has {len(places)} system messages, and nobody knows which of them is meant. "
            f"Write --set messages.{places[0]}.content=TEXT for the first."
        )
    if places:
        messages[places[0]] = {**messages[places[0]], "content": text}
    elif adds:
        messages.insert(0, {"role": "system", "content": text})
    return bool(places) or adds


def _instructs(message: Any) -> bool:
    return isinstance(message, Mapping) and message.get("role") in _INSTRUCTING


def _set_chats(body: Body, text: str) -> None:
    _set_message(body.setdefault("messages", []), text)


def _set_responses(body: Body, text: str) -> None:
    turns = body.get("input")
    has_message = isinstance(turns, list) and "instructions" not in body
    if not (has_message and _set_message(turns or [], text, adds=False)):
        body["instructions"] = text


_SYSTEM_PLACES: Mapping[str, Callable[[Body, str], None]] = {
    "messages": _set_anthropics,
    "chat.completions": _set_chats,
    "responses": _set_responses,
}
"""Endpoint -> what puts a system prompt into its body."""
