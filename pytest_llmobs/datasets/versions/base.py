"""What versions need to know of the datasets that have them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from pytest_llmobs.committed import Beside
from pytest_llmobs.datasets.versions.versions import Versions
from pytest_llmobs.records.examples import Example


class Versioned(Protocol):
    """The datasets of a workspace, as a catalog has them."""

    beside: Beside
    """Their tags."""
    versions: Versions
    """The store's."""
    now: Callable[[], datetime]
    """The time, in UTC."""
    prepare_store: Callable[[], Any]
    """Makes the store's folder, before a version is kept."""

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Hold the lock of a dataset inside the ``with`` block."""
        ...

    def examples(self, name: str) -> tuple[Example, ...]:
        """Return the examples that a dataset has now, which may be none.

        Raises:
            NotFoundError: There is no such dataset.
            DatasetError: Its file makes no sense.
        """
        ...
