"""What is known of a person's data, or of old data, before anything is erased: runs, examples, texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import Any

from pytest_llmobs.files import parse_json
from pytest_llmobs.records.examples import Example
from pytest_llmobs.retention.holds import Holds
from pytest_llmobs.retention.places.datasets import dataset_files
from pytest_llmobs.retention.subjects import Age, Sought, Subject, example_of, text_hashes
from pytest_llmobs.retention.territory import Territory
from pytest_llmobs.storage.erasure.finding import find_old, find_related, find_runs, find_traces
from pytest_llmobs.storage.erasure.found import Found, Held, joined

_ROUNDS = 5
"""How often examples lead to runs, and runs to examples: an example may be made of a run that ran another one."""
_AT_ONCE = 500
"""Ids that one question names."""


@dataclass(frozen=True)
class Look:
    """What was found in the store, and what it means elsewhere."""

    found: Found
    sought: Sought
    held: Found
    """What a legal hold keeps of it."""
    holds: tuple[str, ...] = ()
    """The lines of ``llm_legal_hold`` that keep it."""


def look(territory: Territory, subject: Subject, holds: Holds, earlier: Sought | None = None) -> Look:
    """Find what is to go.

    Args:
        territory: Where.
        subject: Whose, or how old.
        holds: What is kept all the same.
        earlier: What an erasure that was killed has known; its runs may be gone.

    Raises:
        LlmobsError: The store or a dataset can't be read.
    """
    holds = holds.of(territory.store)
    said = _Said()
    found = _found(territory, subject, holds.keeps, said)
    held = Found()
    if holds.patterns or holds.filters:
        every = _found(territory, subject, None, None)
        held = replace(
            every, run_ids=every.run_ids - found.run_ids, trace_ids=every.trace_ids - found.trace_ids
        )
    sought = earlier or Sought(subject)
    sought = replace(
        sought, run_ids=sought.run_ids | found.run_ids, media=sought.media | found.media, held=held.run_ids
    )
    if sought.person is None:
        return Look(found, sought, held, tuple(holds.used))
    complete = _with_examples(territory, Look(found, sought, held), holds.keeps, said)
    return replace(complete, holds=tuple(holds.used))


class _Said:
    """Hashes of what was asked in the root runs that go, and of what was answered."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.answered: set[str] = set()

    def __call__(self, inputs: str | None, outputs: str | None) -> None:
        self.asked |= _hashes_in(inputs)
        self.answered |= _hashes_in(outputs)


def _hashes_in(payload: str | None) -> set[str]:
    """Return the hashes of the texts in JSON text; of one that is none, nothing is known."""
    if payload is None:
        return set()
    try:
        return text_hashes(parse_json(payload))
    except ValueError:
        return set()


def _found(territory: Territory, subject: Subject, held: Held | None, said: _Said | None) -> Found:
    if isinstance(subject, Age):
        return find_old(territory.store, subject.before, subject.projects, held=held)
    return find_runs(territory.store, subject.keys, subject.user, held=held, witness=said)


def _with_examples(territory: Territory, first: Look, held: Held, said: _Said) -> Look:
    """Return what was found with the examples made of it, the trials of those, and the texts of all of them."""
    found, sought = first.found, first.sought
    for _ in range(_ROUNDS):
        examples = _examples(territory, sought)
        texts = set(sought.texts)
        pairs = set(sought.examples)
        for example in examples:
            pairs.add((example.id, example.hash))
            texts |= text_hashes(example.inputs)
        sought = replace(sought, examples=frozenset(pairs), texts=frozenset(texts))
        traces = set(_traces_about(territory, sought)) - found.trace_ids
        if traces:
            more = find_traces(territory.store, traces, held=held, besides=found, witness=said)
            found = joined(found, more)
        # nothing new is known by which further examples could be found
        if found.run_ids <= sought.run_ids:
            break
        sought = replace(sought, run_ids=sought.run_ids | found.run_ids, media=sought.media | found.media)
    return Look(found, _with_texts(territory, sought, found, said), first.held)


def _examples(territory: Territory, sought: Sought) -> list[Example]:
    """Return the examples that are to go, of former versions, too: a baseline may know them by their old content."""
    examples: list[Example] = []
    for name in dataset_files(territory):
        examples += filter(sought.takes, territory.catalog.examples(name))

    def note(row: Mapping[str, Any]) -> bool:
        if sought.takes(example_of(row)):
            examples.append(example_of(row))
        return False  # it is looked at, and not taken out

    # the one way to see the rows of versions of which nobody knows the dataset
    territory.catalog.versions.holding(note)
    return examples


def _traces_about(territory: Territory, sought: Sought) -> Iterator[str]:
    """Yield the traces of trials of the examples, and of judges that looked at the runs."""
    for trace_id, inputs in find_related(territory.store, sought.run_ids, sought.example_ids):
        # an id may be another dataset's, too; short inputs don't tell one from the other
        texts = _hashes_in(inputs)
        if not texts or not texts.isdisjoint(sought.texts):
            yield trace_id


def _with_texts(territory: Territory, sought: Sought, found: Found, said: _Said) -> Sought:
    """Return what is sought with what the person wrote and was answered: what lies elsewhere is recognised by it."""
    wrote = sought.texts | said.asked
    replies = sought.replies | said.answered
    for ids in chunks(found.run_ids):
        comments = territory.store.feedback.current(ids, columns=["comment", "correction"])
        replies |= text_hashes(comments.to_pylist())
    return replace(sought, texts=wrote, replies=replies)


def chunks(ids: Set[str]) -> Iterator[list[str]]:
    """Yield ids, sorted, as many at once as one question may name."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
