"""Whether an example is JSON through and through: what isn't could be neither hashed nor stored nor read back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sized
from typing import Any

from pytest_llmobs.datasets.base import abridge
from pytest_llmobs.datasets.json_text import half_characters
from pytest_llmobs.errors import DatasetError

DEEPEST = 200
"""Lists and objects in one another; the fast JSON parser of JSON Lines has the same bound."""
_LARGEST = 2**29
"""Bytes of all examples together, as they would be written out: what a few lines of YAML aliases can stand for
would else be found out by running out of memory."""
_VALUE = 64
"""Bytes that any value counts for, besides the characters of a text."""
_LARGEST_INTEGER = 14_000
"""Bits of a whole number, about 4,200 digits: Python doesn't write longer ones down."""


class JsonCheck:
    """Checks the examples of one dataset, and counts how much they are in all."""

    def __init__(self, name: str) -> None:
        """Check what messages call ``name``."""
        self._name = name
        self._left = _LARGEST

    def check(self, fields: Mapping[str, Any], place: str) -> None:
        """Check one example.

        Raises:
            DatasetError: Something in it has no form in JSON, is nested too deeply, or it is too much in all.
        """
        if not self._is_plain(fields):
            _explain(fields, place, "", DEEPEST)

    def _is_plain(self, top: Any) -> bool:
        """Return False where a closer look is needed. Level by level: quick, and no recursion to run out of."""
        level = [top]
        for _ in range(DEEPEST + 1):
            below: list[Any] = []
            for value in level:
                kind = type(value)
                if kind is str:
                    if not value.isascii() and half_characters(value):
                        return False
                    self._left -= len(value)
                elif kind is dict:
                    if not _has_plain_keys(value):
                        return False
                    below.extend(value.values())
                    self._check_size(below)
                elif kind is list:
                    below.extend(value)
                    self._check_size(below)
                elif not _is_plain_number(value, kind):
                    return False
            self._left -= _VALUE * len(level)
            self._check_size(below)
            if not below:
                return True
            level = below
        return False

    def _check_size(self, waiting: Sized) -> None:
        if len(waiting) * _VALUE > self._left:
            raise DatasetError(
                f"{self._name}: its examples come to more than {_LARGEST >> 20} MB when written out, "
                "aliases and repeated values included. Split the dataset, or let examples name files "
                "that the target reads."
            )


def _has_plain_keys(members: dict[Any, Any]) -> bool:
    for key in members:
        if type(key) is not str or not (key.isascii() or half_characters(key) is None):
            return False
    return True


def _is_plain_number(value: Any, kind: type) -> bool:
    if kind is int:
        return bool(value.bit_length() <= _LARGEST_INTEGER)
    if kind is float:
        return math.isfinite(value)
    return kind is bool or value is None


def _explain(value: Any, place: str, where: str, left: int) -> None:
    """Find what is wrong, and where; subclasses, tuples and mappings of other kinds are found to be right.

    Raises:
        DatasetError: This is it.
    """
    if left < 0:
        raise DatasetError(
            f"{place}: nested too deeply, or it holds itself: {DEEPEST} lists and objects in one another are the most."
        )
    if isinstance(value, Mapping):
        for key, item in value.items():
            _explain_key(key, place, where)
            _explain(item, place, f"{where}.{key}".removeprefix("."), left - 1)
    elif isinstance(value, list | tuple):
        _explain_items(value, place, where, left)
    else:
        problem = _problem(value)
        if problem:
            raise DatasetError(f"{place}: {where} {problem}")


def _explain_items(items: Iterable[Any], place: str, where: str, left: int) -> None:
    for number, item in enumerate(items):
        _explain(item, place, f"{where}[{number}]", left - 1)


def _explain_key(key: Any, place: str, where: str) -> None:
    if not isinstance(key, str):
        raise DatasetError(f"{place}: the key {key!r} in {where or 'it'} is no string. Put quotes around it.")
    half = half_characters(key)
    if half:
        raise DatasetError(f"{place}: a key in {where or 'it'} {_half(half)}")


def _problem(value: Any) -> str | None:
    """Return what is wrong with a value that holds no others, or None."""
    if not isinstance(value, str | int | float | None):
        return (
            f"is {abridge(value)}, of type {type(value).__name__}, which JSON has no form for. "
            "Give text, numbers, true, false, null, lists or dicts, and build the rest in the target."
        )
    if isinstance(value, float) and not math.isfinite(value):
        return f"is {value!r}, which JSON has no form for (a number beyond 1.8e308 becomes inf). Leave the key out."
    if isinstance(value, int) and value.bit_length() > _LARGEST_INTEGER:
        return "is a whole number of more than 4,200 digits, which can't be written down. Give it as text."
    if isinstance(value, str):
        half = half_characters(value)
        if half:
            return _half(half)
    return None


def _half(character: str) -> str:
    return (
        f"holds {character}, half of a character, which no file can hold as text. "
        "The text was cut in the middle of an emoji, or decoded wrongly: mend it where it was made."
    )
