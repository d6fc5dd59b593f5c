"""What a file is that is edited."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container, Mapping, Set
from dataclasses import dataclass

from pytest_llmobs.datasets.editing.files.index import Index
from pytest_llmobs.datasets.identity import derived_id
from pytest_llmobs.datasets.versions.versions import version_of
from pytest_llmobs.records.examples import Example


@dataclass(frozen=True)
class Finished:
    """A file with its changes."""

    content: bytes
    """What the file is to hold."""
    version: str
    """Of the dataset that it then is."""
    index: Index | None = None
    """Spares the next edit from reading the file; None where the format has none."""


class EditedFile(ABC):
    """The examples of a dataset's file, what of them is changed, and the file with these changes."""

    keeps_ids = True
    """False where the file has no place for an id: each is derived from the inputs, whatever somebody wishes."""

    def __init__(self) -> None:
        """Change nothing yet."""
        self.put: dict[str, Example] = {}
        """Added or replaced, by id."""
        self.removed: dict[str, None] = {}
        """Ids, in the order of their removal."""

    @property
    @abstractmethod
    def examples(self) -> Mapping[str, Example]:
        """Those that the file is to hold now, by id, in its order."""

    @abstractmethod
    def finish(self) -> Finished:
        """Return the file with the changes.

        Raises:
            DatasetError: The format has no form for a change, or can't make it without touching other examples.
        """

    def add(self, example: Example) -> None:
        """Append an example, whose id is free."""
        self.put[example.id] = example

    def replace(self, example: Example) -> None:
        """Put an example in the place of the one of its id."""
        self.put[example.id] = example

    def remove(self, id: str) -> None:
        """Take out an example."""
        self.put.pop(id, None)
        self.removed[id] = None

    def version(self) -> str:
        """Return the version of the dataset as it is before the changes; ask before them."""
        return version_of(tuple(self.examples.values()))

    def place(self, id: str) -> str:
        """Return where an example stands, or its id where it isn't written yet, as messages say it."""
        return f"example {id!r}"


def pinned_ids(
    before: Mapping[str, Example], written: Set[str], put: Mapping[str, Example], removed: Container[str]
) -> set[str]:
    """Return the ids that must be written down now: those of examples with equal inputs depend on each other.

    Args:
        before: All examples, in the order of the file.
        written: Ids that stand in the file.
        put: Examples that are written anew, with their ids.
        removed: Ids of those that go.
    """
    taken = {id for id in before if id not in removed and (id in written or id in put)}
    pinned: set[str] = set()
    for id, example in before.items():
        if id in removed or id in taken:
            continue
        if derived_id(example.inputs, taken) != id:
            pinned.add(id)
        taken.add(id)
    return pinned
