"""Finding keywords and phrases in text, the way a reader would."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

# The longest first: "charges" ends with "es" and with "s".
_ENDINGS = ("ing", "ed", "es", "e", "s")
_SHORTEST_STEM = 3
_VOWELS = frozenset("aeiouy")


def fold(text: str) -> str:
    """Return ``text`` without case, without differences of Unicode form, with plain apostrophes."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")


def fold_label(label: Any) -> str:
    """Return a label as it is compared: folded, with single spaces."""
    return " ".join(fold(str(label)).split())


def missing(text: str, keywords: Sequence[str | Sequence[str]], stems: bool = True) -> list[str]:
    """Return the keywords that ``text`` lacks; a list among them stands for its alternatives."""
    folded = fold(text)
    lacking = []
    for keyword in keywords:
        if not _in_text(folded, keyword, stems):
            lacking.append(" or ".join(_words(keyword)))
    return lacking


def present(text: str, phrases: Sequence[str | Sequence[str]], stems: bool = True) -> list[str]:
    """Return the phrases that ``text`` has; of a list among them, those alternatives that it has."""
    folded = fold(text)
    found = []
    for phrase in phrases:
        for word in _words(phrase):
            if _found(folded, word, stems):
                found.append(word)
    return found


def _words(phrase: str | Sequence[str]) -> Sequence[str]:
    if isinstance(phrase, str):
        return (phrase,)
    return phrase


def _in_text(folded: str, keyword: str | Sequence[str], stems: bool) -> bool:
    return any(_found(folded, word, stems) for word in _words(keyword))


def _found(folded: str, phrase: str, stems: bool) -> bool:
    beginning, pattern = _pattern(phrase, stems)
    # A plain search finds most absences ten times as fast as a pattern does.
    return beginning in folded and pattern.search(folded) is not None


@lru_cache(maxsize=4096)
def _pattern(phrase: str, stems: bool) -> tuple[str, re.Pattern[str]]:
    """Compile a phrase: whole words, any white space between them, with inflections where ``stems``.

    Returns:
        The letters with which every match begins, and the pattern.
    """
    words = fold(phrase).split()
    if not words:
        return "", re.compile("")
    beginnings, patterns = [], []
    for word in words:
        beginning, pattern = word, re.escape(word)
        if stems:
            beginning, pattern = _inflected(word)
        beginnings.append(beginning)
        patterns.append(pattern)
    body = r"\s+".join(patterns)
    if _has_edges(words[0][0]):
        body = r"(?<!\w)" + body
    if _has_edges(words[-1][-1]):
        body += r"(?!\w)"
    return beginnings[0], re.compile(body)


def _has_edges(character: str) -> bool:
    """Whether words of its script are spaced apart; those of Chinese, Japanese, Thai and others aren't."""
    if not (character.isalnum() or character == "_"):
        return False
    name = unicodedata.name(character, "")
    return not name.startswith(("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"))


def _inflected(word: str) -> tuple[str, str]:
    """Return the stem of an English word, and a pattern for it with its plain inflections.

    charge: charge, charges, charged, charging.
    """
    if not (word.isascii() and word.isalpha() and len(word) > _SHORTEST_STEM):
        return word, re.escape(word)
    stem = _before_y(word)
    if stem is not None:
        return stem, rf"{stem}(?:y|ie|ies|ied|ying|y's)"
    stem = _stem(word)
    # An optional doubled consonant: plan and planned, cancel and cancelled, bill and billing.
    return stem, rf"{stem}{stem[-1]}?(?:ed|ing|e|es|s|d|'s|s')?"


def _before_y(word: str) -> str | None:
    if word.endswith(("ies", "ied")):
        stem = word[:-3]
    elif word.endswith("y"):
        stem = word[:-1]
    else:
        return None
    if len(stem) >= _SHORTEST_STEM - 1 and stem[-1] not in _VOWELS:
        return stem
    return None


def _stem(word: str) -> str:
    """Strip the ending of a plural, a past or a participle, as the first step of Porter's stemmer does."""
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem == word or word.endswith(("ss", "eed")) or not _VOWELS.intersection(stem):
            continue
        if len(stem) >= _SHORTEST_STEM:
            if len(stem) > _SHORTEST_STEM and stem[-1] == stem[-2]:
                return stem[:-1]
            return stem
    return word
