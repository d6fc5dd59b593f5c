"""What git knows of a dataset: the version that a diff starts from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.dataset.catalogs import version_at

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.datasets.editing.catalog import Catalog
    from pytest_llmobs.records.examples import Example
    from pytest_llmobs.reports.pages.datasets.versions import VersionLine


def last_committed(catalog: Catalog, name: str, console: Console) -> tuple[VersionLine, Sequence[Example]]:
    """Return what the last commit has of a dataset."""
    return version_at(catalog, name, "git:HEAD")
