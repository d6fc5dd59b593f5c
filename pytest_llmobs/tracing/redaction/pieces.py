"""Texts that arrive in pieces: a secret may stretch over several chunks of a stream, and no chunk shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.redaction.pipeline import Redaction

MOST = 1 << 20
"""Bytes of chunks that are taken apart; more would be felt."""
_Path = tuple[str | int, ...]


def cleaned_together(chunks: Sequence[Any], redaction: Redaction) -> list[Any] | None:
    """Return chunks without what only together they hold, or None where that is nothing.

    The pieces of a text stand at the same place of each chunk; where they hold a secret, the first such place gets the
    whole text, cleaned, and the others none.

    Args:
        chunks: Values of JSON types.
        redaction: What cleans them.
    """
    pieces: dict[_Path, list[str]] = {}
    for chunk in chunks:
        for path, text in _texts(chunk, ()):
            pieces.setdefault(path, []).append(text)
    cleaned: dict[_Path, str] = {}
    for path, texts in pieces.items():
        whole = "".join(texts)
        if len(texts) > 1 and redaction.suspects(capture.encode(whole)):
            clean = redaction.clean_value(whole)
            if clean not in (whole, "".join(map(redaction.clean_value, texts))):
                cleaned[path] = clean
    if not cleaned:
        return None
    return [_replaced(chunk, (), cleaned) for chunk in chunks]


def _texts(value: Any, path: _Path) -> Iterator[tuple[_Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))


def _replaced(value: Any, path: _Path, cleaned: dict[_Path, str]) -> Any:
    """Return a value with the texts at some paths replaced: with the whole text at first, then with an empty one."""
    if isinstance(value, str) and path in cleaned:
        text = cleaned[path]
        cleaned[path] = ""
        return text
    if isinstance(value, dict):
        return {key: _replaced(item, (*path, key), cleaned) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, (*path, index), cleaned) for index, item in enumerate(value)]
    return value
