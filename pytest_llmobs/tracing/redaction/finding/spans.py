"""Where secrets lie in a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """One secret: where it begins and ends, and what it is."""

    start: int
    end: int
    kind: str


def merged(spans: Iterable[Span], spare: str) -> list[Span]:
    """Return spans in their order, those that overlap as one.

    Args:
        spans: As they were found.
        spare: A kind that says less than any other: one that overlaps with it names both.
    """
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start < joined[-1].end:
            joined[-1] = _both(joined[-1], span, spare)
        else:
            joined.append(span)
    return joined


def _both(first: Span, second: Span, spare: str) -> Span:
    kind = first.kind
    if kind == spare:
        kind = second.kind
    return Span(first.start, max(first.end, second.end), kind)


def replaced(text: str, spans: Sequence[Span]) -> str:
    """Return ``text`` with ``[redacted: <kind>]`` in the place of each of ``spans``, which don't overlap."""
    parts: list[str] = []
    position = 0
    for start, end, kind in spans:
        parts += [text[position:start], f"[redacted: {kind}]"]
        position = end
    return "".join([*parts, text[position:]])
