"""What versions need to know of the datasets that have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pytest_llmobs.datasets.versions.versions import Versions
from pytest_llmobs.records.examples import Example

ExperimentVersions = Callable[[str], Mapping[str, str] | None]
"""Returns, of an experiment's name, the version of each dataset that it used; None where there is no such experiment.

A dataset is named by its path, by its name, or as the code is that makes it.
"""


class Versioned(Protocol):
    """The datasets of a workspace, as a catalog has them."""

    versions: Versions
    """The store's."""
    now: Callable[[], datetime]
    """The time, in UTC."""
    prepare_store: Callable[[], Any]
    """Makes the store's folder, before a version is kept."""
    experiment_versions: ExperimentVersions
    experiment_names: Callable[[], Sequence[str]]
    """Returns the names of all experiments, the newest first."""

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Hold the lock of a dataset inside the ``with`` block."""
        ...

    def file(self, name: str) -> Path:
        """Return the file of a dataset.

        Raises:
            NotFoundError: There is none.
        """
        ...

    def name_of(self, file: Path) -> str:
        """Return the name of a dataset by its file."""
        ...

    def path_of(self, file: Path) -> str:
        """Return the path of a file below the rootdir, as experiments name it."""
        ...

    def tags(self, name: str) -> Mapping[str, str]:
        """Return the version that each tag of a dataset stands for.

        Raises:
            StoreError: One can't be read.
        """
        ...

    def examples(self, name: str) -> tuple[Example, ...]:
        """Return the examples that a dataset has now, which may be none.

        Raises:
            NotFoundError: There is no such dataset.
            DatasetError: Its file makes no sense.
        """
        ...

    def examples_in(self, content: bytes, file: Path, where: str) -> tuple[Example, ...]:
        """Return the examples that a dataset's file held.

        Args:
            content: What it held.
            file: Its suffix says what format that is.
            where: What messages call it.

        Raises:
            DatasetError: The content makes no sense.
        """
        ...
