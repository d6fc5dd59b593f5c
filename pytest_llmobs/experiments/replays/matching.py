"""What filled a template, told from the text that came of it; where a text allows two answers, neither is taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_llmobs.prompts.filling.variables import ParsedText


@dataclass(frozen=True)
class Fit:
    """A text as a rendering of a template."""

    values: Mapping[str, str]
    """Variable -> its text."""
    ambiguous: tuple[str, ...] = ()
    """Variables whose text can't be told from what stands beside them."""


def fit(template: ParsedText, text: str) -> Fit | None:
    """Return how a text came of a template, or None where it didn't.

    Blanks at both ends of the template don't count: code strips them.

    Args:
        template: Without problems.
        text: What was sent.
    """
    literals, variables = list(template.pieces[::2]), template.pieces[1::2]
    if not variables:
        return Fit({}) if literals[0].strip() == text.strip() else None
    if not any(map(str.strip, literals)):
        return None  # every text would fit
    for stripped in (literals, [literals[0].lstrip(), *literals[1:-1], literals[-1].rstrip()]):
        found = _fit(stripped, variables, text)
        if found is not None:
            return found
    return None


def _fit(literals: Sequence[str], variables: Sequence[str], text: str) -> Fit | None:
    first, *between, last = literals
    end = len(text) - len(last)
    if len(first) > end or not text.startswith(first) or not text.endswith(last):
        return None
    # where both ways of looking agree, there is no other way to split the text
    leftmost = list(_leftmost(between, text, len(first), end))
    if len(leftmost) != len(between):
        return None
    rightmost = list(_rightmost(between, text, len(first), end))[::-1]
    lefts = _parts(text, leftmost, between, len(first), end)
    rights = _parts(text, rightmost, between, len(first), end)
    values: dict[str, str] = {}
    unclear: dict[str, None] = {}
    for variable, left, right in zip(variables, lefts, rights, strict=True):
        if left != right:
            unclear[variable] = None
        elif values.setdefault(variable, left) != left:
            return None  # twice in the template, and not the same in the text
    return Fit(values, tuple(variable for variable in unclear if variable not in values))


def _leftmost(pieces: Sequence[str], text: str, start: int, end: int) -> Iterator[int]:
    """Yield where each piece stands at the earliest; ends early where one is missing."""
    for piece in pieces:
        place = text.find(piece, start, end)
        if place < 0:
            return
        yield place
        start = place + len(piece)


def _rightmost(pieces: Sequence[str], text: str, start: int, end: int) -> Iterator[int]:
    """Yield where each piece stands at the latest, the last one first."""
    for piece in reversed(pieces):
        end = text.rfind(piece, start, end)
        yield end


def _parts(text: str, places: Sequence[int], pieces: Sequence[str], start: int, end: int) -> Iterator[str]:
    for place, piece in zip(places, pieces, strict=True):
        yield text[start:place]
        start = place + len(piece)
    yield text[start:end]
