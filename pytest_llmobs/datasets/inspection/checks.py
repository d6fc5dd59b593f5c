"""Whatever is wrong with a dataset, all of it in one go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, starmap
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import DatasetFormat
from pytest_llmobs.datasets.inspection.findings import KINDS, Finding
from pytest_llmobs.datasets.inspection.reading import Reading, read_everything
from pytest_llmobs.records.examples import Dataset, content_hash
from pytest_llmobs.wording import listed

_NAMED = 4
"""Ids of a group that a message names."""


def inspect(file: Path, reader: DatasetFormat, schemas: Mapping[str, Any]) -> list[Finding]:
    """Return what is wrong with a file, what weighs most first.

    Args:
        file: It is there.
        reader: Its format.
        schemas: ``inputs_schema`` and ``outputs_schema``, where there are any.

    Raises:
        DatasetError: A schema is none, or checking it needs a package that isn't there.
    """
    reading = read_everything(file, reader)
    findings = list(reading.findings)
    if not (reading.examples or findings):
        findings.append(
            Finding(kind="unreadable", dataset=reading.file, message=f"{reading.file} holds no example.")
        )
    findings += _schema_violations(reading, schemas)
    findings += _alike(reading)
    order = list(KINDS)
    return sorted(findings, key=lambda finding: order.index(finding.kind))


def _schema_violations(reading: Reading, schemas: Mapping[str, Any]) -> Iterator[Finding]:
    if not any(schemas.values()):
        return
    from pytest_llmobs.datasets.schemas import violations

    dataset = Dataset(
        reading.file,
        reading.examples,
        reading.file,
        inputs_schema=schemas.get("inputs_schema"),
        outputs_schema=schemas.get("outputs_schema"),
    )
    places = dict(zip((example.id for example in reading.examples), reading.places, strict=True))
    for violation in violations(dataset, places):
        yield Finding(
            kind="schema",
            dataset=reading.file,
            message=f"{violation.place}: {violation.pointer} is {violation.value!r}: {violation.rule}",
            places=(violation.place,),
            examples=(violation.example_id,),
            pointer=violation.pointer,
            value=violation.value,
            rule=violation.rule,
        )


def _alike(reading: Reading) -> Iterator[Finding]:
    """Yield examples that ask the same or nearly the same, and those of them that are in different splits."""
    from pytest_llmobs.similarity import near_duplicates, text_of

    hashes = [content_hash(example.inputs) for example in reading.examples]
    groups: dict[str, list[int]] = {}
    for number, hash in enumerate(hashes):
        groups.setdefault(hash, []).append(number)
    for numbers in groups.values():
        if len(numbers) > 1:
            yield from _equal(reading, numbers)
    firsts = [numbers[0] for numbers in groups.values()]
    texts = [text_of(reading.examples[number].inputs) for number in firsts]
    for pair in near_duplicates(texts):
        yield _near(reading, firsts[pair.second], firsts[pair.first], pair.similarity)


def _equal(reading: Reading, numbers: Sequence[int]) -> Iterator[Finding]:
    ids = [reading.examples[number].id for number in numbers]
    places = [reading.places[number] for number in numbers]
    parts = [reading.examples[number].splits for number in numbers]
    named = listed(list(map(repr, ids)), _NAMED)
    where = listed(places, _NAMED)
    if any(starmap(_leaks, combinations(parts, 2))):
        yield Finding(
            kind="leak",
            dataset=reading.file,
            message=f"{where}: the inputs of {named} are equal, and they are in different splits.",
            places=places,
            examples=ids,
            similarity=1.0,
        )
        return
    yield Finding(
        kind="equal-inputs",
        dataset=reading.file,
        message=(
            f"{where}: the inputs of {named} are equal. Each counts on its own in every mean. Keep one of them, or say "
            "what tells them apart in its inputs."
        ),
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
