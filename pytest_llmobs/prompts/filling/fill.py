"""Filling a prompt: every check comes before anything is returned, and all that is wrong is one error."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.prompts.filling.allowances import Allowances
from pytest_llmobs.prompts.filling.messages import is_message
from pytest_llmobs.prompts.filling.origin import Origin
from pytest_llmobs.prompts.filling.problems import Leftover, Part, Problems, brace_error
from pytest_llmobs.prompts.filling.pulled import Pulled
from pytest_llmobs.prompts.filling.values import NoText, blankness, strings_in, text_of
from pytest_llmobs.prompts.filling.variables import Spot, spot_at

_PLACEHOLDER = re.compile(r"\{\s*([^\W\d]\w*)\s*\}")
"""What looks like a variable: ``{tier}``, and the middle of ``{{ tier }}``."""
_WHOLE = re.compile(r"\s*(?:\$?\{\s*[^\W\d][\w.\-]*\s*\}|\{\{\s*[^\W\d][\w.\-]*\s*\}\})\s*")
"""A value that is nothing but what another template language has for a variable."""

_UNFILLED = "is a prompt that isn't filled: format it first"

_NO_MESSAGES = 'is no list of messages: give [{"role": …, "content": …}]'


def names_in(parts: Sequence[Part], origin: Origin) -> list[str]:
    """Return the variables of a prompt in their order, each once.

    Raises:
        PromptVariableError: A brace is neither a variable's nor doubled.
    """
    names: dict[str, None] = {}
    has_problems = False
    for part in parts:
        names.update(dict.fromkeys(part.parsed.spots))
        has_problems = has_problems or bool(part.parsed.problems)
    if has_problems:
        raise brace_error(origin, parts)
    return list(names)


def fill(
    origin: Origin,
    parts: Sequence[Part],
    given: Mapping[str, Any],
    allowed: Allowances,
    lists: Sequence[str] = (),
) -> list[str]:
    """Return each part with its variables filled.

    Args:
        origin: The prompt's.
        parts: Its texts.
        given: A value for each variable.
        allowed: What the call lets be.
        lists: Variables in whose place a list of messages is given.

    Raises:
        PromptVariableError: Something isn't as it must be; the message names all of it, and no value.
        ArgumentError: What is allowed names no variable.
    """
    __tracebackhide__ = True
    names = list(dict.fromkeys([*names_in(parts, origin), *lists]))
    concerned = [*names, *given, *map(_unfilled, parts)]
    filling = _Filling(parts, names, given, allowed, frozenset(concerned), lists)
    allowed.blank.check_names("blank", names)
    allowed.leftover.check_names("leftover", filter(None, concerned))
    filling.compare_names()
    filling.read_values()
    filled: list[str] = []
    for part in parts:
        text = part.parsed.filled(filling.texts)
        if "{" in text:
            filling.look_for_leftovers(part, text)
        filled.append(text)
    if filling.problems:
        raise filling.problems.error(origin, parts, names, list(given))
    return filled


@dataclass
class _Filling:
    """One fill under way."""

    parts: Sequence[Part]
    names: Collection[str]
    given: Mapping[str, Any]
    allowed: Allowances
    concerned: Collection[str | None]
    """Names that may not stand in braces: variables, what was given, and what is meant to be filled and can't be."""
    lists: Collection[str] = ()
    texts: dict[str, str] = field(default_factory=dict)
    """Name -> what stands for it."""
    problems: Problems = field(default_factory=Problems)

    def compare_names(self) -> None:
        """Note what is missing, and what nobody asked for."""
        for name in self.names:
            if name not in self.given:
                self.problems.missing.append(name)
        if len(self.given) + len(self.problems.missing) == len(self.names):
            return
        for name in self.given:
            if name not in self.names and name not in self.allowed.unused:
                self.problems.unused.append(name)

    def read_values(self) -> None:
        """Turn the values into texts, and note what is blank, has no text, or is a placeholder itself."""
        for name in self.names:
            if name not in self.given:
                continue
            value = self.given[name]
            if name in self.lists:
                self._read_list(name, value)
            elif type(value) is str and value and "{" not in value and not value.isspace():
                self.texts[name] = value
            else:
                self._read_value(name, value)

    def _read_value(self, name: str, value: Any) -> None:
        how = blankness(value)
        if how is not None:
            if name not in self.allowed.blank:
                self.problems.blank[name] = how
            self.texts[name] = value if isinstance(value, str) else ""
            return
        try:
            self.texts[name] = _inner_text(value)
        except NoText as error:
            self.problems.unusable[name] = str(error)
            return
        if name in self.allowed.leftover:
            return
        self._look_for_placeholders(name, value)

    def _read_list(self, name: str, value: Any) -> None:
        if value is None:
            if name not in self.allowed.blank:
                self.problems.blank[name] = "None"
            return
        if not isinstance(value, list | tuple) or not all(map(is_message, value)):
            self.problems.unusable[name] = _NO_MESSAGES
            return
        if name in self.allowed.leftover:
            return
        self._look_for_placeholders(name, value)
        for text in strings_in(value):
            for placeholder in _PLACEHOLDER.findall(text):
                if placeholder in self.concerned and placeholder not in self.allowed.leftover:
                    self.problems.leftover.append(
                        Leftover(placeholder, f"it stands in the value of {name!r}")
                    )

    def _look_for_placeholders(self, name: str, value: Any) -> None:
        reason = _placeholder_in(value)
        if reason:
            self.problems.leftover.append(Leftover(name, f"its value {reason}"))

    def look_for_leftovers(self, part: Part, text: str) -> None:
        """Note variables, or names that were given, that stand in a filled text in braces."""
        for placeholder in dict.fromkeys(_PLACEHOLDER.findall(text)):
            if placeholder in self.concerned and placeholder not in self.allowed.leftover:
                self.problems.leftover += self._leftovers(part, placeholder)

    def _leftovers(self, part: Part, placeholder: str) -> Iterator[Leftover]:
        spots = literal_spots(part, placeholder)
        if spots:
            yield Leftover(placeholder, "", part, spots)
        holders = [
            name
            for name, text in self.texts.items()
            if name in part.parsed.spots and _stands(placeholder, text)
        ]
        for holder in holders:
            # a placeholder as a whole is told already, and what may hold one is no problem
            is_told = any(known.name == holder for known in self.problems.leftover)
            if holder not in self.allowed.leftover and not is_told:
                yield Leftover(placeholder, f"it stands in the value of {holder!r}")
        if not spots and not holders:
            yield Leftover(placeholder, "braces around a value make it a variable again")


def literal_spots(part: Part, name: str) -> list[Spot]:
    """Return where a part has a name in doubled braces, or in braces where nothing is filled."""
    spots = []
    for match in re.finditer(r"\{+\s*" + re.escape(name) + r"\s*\}+", part.source):
        spot = spot_at(part.source, match.start())
        if spot not in part.parsed.spots.get(name, ()):
            spots.append(spot)
    return spots


def _unfilled(part: Part) -> str | None:
    """Return the name that a part consists of, where nothing is filled: ``data: "{image}"`` of a block; else None."""
    match = None if part.is_template else _PLACEHOLDER.fullmatch(part.source)
    return None if match is None else match[1]


def _stands(name: str, text: str) -> bool:
    return name in _PLACEHOLDER.findall(text)


def _inner_text(value: Any) -> str:
    """Return the text of a value; of a prompt without variables, its doubled braces are undone."""
    if isinstance(value, Pulled) and isinstance(value, str) and not value.input_variables:
        return value.format()
    return text_of(value)


def _placeholder_in(value: Any) -> str | None:
    """Return how a value is an unfilled template, or None."""
    if isinstance(value, Pulled) and value.input_variables:
        return _UNFILLED
    for text in strings_in(value):
        if isinstance(text, Pulled) and text.input_variables:
            return _UNFILLED
        if "{" in text and _WHOLE.fullmatch(text):
            return "is a placeholder that nobody filled"
    return None
