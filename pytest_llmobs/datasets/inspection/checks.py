"""Whatever is wrong with a dataset, all of it in one go."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, starmap
from operator import attrgetter
from pathlib import Path

from pytest_llmobs.datasets.base import DatasetFormat, abridge
from pytest_llmobs.datasets.inspection.findings import KINDS, Finding
from pytest_llmobs.datasets.inspection.reading import Reading, read_everything
from pytest_llmobs.datasets.leaks import are_apart, leaks
from pytest_llmobs.records.examples import Dataset, content_hash
from pytest_llmobs.wording import listed

_NAMED = 4
"""Ids of a group that a message names."""


def inspect(
    file: Path, reader: DatasetFormat, about: Dataset, allowed: Collection[str] = ()
) -> list[Finding]:
    """Return what is wrong with a file, what weighs most first.

    Args:
        file: It is there.
        reader: Its format.
        about: The dataset, for its schemas; its examples aren't asked for.
        allowed: Kinds that aren't looked for.

    Raises:
        DatasetError: A schema is none, or checking it needs a package that isn't there.
    """
    reading = read_everything(file, reader)
    findings = list(reading.findings)
    if not (reading.examples or findings):
        findings.append(
            Finding(kind="unreadable", dataset=reading.file, message=f"{reading.file} holds no example.")
        )
    if "schema" not in allowed and (about.inputs_schema or about.outputs_schema):
        findings += _schema_violations(reading, about)
    findings += _equal_inputs(reading)
    if "leak" not in allowed:
        findings += _leaks(reading)
    if "near-duplicate" not in allowed:
        findings += _near_duplicates(reading)
    order = list(KINDS)
    wanted = [finding for finding in findings if finding.kind not in allowed]
    return sorted(wanted, key=lambda finding: order.index(finding.kind))


def _schema_violations(reading: Reading, about: Dataset) -> Iterator[Finding]:
    from pytest_llmobs.datasets.schemas import violations

    read = replace(about, examples=reading.examples)
    places = dict(zip(map(attrgetter("id"), reading.examples), reading.places, strict=True))
    for violation in violations(read, places):
        yield Finding(
            kind="schema",
            dataset=reading.file,
            message=(
                f"{violation.place}: {violation.pointer or '/'} of {violation.example_id!r} is "
                f"{abridge(violation.value)}: {violation.rule}"
            ),
            places=(violation.place,),
            examples=(violation.example_id,),
            pointer=violation.pointer,
            value=violation.value,
            rule=violation.rule,
        )


def _leaks(reading: Reading) -> Iterator[Finding]:
    """Yield examples whose near-duplicate is in another split."""
    places = dict(zip(map(attrgetter("id"), reading.examples), reading.places, strict=True))
    for leak in leaks(reading.examples):
        both = leak.example_id, leak.other_id
        here, there = map(places.__getitem__, both)
        yield Finding(
            kind="leak",
            dataset=reading.file,
            message=(
                f"{here}: {both[0]!r} is {leak.similarity:.0%} like {both[1]!r} ({there}), and in another split: "
                f"{_named(leak.split)} and {_named(leak.other_split)}."
            ),
            places=(there, here),
            examples=(leak.other_id, leak.example_id),
            similarity=leak.similarity,
        )


def _equal_inputs(reading: Reading) -> Iterator[Finding]:
    """Yield the groups of examples that ask the same, where they don't leak."""
    for numbers in _groups(reading):
        splits = map(attrgetter("splits"), map(reading.examples.__getitem__, numbers))
        if len(numbers) > 1 and not all(starmap(are_apart, combinations(splits, 2))):
            yield _equal(reading, numbers)


def _groups(reading: Reading) -> Collection[Sequence[int]]:
    """Return the numbers of examples with equal inputs, group by group."""
    groups: dict[str, list[int]] = {}
    for number, example in enumerate(reading.examples):
        groups.setdefault(content_hash(example.inputs), []).append(number)
    return groups.values()


def _near_duplicates(reading: Reading) -> Iterator[Finding]:
    """Yield examples that ask nearly the same, where they don't leak."""
    from pytest_llmobs.similarity import near_duplicates, text_of

    # those with equal inputs are told as a group
    firsts = [numbers[0] for numbers in _groups(reading)]
    texts = [text_of(reading.examples[number].inputs) for number in firsts]
    for pair in near_duplicates(texts):
        first, second = firsts[pair.second], firsts[pair.first]
        one, other = reading.examples[first], reading.examples[second]
        if not are_apart(one.splits, other.splits):
            places = reading.places[first], reading.places[second]
            yield Finding(
                kind="near-duplicate",
                dataset=reading.file,
                message=f"{places[1]}: {other.id!r} is {pair.similarity:.0%} like {one.id!r} ({places[0]}).",
                places=places,
                examples=(one.id, other.id),
                similarity=pair.similarity,
            )


def _equal(reading: Reading, numbers: Sequence[int]) -> Finding:
    examples = list(map(reading.examples.__getitem__, numbers))
    places = list(map(reading.places.__getitem__, numbers))
    ids = list(map(attrgetter("id"), examples))
    what = f"{listed(places, _NAMED)}: the inputs of {listed(list(map(repr, ids)), _NAMED)} are equal"
    advice = (
        "Each counts on its own in every mean. Keep one of them, or say what tells them apart in its inputs."
    )
    return Finding(
        kind="equal-inputs",
        dataset=reading.file,
        message=f"{what}. {advice}",
        places=places,
        examples=ids,
    )


def _named(split: str | Sequence[str] | None) -> str:
    if isinstance(split, str):
        return repr(split)
    return ", ".join(map(repr, split or ()))
