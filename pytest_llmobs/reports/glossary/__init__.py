"""What each word of the output means, and what to do about it: ``llmobs explain`` and docs/words.md show this table.

The words themselves are in the modules beside, a table for each part of the output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_llmobs.reports.glossary.entry import Entry
from pytest_llmobs.reports.glossary.gate_words import GATE_WORDS
from pytest_llmobs.reports.glossary.review_words import REVIEW_WORDS
from pytest_llmobs.reports.glossary.session_words import SESSION_WORDS

PAGE = "https://github.com/pytest-llmobs/pytest-llmobs/blob/main/docs/words.md"
"""Where the page with all words is read."""

_SIGNS = " ▼▲→≈?!·±✓✗.:=+[]"
"""What stands around a word; a sign that stands alone is a word."""

GLOSSARY: tuple[Entry, ...] = (*GATE_WORDS, *SESSION_WORDS, *REVIEW_WORDS)
"""All words, in the order of the page."""


def find(word: str) -> Entry | None:
    """Return the entry of a word, however it is written; None where there is none."""
    for wanted in (word.strip(), _plain(word), _plain(word).removesuffix("s")):
        for entry in GLOSSARY:
            if wanted and wanted in (*entry.words, *map(_plain, entry.words)):
                return entry
    return None


def all_words() -> Iterator[str]:
    """Yield every word that is explained."""
    for entry in GLOSSARY:
        yield from entry.words


def _plain(word: str) -> str:
    bare = re.sub("[_-]", " ", word.casefold()).replace("(", "").replace(")", "")
    # among how many metrics a p is differs from session to session
    return re.sub(r"^p of \d+$", "p of g", bare.strip(_SIGNS))
