"""JSON text as a dataset may hold it: every key once, every number finite, every character whole."""

from __future__ import annotations

import json
import math
from typing import Any

from pytest_llmobs.datasets.base import abridge


class UnsafeJsonError(ValueError):
    """Parsers read it, but each in its own way, or with a loss; ``str(error)`` says what it is."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise UnsafeJsonError(f"the key {_repeated(pairs)!r} is given twice in one object. Rename one")
    return members


def _repeated(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            break
        seen.add(key)
    return key


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise UnsafeJsonError(f"the number {abridge(text)} is too large: it would become infinity")
    return number


def _constant(text: str) -> Any:
    raise UnsafeJsonError(f"JSON has no {text}. Leave the key out, or write it as text")


decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_constant)
"""Raises ``UnsafeJsonError`` where the standard library would read on."""


def half_characters(text: str) -> str | None:
    r"""Return the first half of a surrogate pair in ``text`` as JSON writes it (``\ud83d``), or None."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"\\u{ord(text[error.start]):04x}"
    return None


def explain(text: str, column: int, reason: str) -> tuple[int, str]:
    """Return where and why a text is no JSON that can be kept, in the clearest words there are.

    Args:
        text: What a parser refused.
        column: Where that parser stopped, counted from 1.
        reason: Its own words, kept where nothing better is found.
    """
    try:
        value = decoder.decode(text)
    except json.JSONDecodeError as error:
        return error.colno, error.msg
    except RecursionError:
        return column, "nested too deeply"
    except UnsafeJsonError as error:
        return column, str(error)
    except ValueError:
        return column, "a number of more than 4,300 digits"
    half = half_characters(json.dumps(value, ensure_ascii=False))
    if half:
        return column, f"{half} is half of a character, cut in the middle of an emoji"
    return column, reason
