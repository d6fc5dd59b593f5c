"""What asks the same as something that is kept, or as the dataset does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import attrgetter

from pytest_llmobs.curation.candidates import Candidate, inputs_text
from pytest_llmobs.curation.plans import Duplicate, LeakingRun, Text
from pytest_llmobs.datasets.leaks import are_apart
from pytest_llmobs.records.examples import Example
from pytest_llmobs.similarity import Pair, leader_pairs, near_duplicates


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
    """Near-duplicates of examples of another split, by the rule of ``datasets.leaks``."""


def distinct(candidates: Sequence[Candidate]) -> Distinct:
    """Leave out whatever is like one that comes before it and is kept.

    Not whole groups of what is like each other: the second of three in a row may be like both its neighbours, which
    aren't alike. So whoever is left out is like one that is kept, and stays out the next time.

    Args:
        candidates: In the order in which they are preferred.
    """
    duplicates = []
    is_kept = [True] * len(candidates)
    for pair in sorted(leader_pairs(_texts(candidates))):
        run, other = candidates[pair.first].said, candidates[pair.second].said
        duplicates.append(Duplicate(run, other, pair.similarity, in_dataset=False))
        is_kept[pair.first] = False
    return Distinct(list(compress(candidates, is_kept)), duplicates)


def known(candidates: Sequence[Candidate], examples: Sequence[Example], split: str | None) -> Known:
    """Find which runs ask what examples ask.

    Args:
        candidates: The runs.
        examples: Those of the dataset.
        split: The part of it that the runs are to go to; None for none.
    """
    # two questions: the nearest of all may lie elsewhere, while another one beside is near as well
    splits = () if split is None else (split,)
    beside: list[Example] = []
    elsewhere: list[Example] = []
    for example in examples:
        (elsewhere if are_apart(splits, example.splits) else beside).append(example)
    duplicates: dict[str, Duplicate] = {}
    for near in _nearest(candidates, beside):
        duplicates[near.run.id] = near
    leaks: dict[str, LeakingRun] = {}
    by_id = dict(zip(map(attrgetter("id"), elsewhere), elsewhere, strict=True))
    unlike = [candidate for candidate in candidates if candidate.id not in duplicates]
    for near in _nearest(unlike, elsewhere):
        if near.is_exact:  # there is nothing to be learnt from it, wherever it lies
            duplicates[near.run.id] = near
        else:
            leaks[near.run.id] = LeakingRun(near.run, near.of, by_id[near.of.id].split or (), near.similarity)
    return Known(duplicates, leaks)


def _nearest(candidates: Sequence[Candidate], examples: Sequence[Example]) -> Iterator[Duplicate]:
    """Yield the runs that are like an example, with the most similar one."""
    texts = [inputs_text(example.inputs) for example in examples]
    nearest: dict[int, Pair] = {}
    for pair in near_duplicates(_texts(candidates), known=texts):
        best = nearest.get(pair.first)
        if pair.second < len(examples) and (best is None or pair.similarity > best.similarity):
            nearest[pair.first] = pair
    for number, pair in nearest.items():
        of = Text(examples[pair.second].id, texts[pair.second])
        yield Duplicate(candidates[number - len(examples)].said, of, pair.similarity, in_dataset=True)


def _texts(candidates: Sequence[Candidate]) -> list[str]:
    return list(map(attrgetter("text"), candidates))
