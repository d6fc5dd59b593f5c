"""Which prompt a text is a rendering of, told by its text alone.

A text is a rendering of a template where it begins with the template's first literal text, ends with its last, and has
those in between in their order. Of several templates that fit, the one with the most literal text is meant: a commit
that only leaves a sentence out fits as well.

What little literal text there is proves nothing. English has at least 0.6 bits a letter (Shannon 1951, Bell System
Technical Journal 30): 40 letters in their order come about by chance once in 16 million texts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmobs.prompts.filling.variables import literal, parse

LEAST_LITERAL = 40
"""Characters of literal text that a template with variables must have."""
LEAST_EQUAL = 20
"""Characters of a prompt without variables, which must be equal to the text."""
_TELLING = 8
"""Characters of a piece of literal text that count: blanks and commas stand in every text."""
_IN_BRACES = re.compile(r"\{([^\W\d]\w*)\}")
_KEYS = (48, 24, 12)
"""Characters at an end of a text by which templates are found that may fit; prompts of one app often begin alike."""


@dataclass(frozen=True)
class Pattern:
    """One text of a prompt as it was in one commit."""

    name: str
    """The prompt's."""
    commit_hash: str
    rank: int
    """Of patterns that fit equally well, the one with the lowest is meant."""
    literals: tuple[str, ...]
    """The literal text before, between and behind the variables, without blanks at both ends."""
    variables: tuple[str, ...] = ()

    @property
    def leftovers(self) -> list[str]:
        """Names that stand in braces in any rendering: ``{{name}}`` in the template, or a brace that stands alone."""
        names: list[str] = []
        for piece in self.literals:
            names += _IN_BRACES.findall(piece)
        return names

    @property
    def telling(self) -> int:
        """Characters of literal text that count."""
        return sum(len(piece) for piece in self.literals if len(piece) >= _TELLING or len(self.literals) == 1)

    def values(self, text: str) -> list[str] | None:
        """Return what stands in the place of each variable, or None where the text is no rendering."""
        first, last = self.literals[0], self.literals[-1]
        if first:  # at an end that is a variable, blanks are its value
            text = text.lstrip()
        if last:
            text = text.rstrip()
        if not self.variables:
            return [] if text == first else None
        end = len(text) - len(last)
        if len(first) > end or not text.startswith(first) or not text.endswith(last):
            return None
        values, position = [], len(first)
        # the leftmost place of each piece leaves most room to those behind it
        for piece in self.literals[1:-1]:
            place = text.find(piece, position, end)
            if place < 0:
                return None
            values.append(text[position:place])
            position = place + len(piece)
        return [*values, text[position:end]]


@dataclass(frozen=True)
class Match:
    """A prompt that a text is a rendering of."""

    name: str
    commit_hash: str
    unfilled: Sequence[str] = ()
    """Variables that stand in the text as they do in the template."""


class Patterns:
    """The patterns of all prompts, found by how a text begins or ends."""

    def __init__(self) -> None:
        """Start with none."""
        self._by_start: dict[int, dict[str, list[Pattern]]] = {}
        """Length of a key -> key -> patterns that begin with it."""
        self._by_end: dict[int, dict[str, list[Pattern]]] = {}
        self._open: list[Pattern] = []
        """Those that begin and end with a variable, or nearly so."""

    def add(self, pattern: Pattern) -> None:
        """Take a pattern in, unless its text proves nothing."""
        if pattern.telling < (LEAST_LITERAL if pattern.variables else LEAST_EQUAL):
            return
        first, last = pattern.literals[0], pattern.literals[-1]
        for size in _KEYS:
            if len(first) >= size:
                self._by_start.setdefault(size, {}).setdefault(first[:size], []).append(pattern)
                return
            if len(last) >= size:
                self._by_end.setdefault(size, {}).setdefault(last[-size:], []).append(pattern)
                return
        self._open.append(pattern)

    def matches(self, text: str) -> list[Match]:
        """Return the prompts that a text is a rendering of, the best fit of each of those that fit best of all."""
        fits: list[tuple[Pattern, list[str]]] = []
        for pattern in self._candidates(text):
            values = pattern.values(text)
            if values is not None:
                fits.append((pattern, values))
        if not fits:
            return []
        most = max(pattern.telling for pattern, _ in fits)
        best: dict[str, tuple[Pattern, list[str]]] = {}
        for pattern, values in sorted(fits, key=lambda fit: fit[0].rank):
            if pattern.telling == most:
                best.setdefault(pattern.name, (pattern, values))
        return [
            Match(name, pattern.commit_hash, _unfilled(pattern, values))
            for name, (pattern, values) in best.items()
        ]

    def _candidates(self, text: str) -> list[Pattern]:
        candidates: list[Pattern] = []
        start, end = text.lstrip(), text.rstrip()
        for size, patterns in self._by_start.items():
            candidates += patterns.get(start[:size], ())
        for size, patterns in self._by_end.items():
            candidates += patterns.get(end[-size:], ())
        for pattern in self._open:
            if max(pattern.literals, key=len) in text:
                candidates.append(pattern)
        return candidates


def _unfilled(pattern: Pattern, values: Sequence[str]) -> list[str]:
    unfilled: dict[str, None] = dict.fromkeys(pattern.leftovers)
    for variable, value in zip(pattern.variables, values, strict=True):
        if value.strip() == "{" + variable + "}":
            unfilled[variable] = None
    return list(unfilled)


def pattern_of(text: str, name: str, commit_hash: str, rank: int) -> Pattern:
    """Return the pattern of a template's text; one with a brace that stands alone must be there as it is."""
    parsed = parse(text)
    if parsed.problems:
        parsed = literal(text)
    literals = list(parsed.pieces[::2])
    literals[0] = literals[0].lstrip()
    literals[-1] = literals[-1].rstrip()
    return Pattern(name, commit_hash, rank, tuple(literals), tuple(parsed.pieces[1::2]))
