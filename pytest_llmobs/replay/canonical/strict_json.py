"""JSON read such that two texts give one value only where they say the same; what leaves that open is refused."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pytest_llmobs.files import each_once, parse_json, refuse_constant
from pytest_llmobs.replay.json_paths import items

_PLAIN_NAME = re.compile(r"\w+")


class UnfitError(ValueError):
    """A field of a request that has no canonical form."""

    def __init__(self, field: str, reason: str) -> None:
        """Name the field (``body.messages[0].content``) and say what is wrong with it."""
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


def read_json(content: bytes, field: str = "body") -> Any:
    """Return what JSON says: integers exactly, other numbers by their value, so that 1, 1.0 and 1e0 are the same.

    Args:
        content: The JSON.
        field: How errors name it.

    Raises:
        UnfitError: It is no JSON, a key is there twice, or a number is none or has more digits than a server reads.
    """
    try:
        return parse_json(
            content, parse_float=_number, parse_constant=refuse_constant, object_pairs_hook=each_once
        )
    except ValueError as error:
        reason = str(error)
    try:
        # once more, slowly: now it matters where the fault is
        marked = parse_json(
            content,
            parse_float=_marking(_number),
            parse_int=_marking(_integer),
            parse_constant=_marking(refuse_constant),
            object_pairs_hook=_marking(each_once),
        )
    except UnicodeDecodeError as error:
        raise UnfitError(field, f"it is no UTF-8 at byte {error.start:,}") from None
    except ValueError as error:
        raise UnfitError(field, f"it is no JSON ({error})") from None
    for place, mark in _marks(marked, field):
        raise UnfitError(place, mark.reason)
    raise UnfitError(field, reason)


def _number(text: str) -> int | float:
    """Return a number by its value.

    Raises:
        ValueError: It isn't what a double holds.
    """
    number = float(text)
    written = repr(number)
    if written == text and not number.is_integer():
        return number
    if math.isinf(number):
        raise ValueError(f"{text} is larger than any number that a server reads")
    try:
        exact = Decimal(text)
    except ArithmeticError:
        raise ValueError(f"{text} has an exponent that no server reads") from None
    if number.is_integer() and exact == exact.to_integral_value():
        return int(exact)
    if exact != Decimal(written):
        raise ValueError(f"{text} has more digits than a server reads ({written})")
    return number


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"a number of {len(text):,} digits") from None


@dataclass(frozen=True)
class _Mark:
    """Stands where something has no canonical form."""

    reason: str


def _marking(hook: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a hook of the parser that leaves a mark where another one refuses."""

    def read(part: Any) -> Any:
        try:
            return hook(part)
        except ValueError as error:
            return _Mark(str(error))

    return read


def _marks(value: Any, field: str) -> Iterator[tuple[str, _Mark]]:
    """Yield the marks within a value with their places, first things first."""
    waiting = [(field, value)]
    while waiting:
        place, item = waiting.pop()
        if isinstance(item, _Mark):
            yield place, item
            continue
        inner = [(f"{place}{_step(key)}", part) for key, part in items(item)]
        waiting.extend(reversed(inner))


def _step(key: str | int) -> str:
    if isinstance(key, str) and _PLAIN_NAME.fullmatch(key):
        return f".{key}"
    return f"[{key!r}]"
