"""The version that a diff starts from where none is named: what the last commit has, or the store had before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.dataset.catalogs import version_at
from pytest_llmobs.datasets.versions.commits import NotCommittedError
from pytest_llmobs.datasets.versions.moments import versions
from pytest_llmobs.datasets.versions.versions import version_of
from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.reports.pages.datasets.versions import VersionLine

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.datasets.editing.catalog import Catalog
    from pytest_llmobs.records.examples import Example

_HEAD = "HEAD"


def last_committed(catalog: Catalog, name: str, console: Console) -> tuple[VersionLine, Sequence[Example]]:
    """Return what the last commit has of a dataset, which is nothing where the file is new.

    Where git can't be asked it is the version that the store had before the current one, and a note says so.

    Raises:
        NotFoundError: Neither git nor the store has another version.
        DatasetError: What was committed makes no sense.
    """
    try:
        line, examples = version_at(catalog, name, f"git:{_HEAD}")
    except NotCommittedError:
        console.note(f"{name!r} isn't in {_HEAD}: all of it is new.")
        return VersionLine(version=version_of(()), examples=0, name=_HEAD), ()
    except NotFoundError as error:
        return _before(catalog, name, error, console)
    return replace(line, name=_HEAD), examples


def _before(
    catalog: Catalog, name: str, error: NotFoundError, console: Console
) -> tuple[VersionLine, Sequence[Example]]:
    current, *earlier = versions(catalog, name)
    for version in earlier:
        if version.version != current.version:
            console.note(f"{error} This compares with the version that the store had before.")
            return version_at(catalog, name, f"hash:{version.version}")
    raise NotFoundError(f"{error} Nor has the store a version before the current one.") from None
