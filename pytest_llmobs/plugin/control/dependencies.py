"""Whether what the code depends on is declared as it was in another commit: both run in one environment."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pytest_llmobs.experiments.git import changed_paths, read_committed

_WHOLE = re.compile(
    r"uv\.lock|poetry\.lock|pdm\.lock|pixi\.lock|pylock(\..+)?\.toml|conda-lock\.ya?ml|Pipfile(\.lock)?|setup\.py"
    r"|environment[\w.-]*\.ya?ml|(requirements|constraints)[\w.-]*\.(txt|in)"
)
"""Names of files in which any difference counts."""
_PROJECT = ("requires-python", "dependencies", "optional-dependencies")
"""Keys of ``[project]``, PEP 621."""
_OF_TOOLS = {
    "poetry": ("dependencies", "dev-dependencies", "group", "extras", "source"),
    "pdm": ("dev-dependencies", "source", "resolution"),
    "uv": (
        "dev-dependencies",
        "sources",
        "index",
        "constraint-dependencies",
        "override-dependencies",
        "workspace",
    ),
    "hatch": ("envs",),
    "pixi": ("dependencies", "pypi-dependencies", "feature"),
}
"""Tables of ``[tool]``."""
_SETUP_KEYS = ("install_requires", "python_requires", "setup_requires", "tests_require")


def changed_dependencies(rootdir: Path, repository: Path, commit: str) -> str:
    """Return the first file that declares dependencies and differs between a commit and today's work tree, or "".

    Those below rootdir count, and those of the folders above it.

    Args:
        rootdir: Pytest's.
        repository: The work tree that holds it.
        commit: A commit that git knows.

    Raises:
        BaselineError: Git refuses.
    """
    inner = PurePosixPath(rootdir.resolve().relative_to(repository.resolve()).as_posix())
    for name in changed_paths(repository, commit):
        path = PurePosixPath(name)
        concerned = path.parent.is_relative_to(inner) or inner.is_relative_to(path.parent)
        if concerned and _declares(path) and _differs(repository, commit, path):
            return str(path)
    return ""


def _declares(path: PurePosixPath) -> bool:
    if path.parent.name == "requirements" and path.suffix in (".txt", ".in"):
        return True
    return path.name in _READERS or _WHOLE.fullmatch(path.name) is not None


def _differs(repository: Path, commit: str, path: PurePosixPath) -> bool:
    read = _READERS.get(path.name)
    if read is None:
        return True
    then = read_committed(repository, commit, f"./{path}")
    try:
        now = Path(repository, path).read_text(encoding="utf-8-sig")
        return then is None or read(then) != read(now)
    except (OSError, ValueError, configparser.Error):  # it is gone or damaged, and so not what it was
        return True


def _of_pyproject(text: str) -> list[Any]:
    document = tomllib.loads(text)
    project, tools = document.get("project", {}), document.get("tool", {})
    declared: list[Any] = [document.get("dependency-groups"), document.get("build-system")]
    declared += map(project.get, _PROJECT)
    for tool, keys in _OF_TOOLS.items():
        declared += map(tools.get(tool, {}).get, keys)
    return declared


def _of_setup_cfg(text: str) -> list[Any]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    declared: list[Any] = [parser.get("options", key, fallback="").split() for key in _SETUP_KEYS]
    if parser.has_section("options.extras_require"):
        declared.append(dict(parser["options.extras_require"]))
    return declared


_READERS: Mapping[str, Callable[[str], Any]] = {
    "pyproject.toml": _of_pyproject,
    "setup.cfg": _of_setup_cfg,
}
"""Files in which only what is about dependencies counts, and what reads that from their text."""
