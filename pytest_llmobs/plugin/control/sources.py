"""The modules whose source a repository holds: one of them that comes from an installed copy is today's code, too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from pytest_llmobs.files import write_whole
from pytest_llmobs.plugin.control.start import INSTALLED

_PROJECT_FILES = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
"""Files by which a folder is one from which a package is installed."""
_BELOW = ("", "src", "lib", "python")
"""Folders of such a one in which its modules may lie."""
_FILE = "sources.json"


def module_files(tracked: Iterable[str]) -> set[str]:
    """Return the files of the modules that a repository may install, each as it would lie in ``site-packages``.

    Args:
        tracked: Paths of all its files, with slashes, from its top.
    """
    paths = list(map(PurePosixPath, tracked))
    roots = {PurePosixPath()}
    roots.update(path.parent for path in paths if path.name in _PROJECT_FILES)
    places: set[PurePosixPath] = set()
    for root in roots:
        places.update(map(root.joinpath, _BELOW))
    files: set[str] = set()
    for path in paths:
        if path.suffix == ".py":
            files.update(str(path.relative_to(place)) for place in path.parents if place in places)
    return files


def leave_sources(folder: Path, tracked: Iterable[str]) -> None:
    """Leave the files of a repository's modules for the processes of a control."""
    write_whole(folder / _FILE, json.dumps(sorted(module_files(tracked))), durable=False)


def installed_copies(modules: Mapping[str, object], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield names and files of the modules that came from an installed copy of what the repository holds.

    Args:
        modules: What a process has imported.
        folder: The session's own.
    """
    sources = frozenset(json.loads((folder / _FILE).read_text()))
    for name, module in list(modules.items()):
        file = getattr(module, "__dict__", {}).get("__file__")
        if isinstance(file, str) and _within_installed(file) in sources:
            yield name, file


def _within_installed(file: str) -> str:
    """Return a file's path within the innermost folder of installed packages; empty outside any."""
    parts = Path(file).parts
    for position in range(len(parts) - 1, 0, -1):
        if parts[position - 1] in INSTALLED:
            return "/".join(parts[position:])
    return ""
