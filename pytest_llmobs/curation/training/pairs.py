"""Pairs for preference training (DPO): a prompt, the answer to learn and the one to unlearn.

They come from corrections that people gave to runs, and from curated examples: a bad answer in
``metadata.rejected_output``, and ``outputs`` that a person has completed. The files are TRL's: texts, or lists of
messages where what was asked are messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from pytest_llmobs.curation.drafts import AGREEMENT, CLUSTER, MODE, REASON, REJECTED, REVIEWER, SOURCE
from pytest_llmobs.curation.plans import UNCLUSTERED
from pytest_llmobs.curation.training.answers import Answers, answers_of
from pytest_llmobs.curation.training.reach import Reach, reaches
from pytest_llmobs.datasets.base import abridge
from pytest_llmobs.datasets.exchange.messages import UnfitError
from pytest_llmobs.records.examples import Example, canonical_json
from pytest_llmobs.records.runs import Run
from pytest_llmobs.review.outcomes.corrections import Correction, Settled, settle_corrections
from pytest_llmobs.similarity.shingles import Shingled
from pytest_llmobs.similarity.texts import normalized

ALIKE = 0.8
"""Share of character 5-grams in common from which on two answers are nearly the same. Such pairs teach the wrong thing:
preference training lowers the likelihood of what both share (Pal et al. 2024, arXiv:2402.13228)."""
_CATEGORIES = (MODE, CLUSTER, REASON)
"""Keys of a curated example's metadata that say what kind of failure it was, the better first."""


@dataclass(frozen=True)
class Pair:
    """One pair, and where it comes from."""

    answers: Answers
    source_run_id: str | None
    reviewer: str | None
    """Who would have had the better answer: names, sorted, with commas between; None where nobody said."""
    agreement: float | None
    """Share of the run's reviewers that would have had it; None where there was one alone."""
    category: str
    """What kind of failure it was; empty where it was none of many."""
    source: str
    """What messages call it."""

    def row(self) -> dict[str, Any]:
        """Return it as a line of the file."""
        return {
            "prompt": self.answers.prompt,
            "chosen": self.answers.chosen,
            "rejected": self.answers.rejected,
            "source_run_id": self.source_run_id,
            "reviewer": self.reviewer,
            "agreement": self.agreement,
        }


@dataclass(frozen=True)
class Refused:
    """What became no pair."""

    source: str
    """``run ID`` or ``example ID of DATASET``."""
    kind: str
    """``alike``, ``conflict``, ``repeated``, ``unfit``, ``unknown`` or ``unreadable``."""
    reason: str


@dataclass(frozen=True)
class Pairs:
    """What corrections and curated examples come to."""

    pairs: Sequence[Pair]
    refused: Sequence[Refused]
    conflicts: Sequence[str]
    """Runs whose reviewers differ, and most of them agree: the pair has an ``agreement`` below 1."""

    @property
    def reaches(self) -> list[Reach]:
        """How many pairs each kind of failure has."""
        return reaches(filter(None, map(attrgetter("category"), self.pairs)))

    @property
    def rows(self) -> Iterator[dict[str, Any]]:
        """The lines of the file."""
        return (pair.row() for pair in self.pairs)


def make_pairs(
    runs: Iterable[Run], corrections: Mapping[str, Sequence[Correction]], examples: Iterable[Example]
) -> Pairs:
    """Return the pairs of runs that were corrected and of curated examples.

    A run that has an example gives one pair: the example's, which was seen since.

    Args:
        runs: Those that were corrected, with inputs and outputs.
        corrections: By run id.
        examples: Of datasets; those without ``metadata.rejected_output`` or without ``outputs`` are passed over.
    """
    settled = {run_id: settle_corrections(own) for run_id, own in corrections.items()}
    return pairs_of(runs, settled, examples)


def pairs_of(runs: Iterable[Run], settled: Mapping[str, Settled], examples: Iterable[Example] = ()) -> Pairs:
    """Return the same of what reviewers have come to.

    Args:
        runs: Those that were corrected, with inputs and outputs.
        settled: By run id.
        examples: As above.
    """
    collected = _Collected()
    by_run: dict[str, Pair] = {}
    missing = dict(settled)
    for run in runs:
        if missing.pop(run.id, None) is not None:
            pair = collected.of_run(run, settled[run.id])
            if pair is not None:
                by_run[run.id] = pair
    for run_id in missing:
        collected.refuse(
            f"run {run_id}", "unknown", "no run of that id is stored, or none that was asked for"
        )
    of_examples = []
    for example in examples:
        pair = collected.of_example(example)
        if pair is not None:
            of_examples.append(_reviewed(pair, by_run.pop(example.source_run_id or "", None)))
    return collected.whole([*by_run.values(), *of_examples])


def _reviewed(pair: Pair, corrected: Pair | None) -> Pair:
    """Return an example's pair with what is known of its run's reviewers, where it is their answer."""
    if corrected is None or corrected.answers.chosen_text != pair.answers.chosen_text:
        return pair
    return replace(
        pair,
        reviewer=pair.reviewer or corrected.reviewer,
        agreement=corrected.agreement if pair.agreement is None else pair.agreement,
    )


class _Collected:
    """What was refused so far."""

    def __init__(self) -> None:
        self._refused: list[Refused] = []
        self._conflicts: list[str] = []

    def refuse(self, source: str, kind: str, reason: str) -> None:
        """Keep the reason why something is no pair."""
        self._refused.append(Refused(source, kind, reason))

    def of_run(self, run: Run, settled: Settled) -> Pair | None:
        """Return the pair of a run; None where it gives none."""
        source = f"run {run.id}"
        answers = ", ".join(map(abridge, settled.answers))
        if settled.outputs is None:
            self.refuse(source, "conflict", f"its reviewers would each have had something else: {answers}")
            return None
        if len(settled.answers) > 1:
            self._conflicts.append(f"{source}: {settled.agreement:.0%} agree; answers were {answers}")
        made = self._answers(source, run.inputs, settled.outputs, run.outputs)
        if made is None:
            return None
        reviewer = ", ".join(settled.reviewers) or None
        return Pair(made, run.id, reviewer, settled.agreement, settled.key, source)

    def of_example(self, example: Example) -> Pair | None:
        """Return the pair of a curated example; None where it gives none."""
        worse = example.metadata.get(REJECTED)
        if not worse or not example.outputs:
            return None
        source = f"example {example.id!r} of {example.dataset_name or 'the dataset'}"
        outputs = worse if isinstance(worse, Mapping) else {"output": worse}
        made = self._answers(source, example.inputs, example.outputs, outputs)
        if made is None:
            return None
        reviewer, agreement = example.metadata.get(REVIEWER), example.metadata.get(AGREEMENT)
        return Pair(
            made,
            example.source_run_id or example.metadata.get(SOURCE),
            None if reviewer is None else str(reviewer),
            agreement if isinstance(agreement, float | int) else None,
            _category(example.metadata),
            source,
        )

    def _answers(
        self,
        source: str,
        inputs: Mapping[str, Any],
        better: Mapping[str, Any],
        worse: Mapping[str, Any] | None,
    ) -> Answers | None:
        try:
            made = answers_of(inputs, better, worse)
        except UnfitError as error:
            self.refuse(source, "unfit", str(error))
            return None
        similarity = likeness(made.chosen_text, made.rejected_text)
        if similarity >= ALIKE:
            self.refuse(source, "alike", f"chosen and rejected are nearly the same ({similarity:.2f})")
            return None
        return made

    def whole(self, pairs: Sequence[Pair]) -> Pairs:
        """Return pairs in one form, each once."""
        if any(not isinstance(pair.answers.prompt, str) for pair in pairs):
            pairs = [replace(pair, answers=pair.answers.as_messages()) for pair in pairs]
        once: dict[str, Pair] = {}
        for pair in pairs:
            said = canonical_json([pair.answers.prompt, pair.answers.chosen, pair.answers.rejected])
            if said in once:
                self.refuse(pair.source, "repeated", f"{once[said].source} says the same")
            else:
                once[said] = pair
        return Pairs(list(once.values()), self._refused, self._conflicts)


def likeness(first: str, second: str) -> float:
    """Return the share of character 5-grams that two texts have in common; case, width and blanks don't count."""
    texts = [normalized(first), normalized(second)]
    if texts[0] == texts[1]:
        return 1.0
    if not all(texts):
        return 0.0
    return Shingled(texts).jaccard(0, 1, 0.0)


def _category(metadata: Mapping[str, Any]) -> str:
    for key in _CATEGORIES:
        value = metadata.get(key)
        if isinstance(value, list):
            value = ", ".join(map(str, value))
        if value == UNCLUSTERED:
            break
        if value:
            return str(value)
    return ""
