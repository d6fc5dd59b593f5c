"""Examples chosen of a dataset, which know where they come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_llmobs.records.examples import Dataset, Example


class ChosenExamples(Iterator[Example]):
    """What ``list_examples`` returns: an iterator of examples that knows its dataset."""

    def __init__(self, examples: Sequence[Example], dataset: Dataset | None, splits: Sequence[str]) -> None:
        """Begin with the first example.

        Args:
            examples: Those that were chosen.
            dataset: All of them; None where they come from several.
            splits: The parts of it that were asked for; empty for all of it.
        """
        self.dataset = dataset
        self.splits = tuple(splits)
        self._examples = iter(examples)

    def __next__(self) -> Example:
        return next(self._examples)
