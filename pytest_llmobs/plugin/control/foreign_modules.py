"""Whether every process of a control has used the accepted code alone; each says what it has of today's."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llmobs.files import write_whole
from pytest_llmobs.plugin.control.sources import installed_copies
from pytest_llmobs.plugin.control.start import Trees, foreign_modules
from pytest_llmobs.plugin.control.watch import FOREIGN

_FILES = f"{FOREIGN}*.json"


class ForeignModules:
    """Registered in the processes of a control: writes down what isn't the accepted code's."""

    def __init__(self, trees: Trees, folder: Path) -> None:
        self._trees = trees
        self._folder = folder

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Look at everything that was imported."""
        modules = {}
        for name, file in foreign_modules(sys.modules, self._trees):
            modules[f"the module {name}"] = f"came from today's work tree, {file}"
        for name, file in installed_copies(sys.modules, self._folder):
            modules[f"the module {name}"] = f"is an installed copy, {file}"
        if modules:
            path = self._folder / _FILES.replace("*", str(os.getpid()))
            write_whole(path, json.dumps(modules), durable=False)


def noted_problems(folder: Path) -> Iterator[str]:
    """Yield what the processes of a control have noted of modules and files that aren't the accepted code's."""
    for path in sorted(folder.glob(_FILES)):
        notes: dict[str, str] = json.loads(path.read_text())
        yield from map(" ".join, notes.items())
