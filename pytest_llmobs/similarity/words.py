"""The words of a text in any language, and what of them tells texts apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from pytest_llmobs.similarity.texts import normalized

NUMBER = "#"
"""Stands for every number: which one it is says nothing about what a text is about."""
_READ = 20_000
"""Characters of a text; what it is about shows in its first pages."""
_STEM = 5
"""Letters of a word that count: ``apologize`` is ``apology``."""
MOST_FEATURES = 64
"""Of a text."""
UNSPACED = (
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""A character of a script without blanks between words: Thai to Burmese, Khmer, Japanese and Chinese."""
# Vowel signs and accents are no letters to `re`; words in Hebrew, Arabic and Indian scripts would fall apart.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0970-\u0dff"
_PUNCTUATION = r"""\s.,!?;:'"()\[\]\-‘’“”„«»…–—。、「」『』،؛؟।¿¡·•\ud800-\udfff"""
_TOKEN = re.compile(
    rf"(?P<unspaced>{UNSPACED}+)|(?P<word>(?:(?!{UNSPACED})[^\W\d_]|[{_MARKS}])+(?:['’][^\W\d_]+)*)"
    rf"|(?P<number>\d+)|(?P<symbols>[^\w{_PUNCTUATION}]+)"
)


def words(text: str) -> list[str]:
    """Return words in their order, in lower case: runs of letters; of scripts without blanks every two characters;
    ``#`` for numbers; runs of symbols such as ``{{``.
    """
    found: list[str] = []
    for match in _TOKEN.finditer(normalized(text[:_READ])):
        token = match[0]
        if match.lastgroup == "number":
            found.append(NUMBER)
        elif match.lastgroup == "unspaced" and len(token) > 1:
            found.extend(map("".join, pairwise(token)))
        else:
            found.append(token)
    return found


def features(texts: Sequence[list[str]]) -> tuple[list[list[int]], int]:
    """Return the stems of each text as numbers, and how many different ones there are.

    A stem counts once a text, and only where two texts have it.
    """
    stems = list(map(_stems, texts))
    counts: Counter[str] = Counter()
    for text in stems:
        counts.update(text)
    shared = sorted(stem for stem, count in counts.items() if count > 1)
    numbers = dict(zip(shared, range(len(shared)), strict=True))
    rows = []
    for text in stems:
        kept = sorted(numbers.keys() & text)
        if len(kept) > MOST_FEATURES:
            kept.sort(key=counts.__getitem__)
            kept = kept[:: len(kept) // MOST_FEATURES + 1]  # of rare and frequent ones alike
        rows.append(list(map(numbers.__getitem__, kept)))
    return rows, len(shared)


def _stems(text: list[str]) -> set[str]:
    return {word[:_STEM] for word in text}
