"""The user's command in another work tree: its folder, arguments and environment, as they are there."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest_llmobs
from pytest_llmobs.committed.git import OF_A_HOOK
from pytest_llmobs.plugin.control import start, watch
from pytest_llmobs.plugin.control.start import Trees

_TOOL = str(Path(str(pytest_llmobs.__file__)).resolve().parent)
_OF_THE_USER = frozenset({"HOME", "USERPROFILE"})
"""Environment variables of a folder that may be a work tree, but whose use is what lies in it beside the code."""


class Checkout:
    """A worktree of the accepted code, beside today's work tree."""

    def __init__(self, repository: Path, place: Path, accepted: Sequence[Path] = ()) -> None:
        """Take paths without links: of today's work tree, of the other one, and of the baselines of today."""
        self.trees = Trees(str(repository), str(place), tuple(map(str, accepted)), _TOOL)

    def folder(self, here: Path) -> Path:
        """Return the folder that stands for one of today's; itself where it lies outside the work tree."""
        moved = self.trees.moved(str(here))
        return here if moved is None else Path(moved)

    def arguments(self, arguments: Sequence[str], here: Path) -> list[str]:
        """Return a command's arguments, paths into today's work tree moved.

        Args:
            arguments: The user's.
            here: The folder in which they were given.
        """
        return [self._argument(argument, here) for argument in arguments]

    def environment(self, environment: Mapping[str, str], here: Path, folder: Path) -> dict[str, str]:
        """Return an environment in which every Python process imports from the worktree.

        What git tells its hooks of one work tree is left out.

        Args:
            environment: The user's.
            here: The folder in which relative paths in it begin.
            folder: A folder of ours, which gets what those processes do first.
        """
        first = folder / "start"
        first.mkdir()
        for module, name in ((start, start.NAME), (watch, start.WATCH)):
            source = Path(str(module.__file__)).read_text(encoding="utf-8")
            first.joinpath(f"{name}.py").write_text(source, encoding="utf-8")
        entries = [str(first)]
        for entry in filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)):
            entries.append(self._path(entry, here))
        changed = {"PYTHONPATH": os.pathsep.join(entries), start.VARIABLE: json.dumps(self.trees)}
        if added := environment.get("PYTEST_ADDOPTS"):
            changed["PYTEST_ADDOPTS"] = shlex.join(self.arguments(shlex.split(added), here))
        moved = {
            name: self._value(name, value) for name, value in environment.items() if name not in OF_A_HOOK
        }
        return {**moved, **changed}

    def _value(self, name: str, value: str) -> str:
        """Return an environment variable's value, whole paths of what the worktree has, too, moved."""
        if name in _OF_THE_USER:
            return value
        return os.pathsep.join(map(self._entry, value.split(os.pathsep)))

    def _entry(self, entry: str) -> str:
        if not os.path.isabs(entry):  # noqa: PTH117
            return entry
        moved = self.trees.moved(entry)
        if moved is None or not os.path.exists(moved):  # noqa: PTH110 - what git ignores is where it was
            return entry
        return moved

    def _argument(self, argument: str, here: Path) -> str:
        """Return an argument: a path, a node id, a file of arguments, or an option with one of them behind a ``=``."""
        option, equals, value = "", "", argument
        if argument.startswith("-"):
            option, equals, value = argument.partition("=")
            if not equals:
                return argument
        sign = "@" if value.startswith("@") else ""
        path, colons, test = value.removeprefix(sign).partition("::")
        return f"{option}{equals}{sign}{self._path(path, here)}{colons}{test}"

    def _path(self, path: str, here: Path) -> str:
        """Return a path as the session has it that runs in the folder which stands for ``here``."""
        whole = here / path
        if not path or not os.path.lexists(whole):
            return path
        there, moved = self.folder(here), self.folder(whole)
        if (there / path).resolve() == moved.resolve():
            return path
        return os.path.normpath(moved)
