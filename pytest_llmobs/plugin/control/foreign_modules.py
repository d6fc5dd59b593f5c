"""Whether every process of a control has imported from the worktree alone; each says so at its end."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llmobs.files import write_whole
from pytest_llmobs.plugin.control.start import Trees, foreign_modules

_FILES = "foreign-*.json"


class ForeignModules:
    """Registered in the processes of a control: writes down what came from today's work tree."""

    def __init__(self, trees: Trees, folder: Path) -> None:
        self._trees = trees
        self._folder = folder

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Look at everything that was imported."""
        modules = dict(foreign_modules(sys.modules, self._trees))
        if modules:
            path = self._folder / _FILES.replace("*", str(os.getpid()))
            write_whole(path, json.dumps(modules), durable=False)


def noted_modules(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield names and files of the modules that the processes of a control have noted."""
    for path in sorted(folder.glob(_FILES)):
        modules: dict[str, str] = json.loads(path.read_text())
        yield from modules.items()
