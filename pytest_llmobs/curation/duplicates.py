"""What asks the same as something that is kept, or as the dataset does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from pytest_llmobs.curation.candidates import Candidate, inputs_text
from pytest_llmobs.curation.plans import Duplicate, LeakingRun, Text
from pytest_llmobs.records.examples import Example
from pytest_llmobs.similarity import Pair, near_duplicates

_LEAST = 500
"""Texts that are compared at once. An outage has ten thousand alike: each with each would be fifty million pairs."""


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
    first: dict[str, Candidate] = {}
    for candidate in candidates:
        first.setdefault(candidate.text, candidate)
    kept: list[Candidate] = []
    stands_for: dict[str, tuple[Candidate, float]] = {}
    for chunk in _chunks(list(first.values()), kept):
        places = [*kept, *chunk]
        for candidate, other, similarity in _left_out(chunk, kept, places):
            stands_for[candidate.text] = other, similarity
        kept += [candidate for candidate in chunk if candidate.text not in stands_for]
    duplicates = []
    for candidate in candidates:
        other, similarity = stands_for.get(candidate.text, (first[candidate.text], 1.0))
        if other is not candidate:
            duplicates.append(Duplicate(_text(candidate), _text(other), similarity, in_dataset=False))
    return Distinct(kept, duplicates)


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


def _chunks(candidates: Sequence[Candidate], kept: Sequence[Candidate]) -> Iterator[Sequence[Candidate]]:
    """Yield all of them, more at a time the more of those before were kept: then there are few pairs."""
    start = 0
    while start < len(candidates):
        end = start + max(_LEAST, len(kept))
        yield candidates[start:end]
        start = end


def _left_out(
    chunk: Sequence[Candidate], kept: Sequence[Candidate], places: Sequence[Candidate]
) -> Iterator[tuple[Candidate, Candidate, float]]:
    """Yield what isn't kept of a chunk, with the most similar of those that are, and how similar it is."""
    known_texts = [candidate.text for candidate in kept]
    pairs = _by_first(near_duplicates([candidate.text for candidate in chunk], known=known_texts))
    dropped: set[int] = set()
    for number in range(len(kept), len(places)):
        near = [pair for pair in pairs.get(number, ()) if pair.second not in dropped]
        if near:
            dropped.add(number)
            best = max(near, key=attrgetter("similarity"))
            yield places[number], places[best.second], best.similarity


def _by_first(pairs: Iterable[Pair]) -> Mapping[int, Sequence[Pair]]:
    grouped: dict[int, list[Pair]] = {}
    for pair in pairs:
        grouped.setdefault(pair.first, []).append(pair)
    return grouped


def _text(candidate: Candidate) -> Text:
    return Text(candidate.run.id, candidate.text)
