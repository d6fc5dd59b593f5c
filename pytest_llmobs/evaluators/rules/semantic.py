"""Likeness of meaning, by the cosine of two embeddings."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pytest_llmobs.errors import EvaluatorError, UnscoredError
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.evaluators.rules.outputs import pair
from pytest_llmobs.evaluators.rules.rule import Rule
from pytest_llmobs.records.scores import Score
from pytest_llmobs.similarity.embedding import Embedder, minilm


@dataclass(frozen=True)
class SemanticSimilarity(Rule):
    """The cosine between the embeddings of output and reference, 0 where they point apart.

    Example::

        meaning = semantic_similarity(minilm())  # a small model on this machine, of the extra "minilm"
        meaning = semantic_similarity(SentenceTransformer("all-mpnet-base-v2").encode)
    """

    cheap: ClassVar[bool] = False
    sample_options: ClassVar[Mapping[str, Any]] = {
        "embed": lambda texts: [[1.0, len(text) % 7] for text in texts]
    }
    embed: Embedder | None = None
    """Turns texts into vectors: a local model, or a call of a provider."""
    field: str | None = None
    """The reference output to compare with; see ``outputs.pair``."""
    output: str | None = None
    """The output to compare."""
    key: str = "semantic_similarity"

    def __post_init__(self) -> None:
        # Forgotten parentheses, told before `minilm` is called with texts; as an object, for mypy sees no such mistake.
        given: object = self.embed
        if given is minilm:
            raise EvaluatorError("minilm makes an embedder and is none: write semantic_similarity(minilm()).")

    @property
    def needs(self) -> Mapping[str, str]:  # type: ignore[override]
        """What the embedder needs, each module with the extra that installs it."""
        return getattr(self.embed, "needs", {})

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        if self.embed is None:
            raise EvaluatorError(
                f"{self.key} needs an embedder: {self.key}(minilm()), or any function from texts to vectors."
            )
        value, expected = pair(subject, self.output, self.field)
        if not isinstance(value, str) or not isinstance(expected, str):
            raise UnscoredError("Output and reference must both be text to be embedded.")
        first, second = self.embed([value, expected])
        # numpy's and torch's numbers don't go into a score.
        similarity = cosine(list(map(float, first)), list(map(float, second)))
        return Score(self.key, score=max(similarity, 0.0), comment=f"cosine {similarity:.3f}")


def cosine(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the cosine of the angle between two vectors, -1 to 1.

    Raises:
        UnscoredError: They differ in length, or one of them is zero.
    """
    if len(first) != len(second):
        raise UnscoredError(f"The embedder gave vectors of {len(first)} and {len(second)} numbers.")
    lengths = math.hypot(*first) * math.hypot(*second)
    if not lengths:
        raise UnscoredError("The embedder gave a zero vector.")
    product: float = math.fsum(map(operator.mul, first, second))
    return max(-1.0, min(1.0, product / lengths))  # rounding may lead out of the range


semantic_similarity = SemanticSimilarity()
"""``semantic_similarity(embed)``: the cosine between output and reference."""
