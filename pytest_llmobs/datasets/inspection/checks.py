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
    if not {"leak", "near-duplicate"} <= set(allowed):
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


def _equal_inputs(reading: Reading) -> Iterator[Finding]:
    """Yield the groups of examples that ask the same."""
    for numbers in _groups(reading):
        if len(numbers) > 1:
            yield _equal(reading, numbers)


def _groups(reading: Reading) -> Collection[Sequence[int]]:
    """Return the numbers of examples with equal inputs, group by group."""
    groups: dict[str, list[int]] = {}
    for number, example in enumerate(reading.examples):
        groups.setdefault(content_hash(example.inputs), []).append(number)
    return groups.values()


def _near_duplicates(reading: Reading) -> Iterator[Finding]:
    """Yield examples that ask nearly the same, those that are in different splits as leaks."""
    from pytest_llmobs.similarity import near_duplicates, text_of

    # those with equal inputs are told as a group
    firsts = [numbers[0] for numbers in _groups(reading)]
    texts = [text_of(reading.examples[number].inputs) for number in firsts]
    for pair in near_duplicates(texts):
        yield _near(reading, firsts[pair.second], firsts[pair.first], pair.similarity)


def _equal(reading: Reading, numbers: Sequence[int]) -> Finding:
    examples = list(map(reading.examples.__getitem__, numbers))
    places = list(map(reading.places.__getitem__, numbers))
    ids = list(map(attrgetter("id"), examples))
    splits = map(attrgetter("splits"), examples)
    what = f"{listed(places, _NAMED)}: the inputs of {listed(list(map(repr, ids)), _NAMED)} are equal"
    if any(starmap(_leaks, combinations(splits, 2))):
        return Finding(
            kind="leak",
            dataset=reading.file,
            message=f"{what}, and they are in different splits.",
            places=places,
            examples=ids,
            similarity=1.0,
        )
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


def _near(reading: Reading, first: int, second: int, similarity: float) -> Finding:
    one, other = reading.examples[first], reading.examples[second]
    places = reading.places[first], reading.places[second]
    message = f"{places[1]}: {other.id!r} is {similarity:.0%} like {one.id!r} ({places[0]})"
    kind = "near-duplicate"
    if _leaks(one.splits, other.splits):
        kind = "leak"
        message += f", and in another split: {_named(other.splits)} and {_named(one.splits)}."
    else:
        message += "."
    return Finding(
        kind=kind,
        dataset=reading.file,
        message=message,
        places=places,
        examples=(one.id, other.id),
        similarity=similarity,
    )


def _leaks(one: Sequence[str], other: Sequence[str]) -> bool:
    return bool(one and other) and set(one).isdisjoint(other)


def _named(splits: Sequence[str]) -> str:
    return ", ".join(map(repr, splits))
