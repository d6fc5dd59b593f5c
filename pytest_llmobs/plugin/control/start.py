"""What every Python process of a control does first, as its ``sitecustomize``: have imports come from the worktree.

An editable install, or a path that somebody puts on ``sys.path``, would import today's code. Copies of this file and of
``watch`` lie alone in a folder of ``PYTHONPATH``, so they use the standard library and nothing of ours.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

VARIABLE = "LLMOBS_CONTROL"
"""Environment variable of a control: its trees, as JSON."""
NAME = "sitecustomize"
"""What Python imports as it starts."""
WATCH = "llmobs_watch"
"""Name of the copy of ``watch`` that lies beside this one."""
INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders that hold what was installed, wherever they lie."""


class Trees(NamedTuple):
    """Two work trees of one repository, their paths without links."""

    here: str
    """Today's."""
    there: str
    """The accepted code's."""
    accepted: Sequence[str] = ()
    """Files and folders of today's that a control reads as they are: the baselines."""
    tool: str = ""
    """Folder of the plugin's own package: both sessions speak as one version of it, also in its own repository."""

    def moved(self, path: str) -> str | None:
        """Return where something of today's work tree lies in the other one; None for anything else.

        What is installed into an environment in the work tree is none of its code.
        """
        real = os.path.realpath(path)
        if not _is_below(real, self.here) or _is_below(real, self.there) or self._is_installed(real):
            return None
        return os.path.normpath(os.path.join(self.there, os.path.relpath(real, self.here)))  # noqa: PTH118

    def is_accepted(self, real: str) -> bool:
        """Tell whether a file of today's is a baseline, which is what both are held to."""
        folder, name = os.path.split(real)
        return real in self.accepted or (folder in self.accepted and name.endswith(".json"))

    def _is_installed(self, real: str) -> bool:
        if not INSTALLED.isdisjoint(Path(real).parts) or (self.tool and _is_below(real, self.tool)):
            return True
        for prefix in map(os.path.realpath, (sys.prefix, sys.exec_prefix)):
            # an environment may be the work tree's own folder, or hold it
            if prefix != self.here and _is_below(prefix, self.here) and _is_below(real, prefix):
                return True
        return False


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


class Redirected:
    """Finds modules as the finders behind it do, in the other tree where those find them in today's."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: Any = None
    ) -> ModuleSpec | None:
        """Return a module's spec, or None where nobody finds it.

        Raises:
            ModuleNotFoundError: It is in today's work tree alone.
        """
        for finder in self._others():
            find = getattr(finder, "find_spec", None)
            spec = None if find is None else find(name, path, target)
            if spec is not None:
                return self._moved(spec)
        return None

    def _others(self) -> Sequence[Any]:
        finders = list(sys.meta_path)
        return finders[finders.index(self) + 1 :]

    def _moved(self, spec: ModuleSpec) -> ModuleSpec:
        moved = self._trees.moved
        locations = spec.submodule_search_locations
        if locations is not None:
            locations = [moved(place) or place for place in locations]
        origin = None
        if spec.has_location and spec.origin is not None:
            origin = moved(spec.origin)
        if origin is None:
            if locations is not None and locations != list(spec.submodule_search_locations or ()):
                return _with_locations(spec, locations)
            return spec
        if not os.path.exists(origin):  # noqa: PTH110
            raise ModuleNotFoundError(
                f"No module named {spec.name!r} in git: {origin} is missing", name=spec.name
            )
        other = spec_from_file_location(spec.name, origin, submodule_search_locations=locations)
        return other or spec


def _with_locations(spec: ModuleSpec, locations: list[str]) -> ModuleSpec:
    """Return the spec of a package whose own file, if it has one, stays where it is."""
    if not spec.has_location:  # a namespace package, whose own list of places is worked out anew
        spec = ModuleSpec(spec.name, None, is_package=True)
    spec.submodule_search_locations = locations
    return spec


def foreign_modules(modules: Mapping[str, object], trees: Trees) -> Iterator[tuple[str, str]]:
    """Yield names and files of the modules that came from today's work tree all the same."""
    for name, module in list(modules.items()):
        file = getattr(module, "__dict__", {}).get("__file__")
        if isinstance(file, str) and trees.moved(file) is not None:
            yield name, file


def trees_here(environment: Mapping[str, str]) -> Trees | None:
    """Return the trees of a control, or None in any other process."""
    value = environment.get(VARIABLE)
    if not value:
        return None
    return Trees(*json.loads(value))


def redirect(trees: Trees) -> None:
    """Have everything that this process imports from now on come from the other tree."""
    for position, entry in enumerate(sys.path):
        if entry:  # an empty one is the current folder, whichever that is
            sys.path[position] = trees.moved(entry) or entry
    sys.meta_path.insert(0, Redirected(trees))
    if trees.tool and _is_below(trees.tool, trees.here):
        _import_package(trees.tool)


def _import_package(folder: str) -> None:
    """Import a package from its folder, before pytest's own finder, which asks no other one, finds the other tree's."""
    name = os.path.basename(folder)  # noqa: PTH119
    origin = os.path.join(folder, "__init__.py")  # noqa: PTH118
    spec = spec_from_file_location(name, origin, submodule_search_locations=[folder])
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def begin(own_folder: str) -> None:
    """Redirect, and then do what the environment's own module of this name does."""
    trees = trees_here(os.environ)
    if trees is not None:
        watch = import_module(WATCH)
        sys.addaudithook(watch.Watch(trees, os.path.dirname(own_folder)))  # noqa: PTH120
        # these may lie in today's work tree, where the user's temporary folder does
        del sys.modules[WATCH]
        sys.modules[NAME] = ModuleType(NAME)
    sys.path[:] = [entry for entry in sys.path if entry != own_folder]
    if trees is not None:
        redirect(trees)
    spec = PathFinder.find_spec(NAME)
    if spec is not None and spec.loader is not None:
        module: ModuleType = module_from_spec(spec)
        sys.modules[NAME] = module
        spec.loader.exec_module(module)


if __name__ == NAME:
    begin(os.path.dirname(__file__))  # noqa: PTH120
