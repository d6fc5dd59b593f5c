"""Whose data, or of which age, is to go; and what is known of it once it was looked for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any

from pytest_llmobs.records.examples import Example

LEAST_TEXT = 24
"""Characters that a text needs to be recognised elsewhere: shorter ones many people write."""
LEAST_ID = 12
"""Characters that an example's id needs to be looked for anywhere: ``1`` or ``refund`` stand everywhere."""
_REVIEWER = "reviewer"
"""Key of the metadata of an example that names who accepted it."""
_RUN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Person:
    """Somebody by the id that the runs' metadata have."""

    user: str
    keys: tuple[str, ...]
    """Keys of the metadata, any of which may hold it."""


@dataclass(frozen=True)
class Age:
    """Whatever began before a time."""

    before: datetime
    """UTC."""
    projects: tuple[str, ...] | None = None
    """Only of these; None for all."""


Subject = Person | Age


@dataclass(frozen=True)
class Sought:
    """What is to go, as far as it is known by ids and hashes; no text of a person's is kept in it."""

    subject: Subject
    run_ids: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    """Names of files."""
    texts: frozenset[str] = frozenset()
    """Hashes of what the person wrote: the inputs of root runs and of examples (see ``text_hashes``)."""
    replies: frozenset[str] = frozenset()
    """Hashes of what was answered, and of comments on it; others may have got the same answer."""
    examples: frozenset[tuple[str, str]] = frozenset()
    """Ids and content hashes."""
    held: frozenset[str] = frozenset()
    """Runs that a legal hold keeps."""

    @property
    def person(self) -> Person | None:
        """The person; None where data of some age is meant."""
        return self.subject if isinstance(self.subject, Person) else None

    @cached_property
    def example_ids(self) -> frozenset[str]:
        """The ids of the examples, whatever their content."""
        return frozenset(map(itemgetter(0), self.examples))

    @cached_property
    def names(self) -> frozenset[str]:
        """What is looked for in texts, besides the ids of runs: the person's id, and telling ids of their examples."""
        names = {id for id in self.example_ids if len(id) >= LEAST_ID}
        if self.person is not None:
            names.add(self.person.user)
        return frozenset(names)

    @cached_property
    def _named(self) -> re.Pattern[str]:
        alternatives = "|".join(map(re.escape, sorted(self.names)))
        return re.compile(rf"(?<![A-Za-z0-9])(?:{alternatives})(?![A-Za-z0-9])")

    def has_example(self, id: Any, content_hash: Any) -> bool:
        """Tell whether an example is to go; with another content it may be another dataset's."""
        return (id, content_hash) in self.examples

    def mentions(self, text: str) -> bool:
        """Tell whether the person, or a run or an example that is to go, is named anywhere in a text.

        An id counts where it stands by itself: ``u-1`` is not named in ``u-12``.
        """
        if self.names and self._named.search(text) is not None:
            return True
        return not self.run_ids.isdisjoint(_RUN_ID.findall(text))

    def may_be_in(self, text: str) -> bool:
        """Tell whether a text, such as that of a whole document, may hold anything of it: it then has to be parsed."""
        return self.mentions(text) or any(content in text for _, content in self.examples)

    def wrote(self, text: str) -> bool:
        """Tell whether a text is the person's own, or names them or a run that is to go."""
        return self.mentions(text) or (len(text) >= LEAST_TEXT and text_hash(text) in self.texts)

    def is_about(self, value: Any) -> bool:
        """Tell whether JSON has a text that is the person's, or was answered to them."""
        for text in texts_of(value):
            if self.wrote(text) or (len(text) >= LEAST_TEXT and text_hash(text) in self.replies):
                return True
        return False

    def takes(self, example: Example) -> bool:
        """Tell whether an example was made of a run that is to go, or says that it is the person's.

        Their id counts as a value by itself: in a longer text it may be somebody who writes of them.
        """
        if (
            self.person is None or example.source_run_id in self.held
        ):  # what was chosen for a dataset has no age
            return False
        if example.source_run_id in self.run_ids or self.has_example(example.id, example.hash):
            return True
        if example.metadata.get("source_run_id") in self.run_ids:
            return True
        # whoever reviewed an example doesn't own it: the search names its file
        metadata = {key: value for key, value in example.metadata.items() if key != _REVIEWER}
        parts = (example.inputs, example.outputs, metadata)
        return any(self.person.user in texts_of(part) for part in parts)

    def takes_row(self, row: Mapping[str, Any]) -> bool:
        """Tell the same of an example as a file has it."""
        return self.takes(example_of(row))


def example_of(row: Mapping[str, Any]) -> Example:
    """Return an example as a file has it, with what tells whose it is."""
    inputs, outputs, metadata = (row.get(name) or {} for name in ("inputs", "outputs", "metadata"))
    return Example(str(row.get("id")), inputs, outputs, metadata, source_run_id=row.get("source_run_id"))


def texts_of(value: Any) -> Iterator[str]:
    """Yield every text in JSON, and every whole number as a text: ids may be either. Keys are not looked at."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_of(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_of(item)


def text_hash(text: str) -> str:
    """Return the hash by which a text is recognised elsewhere; blanks around it don't count."""
    return hashlib.sha256(text.strip().encode("utf-8", "surrogatepass")).hexdigest()[:32]


def text_hashes(value: Any) -> set[str]:
    """Return the hashes of the texts in JSON that are long enough to be somebody's own."""
    return {text_hash(text) for text in texts_of(value) if len(text) >= LEAST_TEXT}
