"""The typed registries: what the built-ins, the user's ``conftest.py`` and third parties offer."""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from pytest_llmobs import datasets, defaults, hookspecs
from pytest_llmobs.records.examples import Dataset

if TYPE_CHECKING:
    from pytest_llmobs.datasets.base import DatasetFormat
    from pytest_llmobs.providers.base import Provider
    from pytest_llmobs.reports.base import ReportFormat
    from pytest_llmobs.tracing.redaction.redactors import Redactor

ENTRY_POINT = "pytest_llmobs"
"""The entry point group under which packages offer hook implementations."""


class Extensions:
    """Reads each kind of extension from a plugin manager, once, when it is first asked for."""

    def __init__(self, manager: pluggy.PluginManager) -> None:
        """Register the built-ins and the installed packages' extensions with ``manager``.

        Args:
            manager: pytest's own plugin manager (which knows the hook specifications already), or a standalone
                one from ``standalone_manager``.
        """
        if not manager.is_registered(defaults):
            manager.register(defaults, "llmobs-defaults")
            manager.load_setuptools_entrypoints(ENTRY_POINT)
            manager.check_pending()
        self._hook = manager.hook

    @cached_property
    def formats(self) -> Sequence[DatasetFormat]:
        """Dataset formats, the built-in ones first: of two that read one suffix the later wins."""
        return list(chain.from_iterable(reversed(self._hook.pytest_llmobs_datasets())))

    @cached_property
    def evaluators(self) -> Mapping[str, Any]:
        """Evaluators by name; a user's one hides a built-in of the same name."""
        # Not copied together: the built-in ones load a family when one of it is asked for.
        return ChainMap(*self._hook.pytest_llmobs_evaluators())

    @cached_property
    def providers(self) -> Sequence[Provider]:
        """Model providers to instrument once their SDK is imported."""
        return list(chain.from_iterable(reversed(self._hook.pytest_llmobs_providers())))

    @cached_property
    def reports(self) -> Mapping[str, ReportFormat]:
        """Formats of reports by name; a user's one hides a built-in of the same name.

        Raises ``SettingsError`` where a hook offers what is none.
        """
        from pytest_llmobs.reports.base import named_formats

        return named_formats(lambda: reversed(self._hook.pytest_llmobs_reports()))

    @cached_property
    def session_files(self) -> Sequence[str]:
        """Flags, ini keys and ``$VARIABLES`` that name what a session writes."""
        return list(chain.from_iterable(self._hook.pytest_llmobs_session_files()))

    @property
    def redactors(self) -> Sequence[Redactor | Callable[[str], str]]:
        """Redactors, the user's first. Not kept: a ``conftest.py`` that is loaded later may add one."""
        return list(chain.from_iterable(self._hook.pytest_llmobs_redact()))


def standalone_manager() -> pluggy.PluginManager:
    """Return a plugin manager for the command line and ``load_dataset``, where there is no pytest."""
    manager = pluggy.PluginManager("pytest")
    manager.add_hookspecs(hookspecs)
    return manager


def load_dataset(
    source: datasets.Source,
    *,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    metadata: Sequence[str] = (),
) -> Dataset:
    """Load a dataset from a file, a list of dicts, or a callable.

    A relative path is looked for beside the calling file, then in the current folder.

    Args:
        source: A path, a list of dicts or Examples, a Dataset, or a callable that returns one of them.
        inputs: Flat columns (of a CSV file, say) that make up the inputs; with a mapping given, columns that none
            names are left out.
        outputs: Flat columns that make up the reference outputs.
        metadata: Flat columns that make up the metadata.

    Raises:
        DatasetError: The source can't be found or read, or is no dataset; the message says what to do.
    """
    beside = Path(sys._getframe(1).f_globals.get("__file__", ".")).resolve().parent
    return datasets.load_dataset(
        source,
        base_dirs=[beside, Path.cwd()],
        formats=Extensions(standalone_manager()).formats,
        rootdir=Path.cwd(),
        inputs=inputs,
        outputs=outputs,
        metadata=metadata,
    )
