"""What asks the same as something that is kept, or as the dataset does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from pytest_llmobs.curation.candidates import Candidate, inputs_text
from pytest_llmobs.curation.plans import Duplicate, LeakingRun, Text
from pytest_llmobs.records.examples import Example
from pytest_llmobs.similarity import Pair, near_duplicates


@dataclass(frozen=True)
class Distinct:
    """Runs without duplicates among them."""

    kept: Sequence[Candidate]
    duplicates: Sequence[Duplicate]
    """Those that are left out, and in whose place."""


@dataclass(frozen=True)
class Known:
    """Which runs ask what the dataset asks, by the run's id."""

    duplicates: Mapping[str, Duplicate]
    leaks: Mapping[str, LeakingRun]
    """Near-duplicates of examples that share no split with what is to be added."""


def distinct(candidates: Sequence[Candidate]) -> Distinct:
    """Leave out whatever is like one that comes before it and is kept.

    Not whole groups of what is like each other: the second of three in a row may be like both its neighbours, which
    aren't alike. So whoever is left out is like one that is kept, and stays out the next time.

    Args:
        candidates: In the order in which they are preferred.
    """
    kept = list(candidates)
    left_out: dict[str, tuple[Candidate, float]] = {}
    unsure = True
    # A text is paired with the most alike of those before it: where all of these are left out, we look again.
    while unsure:
        pairs = _by_first(near_duplicates([candidate.text for candidate in kept]))
        dropped, unsure = _without_the_later(pairs)
        for number, pair in dropped.items():
            left_out[kept[number].run.id] = kept[pair.second], pair.similarity
        kept = [candidate for number, candidate in enumerate(kept) if number not in dropped]
    duplicates = []
    for candidate in candidates:
        if candidate.run.id in left_out:
            other, similarity = left_out[candidate.run.id]
            duplicates.append(Duplicate(_text(candidate), _text(other), similarity, in_dataset=False))
    return Distinct(kept, duplicates)


def _without_the_later(pairs: Mapping[int, Sequence[Pair]]) -> tuple[dict[int, Pair], bool]:
    """Return which texts to leave out, each with what it is like and is kept.

    Args:
        pairs: By their later text.

    Returns:
        The texts, and whether one that is kept was like others that aren't.
    """
    dropped: dict[int, Pair] = {}
    unsure = False
    for number in sorted(pairs):
        near = [pair for pair in pairs[number] if pair.second not in dropped]
        if near:
            dropped[number] = max(near, key=attrgetter("similarity"))
        else:
            unsure = True
    return dropped, unsure


def known(candidates: Sequence[Candidate], examples: Sequence[Example], split: str | None) -> Known:
    """Find which runs ask what examples ask.

    Args:
        candidates: The runs.
        examples: Those of the dataset.
        split: The part of it that the runs are to go to; None for none.
    """
    texts = [inputs_text(example.inputs) for example in examples]
    duplicates: dict[str, Duplicate] = {}
    leaks: dict[str, LeakingRun] = {}
    pairs = _by_first(near_duplicates([candidate.text for candidate in candidates], known=texts))
    for number, candidate in enumerate(candidates, start=len(examples)):
        near = [pair for pair in pairs.get(number, ()) if pair.second < len(examples)]
        if not near:
            continue
        best = max(near, key=lambda pair: _closeness(pair, examples, split))
        example = examples[best.second]
        of = Text(example.id, texts[best.second])
        if best.similarity == 1.0 or _shares_split(example, split):
            duplicates[candidate.run.id] = Duplicate(_text(candidate), of, best.similarity, in_dataset=True)
        else:
            leaks[candidate.run.id] = LeakingRun(
                _text(candidate), of, example.splits[0] if example.splits else "", best.similarity
            )
    return Known(duplicates, leaks)


def _closeness(pair: Pair, examples: Sequence[Example], split: str | None) -> tuple[bool, bool, float]:
    """Order what a run is like: the same text before the same split before the rest."""
    return pair.similarity == 1.0, _shares_split(examples[pair.second], split), pair.similarity


def _shares_split(example: Example, split: str | None) -> bool:
    return split in example.splits or (split is None and not example.splits)


def _by_first(pairs: Iterable[Pair]) -> Mapping[int, Sequence[Pair]]:
    grouped: dict[int, list[Pair]] = {}
    for pair in pairs:
        grouped.setdefault(pair.first, []).append(pair)
    return grouped


def _text(candidate: Candidate) -> Text:
    return Text(candidate.run.id, candidate.text)
