"""Whether values that were read fit the fields that they are for: JSON says little, and a file may be damaged."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from reprlib import Repr
from types import NoneType
from typing import Any, TypeVar

W = TypeVar("W")
R = TypeVar("R")

DEEPEST = 100
"""Levels of lists and objects that a value of type ``Any`` may have: more would end in a RecursionError somewhere."""
LARGEST_FLOAT = sys.float_info.max
NUMBERS = frozenset({int, float})
CONTAINERS = frozenset({dict, list, tuple})
EVERY = frozenset({dict, list, tuple, str, int, float, bool, NoneType})
PLAIN: Mapping[Any, frozenset[type]] = {
    str: frozenset({str}),
    int: frozenset({int}),
    float: frozenset({int, float, bool}),  # a score of True is written as it is
    bool: frozenset({bool}),
    NoneType: frozenset({NoneType}),
}
"""Types whose values JSON has as they are -> what they may be once read."""
_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", NoneType: "null"}
_WORDS |= {dict: "an object", list: "a list"}
_SHORTENED = Repr()
_SHORTENED.maxstring = _SHORTENED.maxother = 60


class MisfitError(ValueError):
    """What was read is not the record that it should be; says where, what is there, and what should be."""

    def __init__(self, reason: str, place: str = "") -> None:
        """Say what is wrong with the value at ``place``, such as ``decision.metrics[3].p``."""
        super().__init__(f"{place}: {reason}" if place else reason)
        self.reason, self.place = reason, place

    def below(self, name: str) -> MisfitError:
        """Return the error for the record or list that has the value in its field or item ``name``."""
        separator = "." if self.place and not self.place.startswith("[") else ""
        return MisfitError(self.reason, f"{name}{separator}{self.place}")


def at(place: str, read: Callable[[W], R], wire: W) -> R:
    """Return what ``read`` makes of the value of a field or item; a misfit says that it is there.

    Raises:
        MisfitError: It doesn't fit.
    """
    try:
        return read(wire)
    except MisfitError as error:
        raise error.below(place) from None


def shortened(value: object) -> str:
    """Return a value as a message shows it."""
    return _SHORTENED.repr(value)


def check(values: Collection[Any], types: frozenset[type], choices: frozenset[Any] | None = None) -> None:
    """Make sure that values may be of a field; what they hold is left to whoever decodes them.

    Args:
        values: As JSON gave them back.
        types: What each may be.
        choices: The only values there are, or None.

    Raises:
        MisfitError: One may not.
    """
    if not types.issuperset(map(type, values)):
        wrong = next(value for value in values if type(value) not in types)
        raise MisfitError(f"{shortened(wrong)} is not {_one_of(types)}")
    if choices is not None and not choices.issuperset(values):
        wrong = next(value for value in values if value not in choices)
        known = ", ".join(sorted(map(repr, choices)))
        raise MisfitError(f"{shortened(wrong)} is none of {known}")
    if not types.isdisjoint(NUMBERS):
        for value in values:
            # true of no NaN, and of no whole number that is too large for arithmetic
            if type(value) in NUMBERS and not -LARGEST_FLOAT <= value <= LARGEST_FLOAT:
                raise MisfitError(f"{shortened(value)} is no number to reckon with")


def shallow(value: Any) -> Any:
    """Return a value of any type.

    Raises:
        MisfitError: It has more than ``DEEPEST`` levels.
    """
    layer = [value]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for each in layer:
            if type(each) is dict:
                below.extend(each.values())
            elif type(each) in CONTAINERS:
                below.extend(each)
        if not below:
            return value
        layer = below
    raise MisfitError("it is nested too deep")


def _one_of(types: Collection[type]) -> str:
    words = []
    for kind, word in _WORDS.items():
        # what takes a number takes whole ones too, and True: a reader need not hear of them
        if kind in types and not (kind in (int, bool) and float in types):
            words.append(word)
    return " or ".join(words)
