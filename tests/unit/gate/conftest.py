"""Scripts of ``benchmarks/``, for the tests that run them in short."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType


def load_benchmark(name: str) -> ModuleType:
    """Return a script of ``benchmarks/`` as a module; it is no package, and imports the scripts beside it by name."""
    folder = str(Path(__file__).parents[3] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(folder)
