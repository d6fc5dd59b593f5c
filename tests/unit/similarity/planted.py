"""Failures of a support assistant, planted: eight types in many wordings, and answers that belong to none.

Two sets of wordings. ``FIRST`` was written before the clustering was, and the clustering was tuned on it; ``SECOND``
was written afterwards, in other words, and nothing was tuned on it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NOISE = "none"


@dataclass(frozen=True)
class Wordings:
    """How the failures of one set are worded."""

    types: Mapping[str, Sequence[str]]
    """Type of failure -> its sentences."""
    slots: Mapping[str, Sequence[str]]
    """What stands in a sentence's ``<slot>``."""
    fillers: Sequence[str]
    """Sentences that any answer may have."""
    noise: Sequence[str]
    """Sentences of answers of no type, each used once."""


def plant(wordings: Wordings, count: int, seed: int) -> tuple[list[str], list[str]]:
    """Return texts and the type of each, in random order: the types unlike in size, and 5 % noise.

    An answer is one to three sentences of its type, each with other words in its slots; every third has a sentence
    that any type may have. Of the type ``cut off`` every answer ends in the middle of a sentence.
    """
    chance = random.Random(seed)
    names = sorted(wordings.types)
    weights = [chance.uniform(1, 3) for _ in names]
    labels = chance.choices(names, weights, k=count - count // 20)
    rows = [(answer(name, wordings, chance), name) for name in labels]
    rows += [(noise(wordings, chance), NOISE) for _ in range(count // 20)]
    chance.shuffle(rows)
    return [text for text, _ in rows], [name for _, name in rows]


def answer(name: str, wordings: Wordings, chance: random.Random) -> str:
    """Return one answer of a type."""
    sentences = chance.sample(wordings.types[name], chance.choice([1, 2, 2, 3]))
    if chance.random() < 1 / 3:
        sentences.insert(chance.choice([0, len(sentences)]), chance.choice(wordings.fillers))
    text = " ".join(fill(sentence, wordings, chance) for sentence in sentences)
    if name != "cut off":
        return text
    words = text.split()
    return " ".join(words[: chance.randint(max(4, len(words) // 2), max(5, len(words) - 2))]).rstrip(".,")


def noise(wordings: Wordings, chance: random.Random) -> str:
    """Return one answer that is like few others."""
    sentences = chance.sample(wordings.noise, 2)
    return " ".join(fill(sentence, wordings, chance) for sentence in sentences)


def fill(sentence: str, wordings: Wordings, chance: random.Random) -> str:
    """Return a sentence with a word in each of its slots."""
    return re.sub(r"<(\w+)>", lambda slot: chance.choice(wordings.slots[slot[1]]), sentence)
