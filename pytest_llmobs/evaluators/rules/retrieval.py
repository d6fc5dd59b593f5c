"""Evaluators of retrieval: which documents came back, and how far up the relevant ones stood.

The documents are those of the ``retriever`` runs in the trace, each once, in the order they came; without such a
run, those of the output called ``documents``. A document is known by its ``id`` (also below ``metadata``), else by
its ``source``, else by its text. The example lists the relevant ones in ``outputs.relevant_documents``, as a list of
ids, or for nDCG as a dict from id to grade.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pytest_llmobs.errors import EvaluatorError, UnscoredError
from pytest_llmobs.evaluators.binding.source import versioned_as
from pytest_llmobs.evaluators.binding.subject import NotApplicable, Subject
from pytest_llmobs.evaluators.rules.outputs import requirement
from pytest_llmobs.evaluators.rules.rule import Rule
from pytest_llmobs.evaluators.rules.trace_tree import runs_of_type
from pytest_llmobs.records.scores import Score

_TEXTS = ("text", "page_content", "content", "document")
_CONTEXT_AS_VERSIONED = """
_TEXTS = ("text", "page_content", "content", "document")

def retrieved(subject, retriever=None):
    runs = runs_of_type(subject.run, "retriever", retriever)
    if runs:
        return [document for run in runs for document in _documents(run.outputs)]
    found = (subject.outputs or {}).get("documents")
    if isinstance(found, list):
        return found
    raise UnscoredError(
        "No documents: mark the retriever with @traceable(run_type='retriever'), or return them as 'documents'."
    )

def _documents(outputs):
    lists = [value for value in (outputs or {}).values() if isinstance(value, list)]
    return lists[0] if lists else []

def retrieved_context(subject):
    return "\\n\\n".join(_text(document) for document in retrieved(subject))

def _text(document):
    if isinstance(document, Mapping):
        return next((str(document[name]) for name in _TEXTS if name in document), str(dict(document)))
    return str(document)
"""
"""The code below as it first entered versions; another text here has every judge with this context rebaselined."""


def retrieved(subject: Subject, retriever: str | None = None) -> list[Any]:
    """Return the documents that were retrieved, as the retriever returned them.

    Args:
        subject: The run.
        retriever: Only those of the retriever runs of this name.

    Raises:
        UnscoredError: The trace has no retriever run, and the outputs no ``documents``.
    """
    runs = runs_of_type(subject.run, "retriever", retriever)
    if runs:
        documents: list[Any] = []
        for run in runs:
            documents.extend(_documents(run.outputs))
        return documents
    returned = (subject.outputs or {}).get("documents")
    if isinstance(returned, list):
        return returned
    raise UnscoredError(
        "No documents: mark the retriever with @traceable(run_type='retriever'), or return them as 'documents'."
    )


def _documents(outputs: Mapping[str, Any] | None) -> list[Any]:
    """Return the first list among the outputs, whatever it is called."""
    for value in (outputs or {}).values():
        if isinstance(value, list):
            return value
    return []


@versioned_as(_CONTEXT_AS_VERSIONED)
def retrieved_context(subject: Subject) -> str:
    """Return the texts of the retrieved documents, for a judge's ``context``."""
    return "\n\n".join(map(_text, retrieved(subject)))


def _text(document: Any) -> str:
    if not isinstance(document, Mapping):
        return str(document)
    for name in _TEXTS:
        if name in document:
            return str(document[name])
    return str(dict(document))


def _identity(document: Any) -> str:
    if not isinstance(document, Mapping):
        return str(document)
    metadata = document.get("metadata")
    if not isinstance(metadata, Mapping):
        metadata = {}
    for part in (document, metadata):
        for name in ("id", "doc_id", "source"):
            if part.get(name) is not None:
                return str(part[name])
    return _text(document)


@dataclass(frozen=True)
class _Ranked(Rule):
    sample_reference: ClassVar[Mapping[str, Any]] = {"relevant_documents": ["d1", "d2"]}
    k: int | None = 10
    """How many of the first documents count; None for all."""
    field: str = "relevant_documents"
    """The reference output that lists the relevant ones."""
    retriever: str | None = None
    """Only retriever runs of this name."""

    def __post_init__(self) -> None:
        if self.k is not None and (not isinstance(self.k, int) or self.k < 1):
            raise EvaluatorError(f"k is {self.k!r}; it must be 1 or more, or None for all documents.")

    def _read(self, subject: Subject) -> tuple[list[str], dict[str, float]]:
        """Return the ids of the first documents in their order, and the grade of each relevant one."""
        grades = self._grades(requirement(subject, self.field))
        if not grades:
            raise NotApplicable(f"the example has no relevant document in outputs.{self.field}")
        # A document that several retriever runs brought counts once, where it came first.
        ranking = list(dict.fromkeys(map(_identity, retrieved(subject, self.retriever))))
        return ranking[: self.k], grades

    def _grades(self, stated: Any) -> dict[str, float]:
        if isinstance(stated, str) or not isinstance(stated, Iterable):
            raise UnscoredError(f"outputs.{self.field} is {stated!r}; write a list of document ids.")
        if not isinstance(stated, Mapping):
            return dict.fromkeys(map(_identity, stated), 1.0)
        grades = {}
        for name, grade in stated.items():
            if float(grade) > 0:
                grades[str(name)] = float(grade)
        return grades


@dataclass(frozen=True)
class RecallAtK(_Ranked):
    """The share of the relevant documents among the first k."""

    key: str = "recall_at_k"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        ranking, grades = self._read(subject)
        absent = [name for name in grades if name not in ranking]
        if not absent:
            return Score(self.key, score=1.0, comment=f"all {len(grades)} retrieved")
        comment = f"not retrieved: {', '.join(absent[:5])}"
        return Score(self.key, score=1 - len(absent) / len(grades), comment=comment)


@dataclass(frozen=True)
class PrecisionAtK(_Ranked):
    """The share of relevant documents among those retrieved, up to k; 0 where nothing was retrieved."""

    key: str = "precision_at_k"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        ranking, grades = self._read(subject)
        hits = 0
        for name in ranking:
            if name in grades:
                hits += 1
        share = 0.0
        if ranking:
            share = hits / len(ranking)
        return Score(self.key, score=share, comment=f"{hits} of {len(ranking)} retrieved are relevant")


@dataclass(frozen=True)
class ReciprocalRank(_Ranked):
    """1 / rank of the first relevant document, 0 where none came; its mean over a suite is the MRR."""

    key: str = "mrr"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        ranking, grades = self._read(subject)
        for rank, name in enumerate(ranking, 1):
            if name in grades:
                return Score(self.key, score=1 / rank, comment=f"the first relevant one is number {rank}")
        return Score(self.key, score=0.0, comment=f"none of {len(ranking)} retrieved is relevant")


@dataclass(frozen=True)
class Ndcg(_Ranked):
    """Normalised discounted cumulative gain, gains 2^grade - 1, discount log2(rank + 1) (Järvelin 2002)."""

    key: str = "ndcg"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        ranking, grades = self._read(subject)
        ideal = _gain(sorted(grades.values(), reverse=True)[: self.k])
        gain = _gain([grades.get(name, 0.0) for name in ranking])
        # Rounding may lead out of the range.
        return Score(self.key, score=min(gain / ideal, 1.0), comment=f"gain {gain:.2f} of {ideal:.2f}")


def _gain(grades: Sequence[float]) -> float:
    gains = []
    for rank, grade in enumerate(grades, 1):
        gains.append((2**grade - 1) / math.log2(rank + 1))
    return sum(gains)


recall_at_k = RecallAtK()
"""The share of ``outputs.relevant_documents`` among the first k (10)."""
precision_at_k = PrecisionAtK()
"""The share of relevant documents among the first k (10)."""
mrr = ReciprocalRank()
"""1 / rank of the first relevant document."""
ndcg = Ndcg()
"""nDCG of the first k (10)."""
