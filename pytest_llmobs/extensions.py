"""The typed registries: what the built-ins, the user's ``conftest.py`` and third parties offer."""

from __future__ import annotations

import os
import sys
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from importlib.machinery import PathFinder
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from pytest_llmobs import defaults, hookspecs
from pytest_llmobs.errors import LlmobsError, SettingsError

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
            if _may_be_offered(ENTRY_POINT):
                manager.load_setuptools_entrypoints(ENTRY_POINT)
            manager.check_pending()
        self._hook = manager.hook

    @cached_property
    def formats(self) -> Sequence[DatasetFormat]:
        """Dataset formats, the built-in ones first: of two that read one suffix the later wins."""
        formats = self._listed("pytest_llmobs_datasets", "formats", built_in_first=True)
        for offered in formats:
            _check_format(offered)
        return formats

    @cached_property
    def evaluators(self) -> Mapping[str, Any]:
        """Evaluators by name; a user's one hides a built-in of the same name."""
        # Not copied together: the built-in ones load a family when one of it is asked for.
        name = "pytest_llmobs_evaluators"
        offers = self._call(name)
        for offered in offers:
            if not isinstance(offered, Mapping):
                raise SettingsError(f"{name} returned {offered!r}; it returns a dict from name to evaluator.")
            # The names alone: to ask for an evaluator would import it.
            for key in offered:
                if not isinstance(key, str) or not key:
                    raise SettingsError(f"{name} names an evaluator {key!r}; a name is a text.")
        return ChainMap(*offers)

    @cached_property
    def providers(self) -> Sequence[Provider]:
        """Model providers to instrument once their SDK is imported."""
        return self._listed("pytest_llmobs_providers", "providers", built_in_first=True)

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
        return self._listed("pytest_llmobs_session_files", "names")

    @property
    def redactors(self) -> Sequence[Redactor | Callable[[str], str]]:
        """Redactors, the user's first. Not kept: a ``conftest.py`` that is loaded later may add one."""
        return self._listed("pytest_llmobs_redact", "redactors")

    def _call(self, name: str) -> list[Any]:
        """Return what each implementation of a hook returns, the user's first.

        Raises:
            SettingsError: One raises.
        """
        try:
            return list(getattr(self._hook, name)())
        except LlmobsError:
            raise
        except Exception as error:
            raise SettingsError(f"{name} raised {type(error).__name__}: {error}") from error

    def _listed(self, name: str, what: str, *, built_in_first: bool = False) -> list[Any]:
        """Return everything that a hook's implementations offer, in one list.

        Raises:
            SettingsError: One raises, or returns no list.
        """
        offers = self._call(name)
        if built_in_first:
            offers.reverse()
        for offered in offers:
            if not isinstance(offered, list | tuple):
                raise SettingsError(f"{name} returned {offered!r}; it returns a list of {what}.")
        return list(chain.from_iterable(offers))


def _check_format(offered: Any) -> None:
    """Refuse what is no dataset format: it would fail where a dataset of another suffix is looked for.

    Raises:
        SettingsError: It is none.
    """
    hook = "pytest_llmobs_datasets"
    if isinstance(offered, type):
        raise SettingsError(
            f"{hook} offers the class {offered.__name__}; offer an instance, {offered.__name__}()."
        )
    suffixes = getattr(offered, "suffixes", None)
    if not isinstance(suffixes, list | tuple) or not all(map(_is_suffix, suffixes)):
        raise SettingsError(
            f"{hook} offers {offered!r}, whose suffixes are {suffixes!r}: write them lower-case with the dot, "
            "such as suffixes = ('.toml',)."
        )
    if not callable(getattr(offered, "rows", None)):
        raise SettingsError(f"{hook} offers {offered!r}, which has no method rows(path).")


def _is_suffix(suffix: object) -> bool:
    return isinstance(suffix, str) and suffix.startswith(".") and suffix == suffix.lower()


def _may_be_offered(group: str) -> bool:
    """Tell whether an installed package may offer entry points of a group.

    ``importlib.metadata`` knows for certain, and takes 25 ms that a script would wait for before its first call. It is
    asked where a package names the group, or where packages lie in something other than folders.
    """
    if any(hasattr(finder, "find_distributions") for finder in sys.meta_path if finder is not PathFinder):
        return True
    heading = f"[{group}]".encode()
    return any(_names_group(folder or os.curdir, heading) for folder in sys.path)


def _names_group(folder: str, heading: bytes) -> bool:
    """Tell whether the metadata of a package in a folder of ``sys.path`` names a group of entry points."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except OSError:
        return Path(folder).is_file()  # an archive
    for name in names:
        kind = name.rpartition(".")[2].lower()
        if kind == "egg":
            return True
        if kind in ("dist-info", "egg-info"):
            # One text: a path joined of three for each of hundreds of packages takes longer than looking for the files.
            path = f"{folder}/{name}/entry_points.txt"
            # Most packages have no entry points.
            with suppress(OSError), open(path, "rb") as offered:  # noqa: PTH123
                if heading in offered.read():
                    return True
    return False


def standalone_manager() -> pluggy.PluginManager:
    """Return a plugin manager for the command line and ``load_dataset``, where there is no pytest."""
    manager = pluggy.PluginManager("pytest")
    manager.add_hookspecs(hookspecs)
    return manager
