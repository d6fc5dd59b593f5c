"""Examples that are read when they are asked for: a list of datasets needs none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, overload

from pytest_llmobs.records.examples import Example


class LazyExamples(Sequence[Example]):
    """The examples of a dataset, read once."""

    def __init__(self, read: Callable[[], Sequence[Example]]) -> None:
        """Read nothing yet.

        Args:
            read: Returns the examples; called once, when the first of them is asked for.
        """
        self._read = read

    @cached_property
    def _examples(self) -> tuple[Example, ...]:
        return tuple(self._read())

    @overload
    def __getitem__(self, index: int) -> Example: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Example]: ...

    def __getitem__(self, index: int | slice) -> Example | Sequence[Example]:
        return self._examples[index]

    def __len__(self) -> int:
        return len(self._examples)

    def __iter__(self) -> Iterator[Example]:
        return iter(self._examples)

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return self._examples == tuple(other)

    def __hash__(self) -> int:
        return hash(self._examples)

    def __repr__(self) -> str:
        if "_examples" in self.__dict__:
            return repr(self._examples)
        return "<examples, not read yet>"
