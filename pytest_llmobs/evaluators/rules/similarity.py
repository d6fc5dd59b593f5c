"""Evaluators of likeness to a reference text: edit distance, ROUGE-L, BLEU, chrF. All give 0 to 1.

They reward the same words, not the same meaning: fit for extraction, transcription and translation, misleading for
free answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pytest_llmobs.errors import UnscoredError
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.evaluators.rules.matching import fold
from pytest_llmobs.evaluators.rules.outputs import pair
from pytest_llmobs.evaluators.rules.rule import Rule
from pytest_llmobs.records.scores import Score

LONGEST = 20_000
"""Characters (or words) up to which quadratic measures are taken; that is about 0.2 s."""


@dataclass(frozen=True)
class _Likeness(Rule):
    field: str | None = None
    """The reference output to compare with; see ``outputs.pair``."""
    output: str | None = None
    """The output to compare."""

    def _texts(self, subject: Subject) -> tuple[str, str]:
        value, expected = pair(subject, self.output, self.field)
        for text in (value, expected):
            if not isinstance(text, str):
                raise UnscoredError(f"{text!r} is no text; likeness compares texts.")
        return value, expected


def _short_enough(first: Sequence[Any], second: Sequence[Any]) -> None:
    longest = max(len(first), len(second))
    if longest > LONGEST:
        raise UnscoredError(f"The texts are too long to align ({longest:,}; at most {LONGEST:,}).")


@dataclass(frozen=True)
class EditSimilarity(_Likeness):
    """1 - Levenshtein distance / length of the longer text."""

    key: str = "edit_similarity"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        value, expected = self._texts(subject)
        _short_enough(value, expected)
        distance = edit_distance(value, expected)
        share = 1 - distance / max(len(value), len(expected), 1)
        return Score(self.key, score=share, comment=f"{distance} edits", metadata={"edits": distance})


def edit_distance(first: str, second: str) -> int:
    """Return the fewest insertions, deletions and replacements that turn one text into the other.

    The bit-parallel algorithm of Myers (1999) in the form of Hyyrö (2003), on Python's long integers.
    """
    if not first or not second:
        return max(len(first), len(second))
    places = _places(first)
    full, top = (1 << len(first)) - 1, 1 << (len(first) - 1)
    up, down, distance = full, 0, len(first)
    for character in second:
        match = places.get(character, 0)
        diagonal = (((match & up) + up) ^ up) | match | down
        right_up, right_down = down | (full & ~(diagonal | up)), diagonal & up
        distance += bool(right_up & top) - bool(right_down & top)
        right_up, right_down = (right_up << 1) | 1, right_down << 1
        up, down = (right_down | ~(diagonal | right_up)) & full, right_up & diagonal & full
    return distance


def _places(items: Sequence[Any]) -> dict[Any, int]:
    places: dict[Any, int] = {}
    for index, item in enumerate(items):
        places[item] = places.get(item, 0) | 1 << index
    return places


@dataclass(frozen=True)
class RougeL(_Likeness):
    """ROUGE-L, F1 over the longest common subsequence of words (Lin 2004), without stemming."""

    key: str = "rouge_l"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        text, reference = self._texts(subject)
        value, expected = _words(text), _words(reference)
        _short_enough(value, expected)
        common = common_length(value, expected)
        if not value or not expected:
            return Score(self.key, score=float(value == expected), comment="one of the texts has no words")
        precision, recall = common / len(value), common / len(expected)
        f1 = 0.0
        if common:
            f1 = 2 * precision * recall / (precision + recall)
        parts = {"precision": precision, "recall": recall}
        comment = f"precision {precision:.2f}, recall {recall:.2f}"
        return Score(self.key, score=f1, comment=comment, metadata=parts)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text))


def common_length(first: Sequence[Any], second: Sequence[Any]) -> int:
    """Return the length of the longest common subsequence (bit-parallel, Hyyrö 2004)."""
    places, full = _places(first), (1 << len(first)) - 1
    state = full
    for item in second:
        match = state & places.get(item, 0)
        state = ((state + match) | (state - match)) & full
    return len(first) - state.bit_count()


@dataclass(frozen=True)
class Bleu(_Likeness):
    """Sentence BLEU of sacrebleu (Papineni 2002), divided by 100."""

    needs: ClassVar[Mapping[str, str]] = {"sacrebleu": "similarity"}
    key: str = "bleu"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        import sacrebleu

        value, expected = self._texts(subject)
        result = sacrebleu.sentence_bleu(value, [expected])
        return Score(self.key, score=min(result.score / 100, 1.0), comment=str(result))


@dataclass(frozen=True)
class Chrf(_Likeness):
    """Sentence chrF2 of sacrebleu (Popović 2015), divided by 100."""

    needs: ClassVar[Mapping[str, str]] = {"sacrebleu": "similarity"}
    key: str = "chrf"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        import sacrebleu

        value, expected = self._texts(subject)
        result = sacrebleu.sentence_chrf(value, [expected])
        return Score(self.key, score=min(result.score / 100, 1.0), comment=str(result))


edit_similarity = EditSimilarity()
"""1 - edit distance to the reference / length of the longer text."""
rouge_l = RougeL()
"""ROUGE-L F1 against the reference."""
bleu = Bleu()
"""Sentence BLEU against the reference; needs the extra ``similarity``."""
chrf = Chrf()
"""Sentence chrF against the reference; needs the extra ``similarity``."""
