"""What a pytest session writes, so that a further session writes none of it a second time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.plugin.pytest_internals import ini_keys

MOVED = (
    "--log-file",
    "--debug",
    "--report-log",
    "--json-report-file",
    "--json",
    "json_report",
    "--html",
    "--csv",
    "--md-report-output",
    "--alluredir",
    "--benchmark-json",
    "--benchmark-storage",
    "--cucumberjson",
    "--ctrf",
    "--excelreport",
    "--memray-bin-path",
    "--pstats-dir",
)
"""Flags and ini keys of pytest and of known plugins that get a path in a further session's own folder."""

SWITCHED_OFF: Mapping[str, Any] = {
    "usepdb": False,
    "trace": False,
    "maxfail": 0,
    "lf": False,
    "failedfirst": False,
    "newfirst": False,
    "stepwise": False,
    "stepwise_skip": False,
    "xmlpath": None,
    "pastebin": None,
    "durations": None,
    "store_durations": False,
    "benchmark_histogram": [],
    "benchmark_cprofile_dump": [],
}
"""Options by ``dest`` that a further session takes back, with the value that switches each off: no debugger, no
early stop, no selection by the last failures, nothing written that can't be moved."""

_UNKNOWN = object()
"""What an option is that no plugin knows."""
_COVERAGE = ("COV_CORE_", "COVERAGE_PROCESS_")
"""Beginnings of the environment variables that start coverage in every child process."""


@dataclass(frozen=True)
class Moves:
    """Where a further session writes what the user's session writes, too."""

    arguments: Sequence[str] = ()
    """For its command line."""
    environment: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    """Flag -> its new path."""


def moves(config: pytest.Config, named: Iterable[str], folder: Path) -> Moves:
    """Return new paths for what is set, be it on the command line, in the ini file or in ``PYTEST_ADDOPTS``.

    Args:
        config: The user's session.
        named: What its hooks name: flags, ini keys, and environment variables, each with a leading ``$``.
        folder: The further session's own.
    """
    arguments, environment, flags = [], {}, {}
    for name, value in _set_names(config, (*MOVED, *named)):
        path = folder / "files" / name.strip("-$") / (Path(value).name or "file")
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.startswith("$"):
            environment[name[1:]] = str(path)
        elif name.startswith("-"):
            flags[name] = str(path)
        else:
            arguments += ["-o", f"{name}={path}"]
    # of the numbered folders for tmp_path pytest keeps the last three sessions'
    if config.getoption("--basetemp", _UNKNOWN) is not _UNKNOWN:
        flags["--basetemp"] = str(folder / "tmp")
    if config.pluginmanager.has_plugin("cacheprovider"):
        arguments += ["-o", f"cache_dir={folder / 'cache'}"]
    if config.getoption("--no-cov", _UNKNOWN) is not _UNKNOWN:
        arguments.append("--no-cov")
    arguments += map("=".join, flags.items())
    return Moves(arguments, environment, flags)


def _set_names(config: pytest.Config, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys(names):
        if name.startswith("$"):
            value: Any = os.environ.get(name[1:])
        elif name.startswith("-"):
            value = _flag_value(config, name)
        else:
            value = _ini_value(config, name)
        if value:
            yield name, str(getattr(value, "name", value))


def _flag_value(config: pytest.Config, flag: str) -> Any:
    """Return what a flag is set to, in an ini key of its name at least; None where no plugin knows it."""
    value = config.getoption(flag, _UNKNOWN)
    if value is _UNKNOWN:
        return None
    return value or _ini_value(config, flag.lstrip("-").replace("-", "_"))


def _ini_value(config: pytest.Config, key: str) -> Any:
    try:
        return config.getini(key)
    except (KeyError, ValueError):  # no plugin knows it
        return None


def without_coverage(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which no child process measures coverage."""
    return {name: value for name, value in environment.items() if not name.startswith(_COVERAGE)}


class WatchedFiles:
    """Files that options and ini keys name and that nobody has moved: whether somebody writes to them meanwhile."""

    def __init__(self, config: pytest.Config, moved: Iterable[str]) -> None:
        """Look at them now.

        Args:
            config: The user's session.
            moved: Flags whose files a further session doesn't touch.
        """
        aside = {str(config.getoption(flag, "")) for flag in moved}
        self._stamps: dict[Path, tuple[int, int]] = {}
        for name in _named_paths(config):
            path = config.invocation_params.dir / name
            if name not in aside and (stamp := _stamp(path)):
                self._stamps[path] = stamp

    def changed(self) -> Iterator[Path]:
        """Yield those that were written to since."""
        for path, stamp in self._stamps.items():
            if _stamp(path) != stamp:
                yield path


def _named_paths(config: pytest.Config) -> Iterator[str]:
    for value in vars(config.option).values():
        yield from _texts(value)
    for key in ini_keys(config):
        yield from _texts(_ini_value(config, key))


def _texts(value: object) -> Iterator[str]:
    values = value if isinstance(value, list) else [value]
    for each in values:
        if isinstance(each, str | Path):
            yield str(each)


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes as a file is written; None where it is no file."""
    try:
        if not path.is_file():
            return None
        status = path.stat()
    except (OSError, ValueError):  # a text that can't be a path
        return None
    return status.st_mtime_ns, status.st_size
